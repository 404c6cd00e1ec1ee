//! An API elsewhere: good answers, bad ones, slow ones, and a secret that stays one.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::json;

use crate::client::{Client, ERAS, Era};

const KEY: &str = "key-8d1f";

/// An API that gives each request to `answer`, and the first line of each request to the test.
struct Api {
    url: String,
    requests: Receiver<String>,
}

impl Api {
    fn serve(answer: impl Fn(&mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let (sender, requests) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let head: Vec<_> = BufReader::new(stream.try_clone().unwrap())
                    .lines()
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                    .collect();
                if sender.send(head.first().cloned().unwrap_or_default()).is_err() {
                    return;
                }
                answer(&mut stream);
            }
        });
        Self { url, requests }
    }

    /// An API that always answers the same.
    fn saying(status: &'static str, body: String) -> Self {
        Self::serve(move |stream| {
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            // The client may have gone away.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        })
    }

    fn client(&self, era: Era) -> Client {
        let env = [("RATES_URL", self.url.as_str()), ("RATES_KEY", KEY), ("RATES_TIMEOUT", "20")];
        Client::start(era, env!("CARGO_BIN_EXE_http_api"), &[], &env)
    }
}

fn rates() -> String {
    json!({"amount": 1.0, "base": "EUR", "date": "2026-07-28", "rates": {"USD": 1.25, "JPY": 160.0}})
        .to_string()
}

/// What the model is told when the API answers this; the key must be neither in it nor in the log.
fn told_when(api: &Api) -> (String, String) {
    let mut client = api.client(Era::Modern);
    let told = client.failure("convert", json!({"amount": 10, "from": "EUR", "to": "USD"}));
    let log = client.end();
    for text in [&told, &log] {
        assert!(!text.contains(KEY) && !text.contains("127.0.0.1"), "{text}");
    }
    (told, log)
}

#[test]
fn an_amount_is_converted_in_both_eras() {
    let api = Api::saying("200 OK", rates());
    for era in ERAS {
        let mut client = api.client(era);
        let conversion = client.success("convert", json!({"amount": 10, "from": "EUR", "to": "USD"}));
        assert_eq!(
            conversion,
            json!({"amount": 12.5, "currency": "USD", "rate": 1.25, "date": "2026-07-28"}),
            "{era:?}"
        );
        let request = api.requests.recv().unwrap();
        assert_eq!(request, format!("GET /v1/latest?base=EUR&symbols=USD&access_key={KEY} HTTP/1.1"));
    }
}

#[test]
fn rates_are_listed() {
    let api = Api::saying("200 OK", rates());
    let mut client = api.client(Era::Modern);
    let listed = client.success("latest_rates", json!({"symbols": ["USD", "JPY"]}));
    assert_eq!(listed["rates"], json!({"JPY": 160.0, "USD": 1.25}));
    assert!(api.requests.recv().unwrap().contains("base=EUR&symbols=USD%2CJPY"));
}

#[test]
fn a_wrong_currency_is_told_before_anything_is_asked() {
    let api = Api::saying("200 OK", rates());
    let mut client = api.client(Era::Modern);
    let told = client.failure("convert", json!({"amount": 10, "from": "euro", "to": "US&x=1"}));
    assert!(told.contains("from:") && told.contains("to:"), "{told}");
    assert!(api.requests.try_recv().is_err());
    let told = client.failure("convert", json!({"amount": 10, "from": "EUR", "to": "CHF"}));
    assert_eq!(told, "there is no rate from EUR to CHF");
}

#[test]
fn a_status_is_told_by_what_it_means_for_the_model() {
    for (status, part) in [
        ("500 Internal Server Error", "a problem of its own (500 Internal Server Error); try again"),
        ("404 Not Found", "does not know one of these currencies"),
        ("401 Unauthorized", "whoever runs it has to check its key"),
        ("429 Too Many Requests", "wait before you ask again"),
        ("302 Found", "a problem of its own"),
    ] {
        let (told, _) = told_when(&Api::saying(status, format!("your key {KEY} is …")));
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn a_slow_answer_ends_in_a_timeout() {
    let (keep, kept) = channel();
    // The connection stays open and silent for as long as the test runs.
    let api = Api::serve(move |stream| keep.send(stream.try_clone().unwrap()).unwrap());
    let env = [("RATES_URL", api.url.as_str()), ("RATES_KEY", KEY), ("RATES_TIMEOUT", "0.2")];
    let mut client = Client::start(Era::Modern, env!("CARGO_BIN_EXE_http_api"), &[], &env);
    let told = client.failure("latest_rates", json!({}));
    assert_eq!(told, "the exchange rate API did not answer in time; try again in a minute");
    let log = client.end();
    assert!(!log.contains(KEY), "{log}");
    drop(kept);
}

#[test]
fn an_api_that_hangs_up_is_told() {
    let api = Api::serve(|_| ());
    let url = api.url.replace("http://", &format!("http://user:{KEY}@"));
    let env = [("RATES_URL", url.as_str()), ("RATES_KEY", KEY)];
    let mut client = Client::start(Era::Modern, env!("CARGO_BIN_EXE_http_api"), &[], &env);
    let told = client.failure("latest_rates", json!({}));
    assert_eq!(told, "the exchange rate API cannot be reached; try again in a minute");
    let log = client.end();
    assert!(log.contains("did not answer") && !log.contains(KEY), "{log}");
}

#[test]
fn a_huge_answer_is_not_read_to_its_end() {
    // It announces no length and never ends by itself: only the cap ends it.
    let api = Api::serve(|stream| {
        let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while sent.is_ok() {
            sent = stream.write_all(&[b' '; 4096]);
        }
    });
    let (told, _) = told_when(&api);
    assert!(told.contains("over 262144 bytes"), "{told}");
}

#[test]
fn an_answer_that_is_no_rate_is_told_to_both() {
    for body in ["<html>busy</html>", "{\"date\": 1}", "", "\u{0}"] {
        let (told, log) = told_when(&Api::saying("200 OK", body.into()));
        assert!(told.contains("something unexpected"), "{told}");
        assert!(log.contains("something unexpected"), "{log}");
    }
}
