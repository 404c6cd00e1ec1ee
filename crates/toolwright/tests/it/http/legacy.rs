//! The older versions without what sessions are about: statuses, versions, batches, modes.

use serde_json::json;
use toolwright::{Http, Legacy, Limits};

use super::client::{start, started};
use crate::peer::{legacy, text};

/// protocol.md 2.6: 404 would mean that the session is gone.
#[tokio::test]
async fn a_protocol_error_is_no_status() {
    let mut client = started().await.connect().await;
    let session = client.begin("2025-11-25").await;
    let headers = [("mcp-session-id", session.as_str())];
    let answer = client.post(&headers, &legacy(2, "no/such", json!({}))).await;
    assert_eq!((answer.status, answer.code()), (200, -32601));
    let answer = client.post(&headers, &legacy(3, "resources/read", json!({"uri": "note://two"}))).await;
    assert_eq!((answer.status, answer.code()), (200, -32002));
    let answer = client.post(&headers, &legacy(4, "ping", json!({}))).await;
    assert_eq!((answer.status, &answer.json()["result"]), (200, &json!({})));
}

/// Rule G11.
#[tokio::test]
async fn the_version_header_must_be_the_sessions() {
    let mut client = started().await.connect().await;
    let session = client.begin("2025-06-18").await;
    let rows =
        [("2025-06-18", 200), ("2025-11-25", 400), ("1999-01-01", 400), ("2026-07-28", 400), ("é", 400)];
    for (version, status) in rows {
        let headers = [("mcp-session-id", session.as_str()), ("mcp-protocol-version", version)];
        assert_eq!(client.post(&headers, &legacy(2, "ping", json!({}))).await.status, status, "{version}");
    }
}

/// Rule G13.
#[tokio::test]
async fn only_the_version_with_batches_takes_one() {
    let mut client = started().await.connect().await;
    let call =
        |id: u32| legacy(id, "tools/call", json!({"name": "echo", "arguments": {"text": format!("{id}")}}));
    let batch = json!([call(1), {"jsonrpc": "2.0", "method": "notifications/x"}, call(2)]);
    let session = client.begin("2025-03-26").await;
    let answer = client.post(&[("mcp-session-id", &session)], &batch).await;
    let answers = answer.json();
    assert_eq!((text(&answers[0]), text(&answers[1])), ("1", "2"));
    let only_notes = json!([{"jsonrpc": "2.0", "method": "notifications/x"}]);
    assert_eq!(client.post(&[("mcp-session-id", &session)], &only_notes).await.status, 202);
    let session = client.begin("2025-11-25").await;
    let answer = client.post(&[("mcp-session-id", &session)], &batch).await;
    assert_eq!((answer.status, answer.code()), (400, -32600));
}

#[tokio::test]
async fn without_sessions_each_request_stands_alone() {
    let http = Http::new("127.0.0.1:0").legacy(Legacy::Stateless);
    let mut client = start(http, Limits::default()).await.connect().await;
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}});
    let answer = client.post(&[], &legacy(1, "initialize", params)).await;
    assert_eq!(answer.header("mcp-session-id"), None);
    assert_eq!(answer.json()["result"]["capabilities"]["resources"], json!({}), "no changes are promised");
    let call = legacy(2, "tools/call", json!({"name": "echo", "arguments": {"text": "hi"}}));
    assert_eq!(text(&client.post(&[], &call).await.json()), "hi");
    for method in ["GET", "DELETE"] {
        client.request(method, "/mcp", &[], "").await;
        assert_eq!(client.answer().await.status, 405, "{method}");
    }
}

/// Rules S22 and H26.
#[tokio::test]
async fn without_the_older_versions_initialize_is_told_what_is_spoken() {
    let http = Http::new("127.0.0.1:0").legacy(Legacy::Off);
    let mut client = start(http, Limits::default()).await.connect().await;
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}});
    let answer = client.post(&[], &legacy(1, "initialize", params)).await;
    assert_eq!((answer.status, answer.code()), (400, -32022));
    assert!(answer.body.contains("2026-07-28"));
    client.request("GET", "/mcp", &[("accept", "text/event-stream")], "").await;
    assert_eq!(client.answer().await.status, 405);
    assert_eq!(client.modern("tools/list", json!({})).await.status, 200);
}
