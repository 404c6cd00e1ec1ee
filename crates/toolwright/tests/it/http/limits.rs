//! What a peer can make the server spend: one below, at, and one above each limit.

use std::time::Duration;

use serde_json::json;
use toolwright::{Http, Limits};

use super::client::{Running, start};
use crate::peer::{legacy, modern};

async fn limited(limits: Limits) -> Running {
    start(Http::new("127.0.0.1:0"), limits).await
}

#[tokio::test]
async fn a_body_has_so_many_bytes() {
    let running = limited(Limits { body: 1000, ..Limits::default() }).await;
    for (length, status) in [(999, 400), (1000, 400), (1001, 413)] {
        let mut client = running.connect().await;
        client.request("POST", "/mcp", &[], &"x".repeat(length)).await;
        assert_eq!(client.answer().await.status, status, "{length}");
        let mut client = running.connect().await;
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
            client.host
        );
        client.send(&format!("{head}{length:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(length))).await;
        assert_eq!(client.answer().await.status, status, "{length} in chunks");
    }
}

#[tokio::test]
async fn a_head_has_so_many_bytes_and_lines() {
    let running = limited(Limits { header: 8192, header_lines: 10, ..Limits::default() }).await;
    for (lines, status) in [(9, 200), (10, 200), (11, 431), (5000, 431)] {
        let mut client = running.connect().await;
        let more: String = (2..=lines).map(|line| format!("x-{line}: y\r\n")).collect();
        let text = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n{more}\r\n", client.host);
        client.send(&text).await;
        assert_eq!(client.answer().await.status, status, "{lines} lines");
    }
    for (length, refused) in [(8191, false), (8192, false), (9000, true), (100_000, true)] {
        let mut client = running.connect().await;
        let head = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\nx: \r\n\r\n", client.host);
        let text = head.replace("x: ", &format!("x: {}", "y".repeat(length - head.len())));
        client.send(&text).await;
        assert_eq!(client.answer().await.status == 431, refused, "{length} bytes");
    }
}

#[tokio::test]
async fn json_nests_so_deep() {
    let running = limited(Limits { depth: 10, ..Limits::default() }).await;
    let mut client = running.connect().await;
    // The message, its parameters and its arguments are three.
    for (lists, refused) in [(6, false), (7, false), (8, true)] {
        let text = format!("{}{}", "[".repeat(lists), "]".repeat(lists));
        let arguments = json!({"text": serde_json::from_str::<serde_json::Value>(&text).unwrap()});
        let answer = client.modern("tools/call", json!({"name": "echo", "arguments": arguments})).await;
        assert_eq!(answer.status == 400, refused, "{lists}: {answer:?}");
    }
}

#[tokio::test]
async fn requests_beyond_the_limit_are_told_to_come_again() {
    let running = limited(Limits { requests: 2, ..Limits::default() }).await;
    let call = modern(7, "tools/call", json!({"name": "wait"})).to_string();
    let headers =
        [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "wait")];
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let mut client = running.connect().await;
        client.request("POST", "/mcp", &headers, &call).await;
        running.gate.began.notified().await;
        waiting.push(client);
    }
    let mut other = running.connect().await;
    let answer = other.modern("tools/list", json!({})).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    running.gate.open.notify_one();
    assert_eq!(waiting[0].answer().await.status, 200);
    assert_eq!(other.modern("tools/list", json!({})).await.status, 200, "there is room again");
}

#[tokio::test]
async fn streams_beyond_the_limit_are_refused() {
    let running = limited(Limits { streams: 1, ..Limits::default() }).await;
    let (mut first, mut second) = (running.connect().await, running.connect().await);
    let wishes = json!({"notifications": {"toolsListChanged": true}});
    assert_eq!(first.modern("subscriptions/listen", wishes.clone()).await.status, 200);
    assert_eq!(second.modern("subscriptions/listen", wishes).await.status, 503);
    let session = second.begin("2025-11-25").await;
    let headers = [("mcp-session-id", session.as_str()), ("accept", "text/event-stream")];
    second.request("GET", "/mcp", &headers, "").await;
    assert_eq!(second.answer().await.status, 503);
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let running = limited(Limits { connections: 1, ..Limits::default() }).await;
    let mut first = running.connect().await;
    assert_eq!(first.modern("tools/list", json!({})).await.status, 200);
    let mut second = running.connect().await;
    let message = legacy(1, "no/such", json!({})).to_string();
    second.request("POST", "/mcp", &[], &message).await;
    assert_eq!(first.modern("tools/list", json!({})).await.status, 200, "it is not harmed");
    drop(first);
    assert_eq!(second.answer().await.status, 400, "its turn has come");
}

/// security.md H4: slow heads, slow bodies, silent clients.
#[tokio::test]
async fn who_is_slow_is_cut() {
    let quick = Duration::from_millis(500);
    let limits = Limits { header_time: quick, body_time: quick, idle: quick, ..Limits::default() };
    let running = limited(limits).await;
    let mut silent = running.connect().await;
    assert!(silent.is_cut().await, "who never says anything");
    let mut head = running.connect().await;
    head.send("POST /mcp HTTP/1.1\r\nhost: ").await;
    assert!(head.is_cut().await, "who never ends a head");
    let mut idle = running.connect().await;
    assert_eq!(idle.modern("tools/list", json!({})).await.status, 200);
    assert!(idle.is_cut().await, "who does nothing any more");
    let mut body = running.connect().await;
    let text = format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{{",
        body.host
    );
    body.send(&text).await;
    assert_eq!(body.answer().await.status, 408, "who never ends a body");
}
