//! Requests of the server to its client: on the stream of a call, answered by a POST of their own.

use serde_json::json;
use toolwright::{Http, Legacy, Limits};

use super::client::{Client, Running, start, started};
use crate::peer::{legacy, text};

fn look() -> serde_json::Value {
    legacy(7, "tools/call", json!({"name": "look"}))
}

/// A client with a session that was asked; gives the session and the id of the question.
async fn asked(running: &Running) -> (Client, String, serde_json::Value) {
    let mut client = running.connect().await;
    let session = client.begin("2025-11-25").await;
    let head = client.post(&[("mcp-session-id", &session)], &look()).await;
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    let question = client.message().await;
    assert_eq!(question["method"], "ping");
    (client, session, question["id"].clone())
}

/// protocol.md 2.4: the answer comes on any connection, of that session alone.
#[tokio::test]
async fn a_client_answers_with_a_post_of_its_own() {
    let running = started().await;
    let (mut client, session, id) = asked(&running).await;
    let (mut stranger, foreign, other_id) = asked(&running).await;
    assert_eq!(id, other_id, "sessions count for themselves");
    let answer = json!({"jsonrpc": "2.0", "id": id, "result": {}});
    let mut poster = running.connect().await;
    assert_eq!(poster.post(&[], &answer).await.status, 400);
    assert_eq!(poster.post(&[("mcp-session-id", "unknown")], &answer).await.status, 404);
    assert_eq!(poster.post(&[("mcp-session-id", &session)], &answer).await.status, 202);
    assert_eq!(text(&client.message().await), "there");
    assert_eq!(client.event().await, None);
    assert_eq!(poster.post(&[("mcp-session-id", &foreign)], &answer).await.status, 202);
    assert_eq!(text(&stranger.message().await), "there");
}

/// A question waits in the log of its stream, too.
#[tokio::test]
async fn a_question_is_found_by_who_comes_back() {
    let running = started().await;
    let (client, session, id) = asked(&running).await;
    drop(client);
    let mut client = running.connect().await;
    let headers =
        [("mcp-session-id", session.as_str()), ("last-event-id", "1-0"), ("accept", "text/event-stream")];
    client.request("GET", "/mcp", &headers, "").await;
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(client.message().await["id"], id);
    let mut poster = running.connect().await;
    poster.post(&[("mcp-session-id", &session)], &json!({"jsonrpc": "2.0", "id": id, "result": {}})).await;
    assert_eq!(text(&client.message().await), "there");
}

/// The end of a session is the end of what it was asked.
#[tokio::test]
async fn a_session_that_ends_answers_nothing() {
    let running = started().await;
    let (mut client, session, _) = asked(&running).await;
    let mut other = running.connect().await;
    other.request("DELETE", "/mcp", &[("mcp-session-id", &session)], "").await;
    assert_eq!(other.answer().await.status, 204);
    assert_eq!(client.event().await, None, "the stream ends");
}

/// Who has no session, takes no stream, or is of 2026-07-28 is not asked; the call goes on.
#[tokio::test]
async fn who_cannot_be_asked_is_not() {
    let running = started().await;
    let mut client = running.connect().await;
    let session = client.begin("2025-11-25").await;
    let headers = [("mcp-session-id", session.as_str()), ("accept", "application/json")];
    assert_eq!(text(&client.post(&headers, &look()).await.json()), "cannot be asked");
    assert_eq!(text(&client.modern("tools/call", json!({"name": "look"})).await.json()), "cannot be asked");
    let running = start(Http::new("127.0.0.1:0").legacy(Legacy::Stateless), Limits::default()).await;
    assert_eq!(text(&running.connect().await.post(&[], &look()).await.json()), "cannot be asked");
}
