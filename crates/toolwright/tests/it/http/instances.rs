//! Several instances of a server that share their sessions, each request to another of them.

mod keeping;

use std::sync::Arc;

use serde_json::{Value, json};
use toolwright::prelude::*;
use toolwright::types::logging::LogLevel;
use toolwright::{Http, KeyRing, Limits};

use super::client::{Client, Running, serve, server};
use crate::engine::{Part, Shared, shared};
use crate::peer::{LEGACY, cancel, legacy, text};

/// Says who asks.
#[tool]
fn who(ctx: Context) -> String {
    ctx.client().map(|client| client.name).unwrap_or_default()
}

/// Does something, if the user is sure.
#[tool]
async fn sure(ctx: Context) -> Result<String> {
    Ok(ctx.confirm("Sure?").await?.to_string())
}

/// Says something to the log.
#[tool]
async fn chat(ctx: Context) -> &'static str {
    ctx.log(LogLevel::Warning, "a word");
    "said"
}

/// The versions with sessions over HTTP.
const VERSIONS: &[&str] = LEGACY.split_at(3).0;

async fn instance(number: usize, shared: &Arc<Shared>, limits: Limits) -> Running {
    let (gate, keys) = (Arc::default(), KeyRing::new([[7; 32]]).unwrap());
    let server = server(&gate).tools(toolset![who, sure, chat]).keys(keys).limits(limits);
    let server = server.engine(Part(number, Arc::clone(shared)));
    let mut running = serve(&server.build().unwrap(), Http::new("127.0.0.1:0")).await;
    running.gate = gate;
    running
}

/// Two instances with a connection to each.
struct Pair {
    a: Running,
    b: Running,
    at_a: Client,
    at_b: Client,
}

async fn pair() -> Pair {
    let shared = shared();
    let (a, b) =
        (instance(1, &shared, Limits::default()).await, instance(2, &shared, Limits::default()).await);
    Pair { at_a: a.connect().await, at_b: b.connect().await, a, b }
}

fn ready() -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
}

fn call(name: &str, arguments: Value) -> Value {
    legacy(7, "tools/call", json!({"name": name, "arguments": arguments}))
}

/// Begins a session, without saying yet that the client is ready.
async fn begin(client: &mut Client, version: &str, name: &str) -> String {
    let info = json!({"name": name, "version": "1"});
    let params = json!({"protocolVersion": version, "capabilities": {"elicitation": {}}, "clientInfo": info});
    let answer = client.post(&[], &legacy(1, "initialize", params)).await;
    assert_eq!(answer.json()["result"]["protocolVersion"], version);
    answer.header("mcp-session-id").unwrap().to_owned()
}

/// Opens the stream for changes.
async fn listen(running: &Running, session: &str, last: Option<&str>) -> Client {
    let mut client = running.connect().await;
    let mut headers = vec![("mcp-session-id", session), ("accept", "text/event-stream")];
    headers.extend(last.map(|last| ("last-event-id", last)));
    client.request("GET", "/mcp", &headers, "").await;
    assert_eq!(client.answer().await.status, 200);
    client
}

/// Rules G1, G10 and G11.
#[tokio::test]
async fn a_session_is_known_at_every_instance() {
    let Pair { a: _a, b: _b, mut at_a, mut at_b } = pair().await;
    for version in VERSIONS {
        let session = begin(&mut at_a, version, version).await;
        let headers = [("mcp-session-id", session.as_str()), ("mcp-protocol-version", version)];
        assert_eq!(at_b.post(&headers, &ready()).await.status, 202);
        for turn in 0..4 {
            let client = if turn % 2 == 0 { &mut at_b } else { &mut at_a };
            assert_eq!(text(&client.post(&headers, &call("who", json!({}))).await.json()), *version);
        }
        let another = if *version == VERSIONS[0] { VERSIONS[1] } else { VERSIONS[0] };
        let wrong = [headers[0], ("mcp-protocol-version", another)];
        assert_eq!(at_b.post(&wrong, &call("who", json!({}))).await.status, 400);
        at_b.request("DELETE", "/mcp", &headers, "").await;
        assert_eq!(at_b.answer().await.status, 204);
        for client in [&mut at_a, &mut at_b] {
            assert_eq!(client.post(&headers, &call("who", json!({}))).await.status, 404);
        }
    }
}

/// protocol.md 2.4: the answer finds the call, wherever that runs.
#[tokio::test]
async fn a_question_is_answered_through_another_instance() {
    let Pair { a: _a, b: _b, mut at_a, mut at_b } = pair().await;
    for version in VERSIONS {
        let session = begin(&mut at_a, version, "c").await;
        let headers = [("mcp-session-id", session.as_str())];
        assert_eq!(at_a.post(&headers, &call("look", json!({}))).await.status, 200);
        let asked = at_a.message().await;
        assert_eq!(asked["method"], "ping");
        let answer = json!({"jsonrpc": "2.0", "id": asked["id"], "result": {}});
        assert_eq!(at_b.post(&headers, &answer).await.status, 202);
        assert_eq!(text(&at_a.message().await), "there");
        assert_eq!(at_a.event().await, None);
    }
}

/// Two instances ask one client at once: the answers are not mixed up.
#[tokio::test]
async fn questions_of_two_instances_have_ids_of_their_own() {
    let Pair { a, b, mut at_a, mut at_b } = pair().await;
    let session = begin(&mut at_a, "2025-11-25", "c").await;
    let headers = [("mcp-session-id", session.as_str())];
    at_a.post(&headers, &call("sure", json!({}))).await;
    at_b.post(&headers, &call("sure", json!({}))).await;
    let (of_a, of_b) = (at_a.message().await, at_b.message().await);
    assert_eq!((&of_a["method"], &of_b["method"]), (&json!("elicitation/create"), &of_a["method"]));
    let (of_a, of_b) = (of_a["id"].clone(), of_b["id"].clone());
    assert_ne!(of_a, of_b);
    assert!(of_a.as_u64().unwrap() < 1 << 53, "as exact as a client may need it");
    let answer = |id: &Value, action: &str| json!({"jsonrpc": "2.0", "id": id, "result": {"action": action}});
    assert_eq!(b.connect().await.post(&headers, &answer(&of_a, "decline")).await.status, 202);
    assert_eq!(a.connect().await.post(&headers, &answer(&of_b, "decline")).await.status, 202);
    for client in [&mut at_a, &mut at_b] {
        assert!(client.message().await["result"].is_object());
    }
}

/// protocol.md 2.1.
#[tokio::test]
async fn a_call_is_cancelled_through_another_instance() {
    let Pair { a, b: _b, mut at_a, mut at_b } = pair().await;
    for version in VERSIONS {
        let session = begin(&mut at_a, version, "c").await;
        let headers = [("mcp-session-id", session.as_str())];
        at_a.request("POST", "/mcp", &headers, &call("wait", json!({})).to_string()).await;
        a.gate.began.notified().await;
        assert_eq!(at_b.post(&headers, &cancel(7)).await.status, 202);
        a.gate.cancelled.notified().await;
        let answer = at_a.answer().await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    }
}

/// Rule G8: subscribed to at one instance, changed at another, told by a third way: once.
#[tokio::test]
async fn changes_are_told_wherever_the_stream_is() {
    for version in VERSIONS {
        let Pair { a, b, mut at_a, mut at_b } = pair().await;
        let session = begin(&mut at_a, version, "c").await;
        let headers = [("mcp-session-id", session.as_str())];
        let mut listener = listen(&a, &session, None).await;
        assert_eq!(at_b.post(&headers, &ready()).await.status, 202);
        let subscribe = legacy(2, "resources/subscribe", json!({"uri": "note://one"}));
        assert_eq!(at_b.post(&headers, &subscribe).await.status, 200);
        b.service.resource_updated("note://one");
        assert_eq!(listener.message().await["params"]["uri"], "note://one");
        a.service.resource_updated("note://one");
        assert_eq!(listener.message().await["params"]["uri"], "note://one");
        assert!(b.service.remove_tool("who"));
        assert_eq!(listener.message().await["method"], "notifications/tools/list_changed");
        let unsubscribe = legacy(2, "resources/unsubscribe", json!({"uri": "note://one"}));
        assert_eq!(at_b.post(&headers, &unsubscribe).await.status, 200);
        a.service.resource_updated("note://one");
        assert!(a.service.remove_tool("who"));
        assert_eq!(listener.message().await["method"], "notifications/tools/list_changed");
    }
}

/// Rule G8: the stream moves, and what may have changed meanwhile is told.
#[tokio::test]
async fn the_stream_for_changes_is_where_it_was_opened_last() {
    let Pair { a, b, mut at_a, .. } = pair().await;
    let session = begin(&mut at_a, "2025-11-25", "c").await;
    let headers = [("mcp-session-id", session.as_str())];
    at_a.post(&headers, &ready()).await;
    at_a.post(&headers, &legacy(2, "resources/subscribe", json!({"uri": "note://one"}))).await;
    let mut first = listen(&a, &session, None).await;
    a.service.resource_updated("note://one");
    let told = first.event().await.unwrap();
    let last = told.lines().next().unwrap().strip_prefix("id: ").unwrap().to_owned();
    let mut second = listen(&b, &session, Some(&last)).await;
    assert_eq!(first.event().await, None, "it ends where it was");
    let mut told = Vec::new();
    while told.last() != Some(&json!("notifications/resources/updated")) {
        told.push(second.message().await["method"].clone());
    }
    assert!(told.contains(&json!("notifications/tools/list_changed")), "{told:?}");
    a.service.resource_updated("note://one");
    let told = second.event().await.unwrap();
    assert!(told.contains("resources/updated"), "{told}");
    let last = told.lines().next().unwrap().strip_prefix("id: ").unwrap().to_owned();
    drop(second);
    b.service.resource_updated("note://one");
    let mut second = listen(&b, &session, Some(&last)).await;
    assert!(second.event().await.unwrap().contains("resources/updated"), "nothing was lost meanwhile");
    assert!(a.service.remove_tool("who"));
    assert_eq!(
        second.message().await["method"],
        "notifications/tools/list_changed",
        "and nothing came twice"
    );
}

/// What runs at an instance is gone on with there alone.
#[tokio::test]
async fn a_lost_answer_is_found_where_its_call_runs() {
    let Pair { a, b, mut at_a, mut at_b } = pair().await;
    let session = begin(&mut at_a, "2025-11-25", "c").await;
    let headers = [("mcp-session-id", session.as_str())];
    at_a.post(&headers, &call("leave", json!({}))).await;
    let primed = at_a.event().await.unwrap();
    let last = primed.lines().next().unwrap().strip_prefix("id: ").unwrap();
    let again = [headers[0], ("accept", "text/event-stream"), ("last-event-id", last)];
    at_b.request("GET", "/mcp", &again, "").await;
    assert_eq!(at_b.answer().await.status, 400);
    a.gate.open.notify_one();
    assert_eq!(text(&listen(&a, &session, Some(last)).await.message().await), "came back");
    drop(b);
}

#[tokio::test]
async fn a_log_level_holds_at_every_instance() {
    let Pair { a: _a, b: _b, mut at_a, mut at_b } = pair().await;
    for version in VERSIONS {
        let session = begin(&mut at_a, version, "c").await;
        let headers = [("mcp-session-id", session.as_str())];
        let head = at_a.post(&headers, &call("chat", json!({}))).await;
        assert_eq!(head.header("content-type"), Some("text/event-stream"));
        while at_a.event().await.is_some() {}
        let quiet = legacy(2, "logging/setLevel", json!({"level": "error"}));
        assert_eq!(at_b.post(&headers, &quiet).await.status, 200);
        assert_eq!(text(&at_a.post(&headers, &call("chat", json!({}))).await.json()), "said");
    }
}

/// Rule G13: what a batch holds is passed on, too.
#[tokio::test]
async fn a_batch_concerns_other_instances() {
    let Pair { a, b: _b, mut at_a, mut at_b } = pair().await;
    let session = begin(&mut at_a, "2025-03-26", "c").await;
    let headers = [("mcp-session-id", session.as_str())];
    let mut listener = listen(&a, &session, None).await;
    at_a.request("POST", "/mcp", &headers, &call("wait", json!({})).to_string()).await;
    a.gate.began.notified().await;
    let subscribe = legacy(2, "resources/subscribe", json!({"uri": "note://one"}));
    let answer = at_b.post(&headers, &json!([ready(), cancel(7), subscribe])).await;
    assert_eq!(answer.json()[0]["result"], json!({}));
    a.gate.cancelled.notified().await;
    a.service.resource_updated("note://one");
    assert_eq!(listener.message().await["params"]["uri"], "note://one");
}

/// The end of a session is the end of what runs in it, wherever that is.
#[tokio::test]
async fn a_session_ends_everywhere() {
    let Pair { a, b: _b, mut at_a, mut at_b } = pair().await;
    let session = begin(&mut at_a, "2025-11-25", "c").await;
    let headers = [("mcp-session-id", session.as_str())];
    let mut listener = listen(&a, &session, None).await;
    at_a.request("POST", "/mcp", &headers, &call("wait", json!({})).to_string()).await;
    a.gate.began.notified().await;
    at_b.request("DELETE", "/mcp", &headers, "").await;
    assert_eq!(at_b.answer().await.status, 204);
    a.gate.cancelled.notified().await;
    assert_eq!(listener.event().await, None);
    at_b.request("DELETE", "/mcp", &headers, "").await;
    assert_eq!(at_b.answer().await.status, 404);
}

#[tokio::test]
async fn a_session_outlives_the_instance_it_began_at() {
    let Pair { a, b, mut at_a, mut at_b } = pair().await;
    let session = begin(&mut at_a, "2025-11-25", "left").await;
    let headers = [("mcp-session-id", session.as_str())];
    at_a.post(&headers, &ready()).await;
    at_a.post(&headers, &legacy(2, "resources/subscribe", json!({"uri": "note://one"}))).await;
    let _lost = listen(&a, &session, None).await;
    a.kill();
    assert_eq!(text(&at_b.post(&headers, &call("who", json!({}))).await.json()), "left");
    let mut listener = listen(&b, &session, None).await;
    while listener.message().await["method"] != "notifications/resources/updated" {}
    b.service.resource_updated("note://one");
    assert_eq!(listener.message().await["params"]["uri"], "note://one");
}

/// Each of many clients is asked for by its own name, by requests in turn to either instance.
#[tokio::test]
async fn a_thousand_sessions_are_not_mixed_up() {
    let shared = shared();
    let limits = Limits { sessions: 1000, ..Limits::default() };
    let (a, b) = (instance(1, &shared, limits.clone()).await, instance(2, &shared, limits).await);
    let (mut at_a, mut at_b) = (a.connect().await, b.connect().await);
    let mut begun = Vec::new();
    for number in 0..1000 {
        let client = if number % 2 == 0 { &mut at_a } else { &mut at_b };
        begun.push(begin(client, VERSIONS[number % 3], &number.to_string()).await);
    }
    for round in 0..2 {
        for (number, session) in begun.iter().enumerate() {
            let client = if (number + round) % 2 == 0 { &mut at_b } else { &mut at_a };
            let answer = client.post(&[("mcp-session-id", session)], &call("who", json!({}))).await;
            assert_eq!(text(&answer.json()), number.to_string());
        }
    }
    assert_eq!(shared.sessions.count(), 1000);
}
