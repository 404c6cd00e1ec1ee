//! Who may ask: every route, by default.

use serde_json::json;
use toolwright::{Http, Limits};

use super::client::{service, start, started};
use super::http2;

const ROUTES: [(&str, &str); 7] = [
    ("POST", "/mcp"),
    ("GET", "/mcp"),
    ("DELETE", "/mcp"),
    ("OPTIONS", "/mcp"),
    ("GET", "/"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
];

/// Rule H2, security.md H1.
#[tokio::test]
async fn a_foreign_host_or_origin_is_refused_on_every_route() {
    let running = started().await;
    let own = format!("http://{}", running.address);
    for (method, path) in ROUTES {
        let rows: [(Option<&str>, Option<&str>, bool); 8] = [
            (Some("evil.example"), None, false),
            (Some("evil.example"), Some("http://evil.example"), false),
            (Some("127.0.0.1.evil.example"), None, false),
            (None, Some("null"), false),
            (None, Some("http://evil.example"), false),
            (None, Some("http://localhost:1"), false),
            (None, Some(own.as_str()), true),
            (None, None, true),
        ];
        for (host, origin, allowed) in rows {
            let mut client = running.connect().await;
            let headers: Vec<_> = host
                .map(|host| ("host", host))
                .into_iter()
                .chain(origin.map(|origin| ("origin", origin)))
                .collect();
            client.request(method, path, &headers, "").await;
            let status = client.answer().await.status;
            assert_eq!(status != 403, allowed, "{method} {path} {headers:?}: {status}");
        }
    }
}

/// security.md H1: HTTP/2 has two places for the host.
#[tokio::test]
async fn an_authority_is_a_host_and_differs_from_none() {
    let running = started().await;
    let rows: [(Option<&str>, Option<&str>, bool); 8] = [
        (Some("localhost"), None, true),
        (None, Some("localhost"), true),
        (Some("localhost"), Some("LOCALHOST"), true),
        (Some("localhost"), Some("evil.example"), false),
        (Some("evil.example"), Some("localhost"), false),
        (Some("evil.example"), Some("evil.example"), false),
        (Some("evil.example"), None, false),
        (None, None, false),
    ];
    let mut client = http2::Client::new(&running.address, &[]).await;
    for (row, stream) in rows.into_iter().zip((1..).step_by(2)) {
        let (authority, host, allowed) = row;
        let mut head = vec![(":method", "GET"), (":scheme", "http"), (":path", "/healthz")];
        head.extend(authority.map(|authority| (":authority", authority)));
        head.extend(host.map(|host| ("host", host)));
        let ends = http2::END_HEADERS | http2::END_STREAM;
        client.send(&http2::frame(http2::HEADERS, ends, stream, &http2::fields(&head))).await.unwrap();
        assert_eq!(client.answer(stream).await.1 == "ok\n", allowed, "{row:?}");
    }
}

/// security.md H1: no form and no plain text.
#[tokio::test]
async fn only_json_is_taken_and_only_what_we_write_is_given() {
    let mut client = started().await.connect().await;
    let message = crate::peer::modern(1, "tools/list", json!({})).to_string();
    let modern = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/list")];
    let rows = [
        ("content-type", "text/plain", 415),
        ("content-type", "application/x-www-form-urlencoded", 415),
        ("content-type", "application/jsonx", 415),
        ("content-type", "Application/JSON; charset=utf-8", 200),
        ("accept", "text/html", 406),
        ("accept", "*/*", 200),
        ("accept", "application/*", 200),
        ("accept", "application/json", 200),
    ];
    for (name, value, status) in rows {
        client.request("POST", "/mcp", &[modern.as_slice(), &[(name, value)]].concat(), &message).await;
        assert_eq!(client.answer().await.status, status, "{name}: {value}");
    }
    client.request("PUT", "/mcp", &[], "").await;
    assert_eq!(client.answer().await.status, 405);
    client.request("GET", "/no-such", &[], "").await;
    assert_eq!(client.answer().await.status, 404);
}

#[tokio::test]
async fn pages_of_a_listed_origin_may_ask_and_read() {
    let http = Http::new("127.0.0.1:0").allow_origin("https://app.example");
    let mut client = start(http, Limits::default()).await.connect().await;
    let origin = ("origin", "https://app.example");
    let wanted = ("access-control-request-headers", "content-type,mcp-method,mcp-param-tenant,x-evil");
    client.request("OPTIONS", "/mcp", &[origin, wanted], "").await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some("content-type, mcp-method, mcp-param-tenant")
    );
    let answer = client.post(&[origin], &json!({})).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example"), "of errors too");
    assert!(answer.header("access-control-expose-headers").unwrap().contains("Mcp-Session-Id"));
}

#[tokio::test]
async fn an_open_address_needs_a_list_of_hosts() {
    let (service, _) = service(Limits::default());
    let error = service.bind_http(Http::new("0.0.0.0:0")).await.unwrap_err();
    assert!(format!("{error:?}").contains("--allow-host"), "{error:?}");
    assert!(service.bind_http(Http::new("0.0.0.0:0").allow_host("mcp.example")).await.is_ok());
}
