//! HTTP+SSE as of 2024-11-05: a stream for all that the server says, a POST for each message of the client.

use std::time::Duration;

use serde_json::{Value, json};
use toolwright::{Http, Limits};

use super::client::{Client, Running, start};
use crate::peer::{call, legacy, text};

async fn serving(limits: Limits) -> Running {
    start(Http::new("127.0.0.1:0").sse(), limits).await
}

/// A stream, and where its messages are to be posted.
async fn open(running: &Running) -> (Client, String) {
    let mut stream = running.connect().await;
    stream.request("GET", "/sse", &[("accept", "text/event-stream")], "").await;
    let head = stream.answer().await;
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
    let first = stream.event().await.unwrap();
    let path = first.strip_prefix("event: endpoint\ndata: ").expect(&first).to_owned();
    assert!(path.starts_with("/messages?sessionId="), "{path}");
    (stream, path)
}

/// Posts a message on a connection of its own; gives the status.
async fn post(running: &Running, path: &str, message: &str) -> u16 {
    let mut client = running.connect().await;
    client.request("POST", path, &[], message).await;
    client.answer().await.status
}

async fn say(running: &Running, path: &str, message: Value) {
    assert_eq!(post(running, path, &message.to_string()).await, 202);
}

async fn begin(running: &Running) -> (Client, String) {
    let (mut stream, path) = open(running).await;
    let params = json!({
        "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}
    });
    say(running, &path, legacy(1, "initialize", params)).await;
    assert_eq!(stream.message().await["result"]["protocolVersion"], "2024-11-05");
    say(running, &path, json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    (stream, path)
}

#[tokio::test]
async fn all_that_the_server_says_comes_on_the_stream() {
    let running = serving(Limits::default()).await;
    let (mut stream, path) = begin(&running).await;
    let (mut other, other_path) = begin(&running).await;
    say(&running, &path, legacy(2, "tools/call", json!({"name": "report", "_meta": {"progressToken": "p"}})))
        .await;
    assert_eq!(stream.message().await["params"]["progress"], 1.0);
    running.gate.open.notify_one();
    assert_eq!(stream.message().await["params"]["progress"], 2.0);
    assert_eq!(text(&stream.message().await), "reported");
    say(&running, &path, legacy(3, "tools/call", json!({"name": "look"}))).await;
    let asked = stream.message().await;
    assert_eq!(asked["method"], "ping");
    say(&running, &path, json!({"jsonrpc": "2.0", "id": asked["id"], "result": {}})).await;
    assert_eq!(text(&stream.message().await), "there");
    say(&running, &path, legacy(4, "resources/subscribe", json!({"uri": "note://one"}))).await;
    assert_eq!(stream.message().await["id"], 4);
    running.service.resource_updated("note://one");
    assert_eq!(stream.message().await["method"], "notifications/resources/updated");
    say(
        &running,
        &other_path,
        legacy(5, "tools/call", json!({"name": "echo", "arguments": {"text": "mine"}})),
    )
    .await;
    assert_eq!(text(&other.message().await), "mine", "nothing of another session");
}

/// On a pipe, line ends would part a message.
#[tokio::test]
async fn a_message_may_be_written_on_many_lines() {
    let running = serving(Limits::default()).await;
    let (mut stream, path) = begin(&running).await;
    let echo = legacy(2, "tools/call", json!({"name": "echo", "arguments": {"text": "a\r\nb"}}));
    let message = format!("{echo:#}").replace('\n', "\r\n");
    assert_eq!(post(&running, &path, &message).await, 202);
    assert_eq!(text(&stream.message().await), "a\r\nb");
    let long = "x".repeat(300 * 1024);
    say(&running, &path, legacy(3, "tools/call", json!({"name": "echo", "arguments": {"text": long}}))).await;
    assert_eq!(text(&stream.message().await), long, "more than is on its way at once");
    assert_eq!(post(&running, &path, "{\n").await, 202);
    assert_eq!(stream.message().await["error"]["code"], -32700);
}

#[tokio::test]
async fn a_session_ends_with_its_stream() {
    let running = serving(Limits::default()).await;
    let (stream, path) = begin(&running).await;
    say(&running, &path, legacy(2, "tools/call", json!({"name": "wait"}))).await;
    running.gate.began.notified().await;
    drop(stream);
    running.gate.cancelled.notified().await;
    assert_eq!(post(&running, &path, &legacy(3, "ping", json!({})).to_string()).await, 404);
    assert_eq!(post(&running, "/messages", "{}").await, 404);
    let (mut stream, path) = begin(&running).await;
    say(&running, &path, legacy(2, "tools/call", json!({"name": "wait"}))).await;
    running.gate.began.notified().await;
    running.gate.open.notify_one();
    running.stop().await.unwrap().unwrap();
    assert_eq!(text(&stream.message().await), "waited", "what runs is answered");
    assert_eq!(stream.event().await, None);
}

/// Every route is guarded and limited alike (security.md H1); what is not asked for is not there.
#[tokio::test]
async fn its_paths_are_guarded_limited_and_off_by_default() {
    let running = serving(Limits { streams: 1, body: 200, depth: 4, ..Limits::default() }).await;
    let (_stream, path) = open(&running).await;
    let stream = [("accept", "text/event-stream")];
    for (method, path, headers, status) in [
        ("GET", "/sse", [stream.as_slice(), &[("host", "evil.example")]].concat(), 403),
        ("POST", &path, vec![("origin", "https://evil.example")], 403),
        ("POST", &path, vec![("content-type", "text/plain")], 415),
        ("GET", "/sse", stream.to_vec(), 503),
        ("GET", "/sse", vec![("accept", "text/html")], 406),
        ("DELETE", "/sse", vec![], 404),
    ] {
        let mut client = running.connect().await;
        client.request(method, path, &headers, "").await;
        assert_eq!(client.answer().await.status, status, "{method} {path} {headers:?}");
    }
    assert_eq!(post(&running, &path, &format!("{:>201}", "{}")).await, 413);
    assert_eq!(post(&running, &path, "[[[[[]]]]]").await, 400);
    let running = start(Http::new("127.0.0.1:0"), Limits::default()).await;
    let mut client = running.connect().await;
    client.request("GET", "/sse", &stream, "").await;
    assert_eq!(client.answer().await.status, 404);
}

/// Who posts and never reads: no more is taken than there is room for, and then the session ends.
#[tokio::test]
async fn a_client_that_does_not_read_is_not_heard_for_ever() {
    let limits = Limits { body_time: Duration::from_millis(200), buffered: 64 * 1024, ..Limits::default() };
    let running = serving(limits).await;
    let (_stream, path) = begin(&running).await;
    let echo = call(2, "echo", json!({"text": "x".repeat(256 * 1024)})).to_string();
    let mut statuses = Vec::new();
    while statuses.last().is_none_or(|status| *status == 202) && statuses.len() < 1000 {
        statuses.push(post(&running, &path, &echo).await);
    }
    assert!(matches!(statuses.last(), Some(404 | 409)), "{statuses:?}");
    assert!(statuses.len() < 100, "{}", statuses.len());
}
