//! What a lenient parser would take for a second request is one only where RFC 9112 says so.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use toolwright::prelude::*;
use toolwright::{Http, Limits};

use super::client::serve;

/// A case: what it is, what is sent, and how it is answered, in order.
///
/// `{hidden}` is a whole request that leaves a mark; `{length}` and `{size}` are its bytes in decimal and in
/// hexadecimal; `{post}` and `{get}` begin a head. Behind each case one more request asks whether the server is
/// ready, so that it is seen whether the connection went on, and in step.
///
/// The answers are `healthy` to `{get}`, `content` to a `{post}` whose content is no message of JSON-RPC, `marked` to
/// `{hidden}`, `ready` to the last; `refused` is a 400 behind which nothing is read; others stand as their status.
type Case = (&'static str, &'static str, &'static [&'static str]);

const LENGTHS: &[Case] = &[
    ("no length: what follows is a request", "{get}\r\n{hidden}", &["healthy", "marked", "ready"]),
    (
        "a length: what follows is content",
        "{post}content-length: {length}\r\n\r\n{hidden}",
        &["content", "ready"],
    ),
    ("a GET may have content", "{get}content-length: {length}\r\n\r\n{hidden}", &["healthy", "ready"]),
    ("a POST without a length has none", "{post}\r\n{hidden}", &["content", "marked", "ready"]),
    (
        "white space around a length",
        "{post}content-length: \t{length} \t\r\n\r\n{hidden}",
        &["content", "ready"],
    ),
    (
        "a length with zeros before",
        "{post}content-length: 000{length}\r\n\r\n{hidden}",
        &["content", "ready"],
    ),
    (
        "twice the same length",
        "{post}content-length: {length}\r\ncontent-length: {length}\r\n\r\n{hidden}",
        &["content", "ready"],
    ),
    ("two lengths", "{post}content-length: 0\r\ncontent-length: {length}\r\n\r\n{hidden}", &["refused"]),
    (
        "two lengths, the greater first",
        "{post}content-length: {length}\r\ncontent-length: 0\r\n\r\n{hidden}",
        &["refused"],
    ),
    ("a list of lengths", "{post}content-length: {length},{length}\r\n\r\n{hidden}", &["refused"]),
    ("a list of two lengths", "{post}content-length: 0, {length}\r\n\r\n{hidden}", &["refused"]),
    ("a plus", "{post}content-length: +{length}\r\n\r\n{hidden}", &["refused"]),
    ("a minus", "{post}content-length: -1\r\n\r\n{hidden}", &["refused"]),
    ("minus nothing", "{post}content-length: -0\r\n\r\n{hidden}", &["refused"]),
    ("hexadecimal", "{post}content-length: 0x{size}\r\n\r\n{hidden}", &["refused"]),
    ("a fraction", "{post}content-length: {length}.0\r\n\r\n{hidden}", &["refused"]),
    ("an exponent", "{post}content-length: 1e1\r\n\r\n{hidden}", &["refused"]),
    ("a space within", "{post}content-length: 1 0\r\n\r\n{hidden}", &["refused"]),
    ("nothing", "{post}content-length:\r\n\r\n{hidden}", &["refused"]),
    ("digits of another script", "{post}content-length: \u{661}\r\n\r\n{hidden}", &["refused"]),
    ("more than 64 bits", "{post}content-length: 18446744073709551616\r\n\r\n{hidden}", &["refused"]),
    // Refused with another status: the parser cannot count that far.
    ("as much as 64 bits hold", "{post}content-length: 18446744073709551615\r\n\r\n{hidden}", &["431"]),
    ("more than is taken", "{post}content-length: 9223372036854775807\r\n\r\n{hidden}", &["413"]),
    ("more than comes", "{post}content-length: 4096\r\n\r\n{hidden}", &["408"]),
];

/// All are of the content `{hidden}` in one chunk unless they say otherwise.
const CODINGS: &[Case] = &[
    ("chunks", "{post}transfer-encoding: chunked\r\n{chunk}", &["content", "ready"]),
    ("chunks, shouted", "{post}TRANSFER-ENCODING: CHUNKED\r\n{chunk}", &["content", "ready"]),
    ("a GET in chunks", "{get}transfer-encoding: chunked\r\n{chunk}", &["healthy", "ready"]),
    // RFC 9112, 6.1: chunks have precedence, and then the connection must end.
    (
        "a length, and chunks that end before",
        "{post}content-length: {length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{hidden}",
        &["content"],
    ),
    (
        "chunks that end before, and a length",
        "{post}transfer-encoding: chunked\r\ncontent-length: {length}\r\n\r\n0\r\n\r\n{hidden}",
        &["content"],
    ),
    (
        "no length, and chunks",
        "{post}content-length: 0\r\ntransfer-encoding: chunked\r\n{chunk}",
        &["content"],
    ),
    (
        "chunks, and no length",
        "{post}transfer-encoding: chunked\r\ncontent-length: 0\r\n{chunk}",
        &["content"],
    ),
    ("a GET with both", "{get}content-length: 0\r\ntransfer-encoding: chunked\r\n{chunk}", &["healthy"]),
    // RFC 9112, 6.3: without chunks at the end nobody knows where the content ends.
    ("chunks, then something else", "{post}transfer-encoding: chunked, identity\r\n{chunk}", &["refused"]),
    (
        "chunks, then something else, in two lines",
        "{post}transfer-encoding: chunked\r\ntransfer-encoding: x\r\n{chunk}",
        &["refused"],
    ),
    ("only something else", "{post}transfer-encoding: identity\r\n\r\n{hidden}", &["refused"]),
    (
        "something else, and a length",
        "{post}transfer-encoding: identity\r\ncontent-length: {length}\r\n\r\n{hidden}",
        &["refused"],
    ),
    ("nothing", "{post}transfer-encoding:\r\n\r\n{hidden}", &["refused"]),
    ("almost chunks", "{post}transfer-encoding: xchunked\r\n{chunk}", &["refused"]),
    ("chunks with a parameter", "{post}transfer-encoding: chunked;q=1\r\n{chunk}", &["refused"]),
    ("chunks in quotes", "{post}transfer-encoding: \"chunked\"\r\n{chunk}", &["refused"]),
    ("chunks and a comma", "{post}transfer-encoding: chunked,\r\n{chunk}", &["refused"]),
    ("chunks in the end", "{post}transfer-encoding: identity, chunked\r\n{chunk}", &["content", "ready"]),
    (
        "chunks in the end, in two lines",
        "{post}transfer-encoding: x\r\ntransfer-encoding: chunked\r\n{chunk}",
        &["content", "ready"],
    ),
    ("a tab before", "{post}transfer-encoding:\tchunked\r\n{chunk}", &["content", "ready"]),
    ("a vertical tab before", "{post}transfer-encoding: \x0bchunked\r\n{chunk}", &["refused"]),
    ("a vertical tab behind", "{post}transfer-encoding: chunked\x0b\r\n{chunk}", &["refused"]),
    ("a space of another script behind", "{post}transfer-encoding: chunked\u{a0}\r\n{chunk}", &["refused"]),
    ("a NUL behind", "{post}transfer-encoding: chunked\0\r\n{chunk}", &["refused"]),
    (
        "in an old version",
        "POST /mcp HTTP/1.0\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n{chunk}",
        &["refused"],
    ),
    ("a space before the colon", "{post}transfer-encoding : chunked\r\n{chunk}", &["refused"]),
    ("a tab before the colon", "{post}transfer-encoding\t: chunked\r\n{chunk}", &["refused"]),
    ("a letter that only looks like it", "{post}transfer\u{2010}encoding: chunked\r\n{chunk}", &["refused"]),
    ("a line that goes on", "{post}transfer-encoding:\r\n chunked\r\n{chunk}", &["refused"]),
    ("another line that goes on", "{post}x: y\r\n transfer-encoding: chunked\r\n{chunk}", &["refused"]),
    // An underscore makes it another header, which says nothing of the content.
    ("an underscore", "{post}transfer_encoding: chunked\r\n\r\n{hidden}", &["content", "marked", "ready"]),
];

const CHUNKS: &[Case] = &[
    ("two chunks", "{chunked}1\r\n{\r\n{size}\r\n{hidden}\r\n0\r\n\r\n", &["content", "ready"]),
    ("a request behind the last", "{chunked}0\r\n\r\n{hidden}", &["content", "marked", "ready"]),
    ("an extension", "{chunked}{size};a=b\r\n{hidden}\r\n0\r\n\r\n", &["content", "ready"]),
    ("a trailer", "{chunked}{size}\r\n{hidden}\r\n0\r\nx: y\r\n\r\n", &["content", "ready"]),
    (
        "a length as trailer",
        "{chunked}0\r\ncontent-length: {length}\r\n\r\n{hidden}",
        &["content", "marked", "ready"],
    ),
    ("an extension that breaks its line", "{chunked}{size};\n{hidden}\r\n0\r\n\r\n", &["refused"]),
    ("a size of 17 digits", "{chunked}10000000000000000\r\n{hidden}\r\n0\r\n\r\n", &["refused"]),
    (
        "a size of 17 digits that ends as it should",
        "{chunked}f0000000000000{size}\r\n{hidden}\r\n0\r\n\r\n",
        &["refused"],
    ),
    ("more than is taken", "{chunked}7fffffffffffffff\r\n{hidden}\r\n0\r\n\r\n", &["408"]),
    ("a minus", "{chunked}-1\r\n{hidden}\r\n0\r\n\r\n", &["refused"]),
    ("a plus", "{chunked}+{size}\r\n{hidden}\r\n0\r\n\r\n", &["refused"]),
    ("hexadecimal, said twice", "{chunked}0x{size}\r\n{hidden}\r\n0\r\n\r\n", &["refused"]),
    ("no size", "{chunked}\r\n{hidden}\r\n0\r\n\r\n", &["refused"]),
    ("a space before the size", "{chunked} {size}\r\n{hidden}\r\n0\r\n\r\n", &["refused"]),
    ("a space within the size", "{chunked}1 {size}\r\n{hidden}\r\n0\r\n\r\n", &["refused"]),
    ("a size whose line ends short", "{chunked}{size}\n{hidden}\r\n0\r\n\r\n", &["refused"]),
    ("a size whose line has no end", "{chunked}{size}\r{hidden}\r\n0\r\n\r\n", &["refused"]),
    ("no line behind a chunk", "{chunked}{size}\r\n{hidden}0\r\n\r\n", &["refused"]),
    ("a short line behind a chunk", "{chunked}{size}\r\n{hidden}\n0\r\n\r\n", &["refused"]),
    ("more in a chunk than its size", "{chunked}1\r\n{ {size}\r\n{hidden}\r\n0\r\n\r\n", &["refused"]),
    ("no end of the last", "{chunked}0\r\n{hidden}", &["refused"]),
];

const LINES: &[Case] = &[
    // RFC 9112, 2.2: a recipient may take a bare LF for the end of a line, and empty lines before a request.
    (
        "bare line feeds",
        "GET /healthz HTTP/1.1\nhost: localhost\n\n{hidden}",
        &["healthy", "marked", "ready"],
    ),
    ("empty lines before", "\r\n\r\n{get}\r\n{hidden}", &["healthy", "marked", "ready"]),
    (
        "a bare carriage return in a value",
        "{get}x: y\rcontent-length: {length}\r\n\r\n{hidden}",
        &["refused"],
    ),
    ("a bare carriage return before a name", "{get}\rcontent-length: {length}\r\n\r\n{hidden}", &["refused"]),
    ("a bare carriage return as an end", "{get}\r\r\n{hidden}", &["refused"]),
    ("a NUL in a value", "{get}x: \0\r\n\r\n{hidden}", &["refused"]),
    ("a NUL in a name", "{get}\0x: y\r\n\r\n{hidden}", &["refused"]),
    ("a name with a sign", "{get}x[]: y\r\n\r\n{hidden}", &["refused"]),
    ("a name with a space", "{get}x y: z\r\n\r\n{hidden}", &["refused"]),
    ("no name", "{get}: y\r\n\r\n{hidden}", &["refused"]),
    ("no colon", "{get}x\r\n\r\n{hidden}", &["refused"]),
    (
        "white space before the first header",
        "GET /healthz HTTP/1.1\r\n host: localhost\r\n\r\n{hidden}",
        &["refused"],
    ),
    ("white space before the request", " {get}\r\n{hidden}", &["refused"]),
    ("tabs in the request line", "GET\t/healthz\tHTTP/1.1\r\nhost: localhost\r\n\r\n{hidden}", &["refused"]),
    (
        "two spaces in the request line",
        "GET  /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n{hidden}",
        &["refused"],
    ),
    ("a space in the target", "GET /healthz /x HTTP/1.1\r\nhost: localhost\r\n\r\n{hidden}", &["refused"]),
    ("no version", "GET /healthz\r\n\r\n{hidden}", &["refused"]),
    ("a version to come", "GET /healthz HTTP/3.0\r\nhost: localhost\r\n\r\n{hidden}", &["refused"]),
    (
        "another method in small letters",
        "get /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n{hidden}",
        &["404", "marked", "ready"],
    ),
    (
        "the target of another host",
        "GET http://evil.example/healthz HTTP/1.1\r\nhost: localhost\r\n\r\n{hidden}",
        &["403", "marked", "ready"],
    ),
    ("two hosts", "{get}host: evil.example\r\n\r\n{hidden}", &["400", "marked", "ready"]),
    (
        "an old version ends the connection",
        "GET /healthz HTTP/1.0\r\nhost: localhost\r\n\r\n{hidden}",
        &["healthy"],
    ),
    ("who wants an end gets it", "{get}connection: close\r\n\r\n{hidden}", &["healthy"]),
    (
        "another protocol is not begun",
        "{get}connection: upgrade\r\nupgrade: h2c\r\n\r\n{hidden}",
        &["healthy", "marked", "ready"],
    ),
    ("HTTP/2 is not begun midway", "{get}\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{hidden}", &["healthy"]),
];

type Marks = Arc<Mutex<Vec<String>>>;

/// Leaves a mark.
#[tool(inline)]
fn mark(case: String, marks: State<Marks>) -> &'static str {
    marks.lock().unwrap().push(case);
    "marked"
}

/// The bytes of a case.
fn text(case: &Case, number: usize) -> String {
    let message = crate::peer::call(1, "mark", json!({"case": number.to_string()})).to_string();
    let hidden = format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nmcp-protocol-version: {}\r\n\
         mcp-method: tools/call\r\nmcp-name: mark\r\ncontent-length: {}\r\n\r\n{message}",
        crate::peer::MODERN,
        message.len()
    );
    let (length, size) = (hidden.len().to_string(), format!("{:x}", hidden.len()));
    let text = case
        .1
        .replace("{chunked}", "{post}transfer-encoding: chunked\r\n\r\n")
        .replace("{chunk}", "\r\n{size}\r\n{hidden}\r\n0\r\n\r\n")
        .replace("{post}", "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n")
        .replace("{get}", "GET /healthz HTTP/1.1\r\nhost: localhost\r\n")
        .replace("{length}", &length)
        .replace("{size}", &size)
        .replace("{hidden}", &hidden);
    text + "GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
}

/// All that is answered until the connection ends.
async fn answers(address: &str, text: &str) -> Vec<String> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let (mut read, mut piece) = (Vec::new(), [0; 4096]);
    // A server that has not read all resets the connection behind its answer.
    while let Ok(length @ 1..) = stream.read(&mut piece).await {
        read.extend_from_slice(&piece[..length]);
    }
    let (read, mut answers) = (String::from_utf8(read).unwrap(), Vec::new());
    let mut rest = read.as_str();
    while !rest.is_empty() {
        let (head, behind) = rest.split_once("\r\n\r\n").expect("a whole head");
        let status = head.strip_prefix("HTTP/1.").expect("a status line, and nothing else").split(' ').nth(1);
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let body = &behind[..length.map_or(0, |length| length.parse().unwrap())];
        rest = &behind[body.len()..];
        answers.push(word(status.unwrap(), body));
    }
    answers
}

/// What an answer is, in one word.
fn word(status: &str, body: &str) -> String {
    let word = match (status, body) {
        ("200", "ok\n") => "healthy",
        ("200", "ready\n") => "ready",
        ("200", body) if body.contains("\"marked\"") => "marked",
        ("400", body) if body.contains("-32700") => "content",
        ("400", body) if body.is_empty() || body.contains("Bad Request") => "refused",
        (status, _) => status,
    };
    word.to_owned()
}

/// security.md H8.
#[tokio::test]
async fn no_request_is_smuggled() {
    // Some of the contents never end.
    let limits = Limits { body_time: Duration::from_secs(1), ..Limits::default() };
    let marks = Marks::default();
    let server = Server::new("marks").tools(toolset![mark]).state(Arc::clone(&marks));
    let service = server.limits(limits).build().unwrap();
    let running = serve(&service, Http::new("127.0.0.1:0")).await;
    let cases: Vec<&Case> = [LENGTHS, CODINGS, CHUNKS, LINES].into_iter().flatten().collect();
    let mut asked = JoinSet::new();
    for (number, case) in cases.iter().enumerate() {
        let (address, text) = (running.address.clone(), text(case, number));
        asked.spawn(async move { (number, answers(&address, &text).await) });
    }
    let mut wrong = Vec::new();
    while let Some(answered) = asked.join_next().await {
        let (number, answers) = answered.unwrap();
        let (what, sent, expected) = cases[number];
        if answers != *expected {
            wrong.push(format!("{what}: {sent:?}: {answers:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let mut marked = std::mem::take(&mut *marks.lock().unwrap());
    marked.sort_by_key(|number| number.parse::<usize>().unwrap());
    let expected = cases.iter().enumerate().filter(|(_, case)| case.2.contains(&"marked"));
    assert_eq!(
        marked,
        expected.map(|(number, _)| number.to_string()).collect::<Vec<_>>(),
        "run, if unanswered"
    );
}
