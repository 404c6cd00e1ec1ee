//! Streams: from the first notification on, cancelled or not by their end, gone on with, told of changes.

use std::time::Duration;

use serde_json::json;
use toolwright::{Http, Limits};

use super::client::{Client, start, started};
use crate::peer::{legacy, modern, text};

const CALL: [(&str, &str); 2] = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call")];

/// Begins a modern call of a tool that reports.
async fn begin_report(client: &mut Client) -> super::client::Answer {
    let call = modern(7, "tools/call", json!({"name": "report", "_meta": {"progressToken": "p"}}));
    client.post(&[CALL.as_slice(), &[("mcp-name", "report")]].concat(), &call).await
}

/// Rules H5 and H6.
#[tokio::test]
async fn an_answer_becomes_a_stream_at_the_first_notification() {
    let running = started().await;
    let mut client = running.connect().await;
    let head = begin_report(&mut client).await;
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
    assert_eq!(head.header("x-accel-buffering"), Some("no"));
    assert_eq!(client.message().await["params"]["progress"], 1.0);
    running.gate.open.notify_one();
    assert_eq!(client.message().await["params"]["progress"], 2.0);
    assert_eq!(text(&client.message().await), "reported");
    assert_eq!(client.event().await, None, "the answer ends the stream");
    assert_eq!(client.modern("tools/list", json!({})).await.status, 200, "the connection goes on");
}

/// Rule H7: before and after the first event.
#[tokio::test]
async fn closing_a_modern_stream_cancels_the_call() {
    let running = started().await;
    let mut client = running.connect().await;
    let call = modern(7, "tools/call", json!({"name": "wait"}));
    client
        .request("POST", "/mcp", &[CALL.as_slice(), &[("mcp-name", "wait")]].concat(), &call.to_string())
        .await;
    running.gate.began.notified().await;
    drop(client);
    running.gate.cancelled.notified().await;
}

/// Rule G9.
#[tokio::test]
async fn closing_a_legacy_stream_cancels_nothing() {
    let running = started().await;
    let mut client = running.connect().await;
    let session = client.begin("2025-11-25").await;
    let call = legacy(7, "tools/call", json!({"name": "wait"}));
    client.request("POST", "/mcp", &[("mcp-session-id", &session)], &call.to_string()).await;
    running.gate.began.notified().await;
    drop(client);
    running.gate.open.notify_one();
    running.gate.finished.notified().await;
}

/// protocol.md 2.1: over HTTP the cancellation is a message of its own.
#[tokio::test]
async fn a_legacy_call_is_cancelled_by_its_session() {
    let running = started().await;
    let (mut caller, mut other) = (running.connect().await, running.connect().await);
    let session = caller.begin("2025-11-25").await;
    let headers = [("mcp-session-id", session.as_str())];
    let call = legacy(7, "tools/call", json!({"name": "wait"}));
    caller.request("POST", "/mcp", &headers, &call.to_string()).await;
    running.gate.began.notified().await;
    assert_eq!(other.post(&headers, &crate::peer::cancel(7)).await.status, 202);
    running.gate.cancelled.notified().await;
    let answer = caller.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""), "the request has an end, and no answer");
}

/// Rules G8 and G12, `Limits::replay`.
#[tokio::test]
async fn a_lost_stream_is_gone_on_with() {
    let running = started().await;
    let mut client = running.connect().await;
    let session = client.begin("2025-11-25").await;
    let headers = [("mcp-session-id", session.as_str())];
    let call = legacy(7, "tools/call", json!({"name": "report", "_meta": {"progressToken": "p"}}));
    assert_eq!(client.post(&headers, &call).await.header("content-type"), Some("text/event-stream"));
    let first = client.event().await.unwrap();
    assert!(first.starts_with("id: 1-0\nretry: ") && first.ends_with("data:"), "{first}");
    assert_eq!(client.message().await["params"]["progress"], 1.0);
    drop(client);
    running.gate.open.notify_one();
    for (seen, messages) in [("1-0", 3), ("1-1", 2), ("1-3", 0)] {
        let mut client = running.connect().await;
        let all = [headers.as_slice(), &[("last-event-id", seen), ("accept", "text/event-stream")]].concat();
        client.request("GET", "/mcp", &all, "").await;
        assert_eq!(client.answer().await.status, 200);
        for left in (0..messages).rev() {
            let message = client.message().await;
            assert_eq!(message.get("result").is_some(), left == 0, "{message}");
        }
        assert_eq!(client.event().await, None);
    }
    let mut client = running.connect().await;
    let unknown = [headers.as_slice(), &[("last-event-id", "9-1"), ("accept", "text/event-stream")]].concat();
    client.request("GET", "/mcp", &unknown, "").await;
    assert_eq!(client.answer().await.status, 400);
}

/// Rule G12: a tool may end its stream itself.
#[tokio::test]
async fn a_call_that_hangs_up_is_come_back_to() {
    let running = started().await;
    let mut client = running.connect().await;
    let session = client.begin("2025-11-25").await;
    let headers = [("mcp-session-id", session.as_str())];
    let answer = client.post(&headers, &legacy(7, "tools/call", json!({"name": "leave"}))).await;
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert!(client.event().await.unwrap().starts_with("id: 1-0"));
    assert_eq!(client.event().await, None);
    running.gate.open.notify_one();
    let again = [headers.as_slice(), &[("last-event-id", "1-0"), ("accept", "text/event-stream")]].concat();
    client.request("GET", "/mcp", &again, "").await;
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(text(&client.message().await), "came back");
}

/// Rules S40, S41, S44: modern listening, ended by the server.
#[tokio::test]
async fn a_modern_listener_hears_of_changes_and_of_the_end() {
    let running = started().await;
    let mut client = running.connect().await;
    let wishes =
        json!({"notifications": {"toolsListChanged": true, "resourceSubscriptions": ["note://one"]}});
    let head = client.modern("subscriptions/listen", wishes).await;
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    assert_eq!(client.message().await["method"], "notifications/subscriptions/acknowledged");
    running.service.resource_updated("note://two");
    running.service.resource_updated("note://one");
    let heard = client.message().await;
    assert_eq!(heard["params"]["uri"], "note://one");
    assert_eq!(heard["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 7);
    assert!(running.service.remove_tool("echo"));
    assert_eq!(client.message().await["method"], "notifications/tools/list_changed");
    let served = running.stop();
    assert_eq!(client.message().await["result"]["resultType"], "complete");
    assert_eq!(client.event().await, None);
    served.await.unwrap().unwrap();
}

/// protocol.md 2.1: what a legacy session subscribed to comes on its own stream, once.
#[tokio::test]
async fn a_session_hears_of_changes_on_its_stream() {
    let running = started().await;
    let (mut client, mut listener) = (running.connect().await, running.connect().await);
    let session = client.begin("2025-11-25").await;
    let headers = [("mcp-session-id", session.as_str()), ("accept", "text/event-stream")];
    listener.request("GET", "/mcp", &headers, "").await;
    assert_eq!(listener.answer().await.status, 200);
    client.request("GET", "/mcp", &headers, "").await;
    assert_eq!(client.answer().await.status, 409, "a second stream does not replace the first");
    let subscribe = legacy(2, "resources/subscribe", json!({"uri": "note://one"}));
    assert_eq!(client.post(&headers[..1], &subscribe).await.status, 200);
    running.service.resource_updated("note://one");
    assert_eq!(listener.message().await["params"]["uri"], "note://one");
    drop(listener);
    running.service.resource_updated("note://one");
    let mut listener = running.connect().await;
    let again = [headers.as_slice(), &[("last-event-id", "0-1")]].concat();
    listener.request("GET", "/mcp", &again, "").await;
    assert_eq!(listener.answer().await.status, 200);
    assert_eq!(listener.message().await["params"]["uri"], "note://one", "nothing was lost meanwhile");
}

/// protocol.md 1.10.
#[tokio::test]
async fn a_silent_stream_says_that_it_is_alive() {
    let limits = Limits { keep_alive: Duration::from_millis(20), ..Limits::default() };
    let running = start(Http::new("127.0.0.1:0"), limits).await;
    let mut client = running.connect().await;
    let call = modern(7, "tools/call", json!({"name": "wait"}));
    let head = client.post(&[CALL.as_slice(), &[("mcp-name", "wait")]].concat(), &call).await;
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    assert_eq!(client.event().await.as_deref(), Some(":"));
    running.gate.open.notify_one();
    assert_eq!(text(&client.message().await), "waited");
}

/// security.md H10.
#[tokio::test]
async fn the_end_waits_for_calls_but_not_for_ever() {
    let limits = Limits { drain: Duration::from_millis(1500), ..Limits::default() };
    let running = start(Http::new("127.0.0.1:0"), limits).await;
    let (mut quick, mut stuck) = (running.connect().await, running.connect().await);
    let call = modern(7, "tools/call", json!({"name": "wait"})).to_string();
    let headers = [CALL.as_slice(), &[("mcp-name", "wait")]].concat();
    quick.request("POST", "/mcp", &headers, &call).await;
    running.gate.began.notified().await;
    let gate = std::sync::Arc::clone(&running.gate);
    stuck.request("POST", "/mcp", &headers, &call).await;
    gate.began.notified().await;
    let served = running.stop();
    gate.open.notify_one();
    assert_eq!(text(&quick.answer().await.json()), "waited");
    served.await.unwrap().unwrap();
    gate.cancelled.notified().await;
    assert!(stuck.is_cut().await);
}

/// Rule H4: the answer is what the client takes; one event of known length where nothing came before it.
#[tokio::test]
async fn who_takes_only_streams_is_answered_with_one() {
    let running = started().await;
    let mut client = running.connect().await;
    let session = client.begin("2025-11-25").await;
    let params = json!({"name": "echo", "arguments": {"text": "hi"}});
    let only = ("accept", "text/event-stream");
    let answers = [
        client.post(&[only, ("mcp-session-id", &session)], &legacy(7, "tools/call", params.clone())).await,
        client
            .post(
                &[CALL.as_slice(), &[only, ("mcp-name", "echo")]].concat(),
                &modern(7, "tools/call", params),
            )
            .await,
    ];
    for answer in answers {
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
        let message =
            answer.body.strip_prefix("event: message\ndata: ").and_then(|rest| rest.strip_suffix("\n\n"));
        let message: serde_json::Value = serde_json::from_str(message.expect(&answer.body)).unwrap();
        assert_eq!(text(&message), "hi");
    }
}
