//! Arrays of messages: legal in one version only.

use serde_json::{Value, json};
use toolwright::Limits;

use crate::peer::{LEGACY, MODERN, Peer, call, cancel, code, legacy, text};
use crate::tools;

const WITH_BATCHES: &str = "2025-03-26";

async fn peer(limits: Limits) -> (Peer, tools::Gate) {
    let (service, gate) = tools::everything(limits);
    let mut peer = Peer::new(&service);
    peer.begin(WITH_BATCHES).await;
    (peer, gate)
}

fn old_call(id: impl Into<Value>, name: &str, arguments: Value) -> Value {
    legacy(id, "tools/call", json!({"name": name, "arguments": arguments}))
}

/// The ids of a batch's answers, in their order.
fn ids(batch: &Value) -> Vec<Value> {
    let answers = batch.as_array().unwrap_or_else(|| panic!("no batch: {batch}"));
    answers.iter().map(|answer| answer.get("id").cloned().unwrap_or_default()).collect()
}

/// Rule G13; row 2: no other version has batches.
#[tokio::test(start_paused = true)]
async fn an_array_is_refused_in_every_version_but_one() {
    let batch = json!([legacy(1, "ping", json!({}))]);
    for version in LEGACY.into_iter().chain([MODERN]) {
        let mut peer = Peer::new(&tools::service());
        if version == MODERN {
            peer.send(&json!([call(1, "echo", json!({"text": "x"}))])).await;
        } else {
            peer.begin(version).await;
            peer.send(&batch).await;
        }
        let answer = peer.next().await;
        if version == WITH_BATCHES {
            assert_eq!(answer, json!([{"jsonrpc": "2.0", "id": 1, "result": {}}]));
        } else {
            assert!(code(&answer) == -32600 && answer.get("id").is_none(), "{version}: {answer}");
        }
        peer.assert_quiet().await;
    }
}

/// Rules G13, S3 and S5: one array answers all requests, and only them.
#[tokio::test(start_paused = true)]
async fn a_mixed_batch_is_answered_by_one_array() {
    let (mut peer, _) = peer(Limits::default()).await;
    let batch = json!([
        old_call(1, "echo", json!({"text": "now"})),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        old_call(2, "slow", json!({"ms": 500})),
        {"jsonrpc": "2.0", "id": 99, "result": {}},
        old_call(3, "slow", json!({"ms": 20})),
        legacy(4, "unheard/of", json!({})),
        5,
        {"jsonrpc": "1.0", "id": 6, "method": "ping"},
        ["2.0", 8, "ping"],
        old_call(7, "fail", json!({})),
    ]);
    peer.send(&batch).await;
    let answer = peer.next().await;
    let mut found = ids(&answer);
    found.sort_by_key(Value::to_string);
    assert_eq!(found, [json!(1), json!(2), json!(3), json!(4), json!(6), json!(7), Value::Null, Value::Null]);
    let by_id = |id: i64| answer.as_array().unwrap().iter().find(|one| one["id"] == id).unwrap();
    assert_eq!((text(by_id(1)), text(by_id(2)), text(by_id(3))), ("now", "slept 500", "slept 20"));
    assert_eq!((code(by_id(4)), code(by_id(6))), (-32601, -32600));
    assert_eq!(by_id(7)["result"]["isError"], true);
    peer.assert_quiet().await;
}

/// Rules G13 and S5.
#[tokio::test(start_paused = true)]
async fn a_batch_of_notifications_is_not_answered() {
    let (mut peer, _) = peer(Limits::default()).await;
    let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    peer.send(&json!([note, note, cancel(5), {"jsonrpc": "2.0", "id": 1, "result": {}}])).await;
    peer.assert_quiet().await;
}

/// Rule G13: `initialize` never stands in a batch, and begins nothing there.
#[tokio::test(start_paused = true)]
async fn initialize_in_a_batch_is_refused_by_its_id() {
    let (mut peer, _) = peer(Limits::default()).await;
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}});
    peer.send(&json!([legacy("i", "initialize", params), legacy(2, "ping", json!({}))])).await;
    let answer = peer.next().await;
    assert_eq!(ids(&answer), [json!("i"), json!(2)]);
    assert_eq!(code(&answer[0]), -32600);
    peer.send(&json!([legacy(3, "ping", json!({}))])).await;
    assert!(peer.next().await.is_array(), "the session has not changed");
}

/// Security.md P8.
#[tokio::test(start_paused = true)]
async fn an_empty_batch_and_one_that_is_too_long_are_refused_as_a_whole() {
    let (mut peer, _) = peer(Limits { batch: 3, ..Limits::default() }).await;
    for (count, answered) in [(0, false), (2, true), (3, true), (4, false)] {
        let batch: Vec<Value> = (0..count).map(|id| legacy(id, "ping", json!({}))).collect();
        peer.send(&json!(batch)).await;
        let answer = peer.next().await;
        assert_eq!(answer.is_array(), answered, "{count}: {answer}");
        if !answered {
            assert!(code(&answer) == -32600 && answer.get("id").is_none(), "{count}");
        }
    }
    peer.send_line("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"},").await;
    assert_eq!(code(&peer.next().await), -32700);
}

/// Rules IO7 and S36: a cancelled call of a batch is left out of its array, and the others are answered.
#[tokio::test(start_paused = true)]
async fn a_cancelled_call_of_a_batch_is_left_out() {
    let (mut peer, gate) = peer(Limits::default()).await;
    peer.send(&json!([
        old_call(1, "wait", json!({})),
        old_call(2, "wait", json!({})),
        legacy(3, "ping", json!({}))
    ]))
    .await;
    peer.send(&cancel(1)).await;
    peer.assert_quiet().await;
    gate.open.add_permits(1);
    let answer = peer.next().await;
    assert_eq!(ids(&answer), [json!(3), json!(2)]);
    peer.send(&json!([old_call(4, "wait", json!({})), legacy(5, "ping", json!({}))])).await;
    peer.assert_quiet().await;
    peer.send(&cancel(4)).await;
    assert_eq!(ids(&peer.next().await), [json!(5)], "the rest comes when nothing is awaited any more");
    peer.send(&json!([old_call(6, "wait", json!({}))])).await;
    peer.send(&cancel(6)).await;
    peer.assert_quiet().await;
    peer.send(&json!([old_call(7, "wait", json!({})), cancel(7)])).await;
    peer.assert_quiet().await;
}

/// Rule IO7: what a cancellation in one batch frees of another does not stray into it.
#[tokio::test(start_paused = true)]
async fn a_batch_that_cancels_another_is_answered_on_its_own_line() {
    let (mut peer, _) = peer(Limits::default()).await;
    peer.send(&json!([old_call(1, "wait", json!({})), legacy(2, "ping", json!({}))])).await;
    peer.send(&json!([cancel(1), legacy(3, "ping", json!({}))])).await;
    let answers = [peer.next().await, peer.next().await];
    assert_eq!(answers.each_ref().map(ids), [vec![json!(2)], vec![json!(3)]]);
    peer.assert_quiet().await;
}

/// Security.md P8: a batch waits for its turn, and one that never could run is refused message by message.
#[tokio::test(start_paused = true)]
async fn a_batch_does_not_run_more_calls_than_may() {
    let (mut peer, gate) = peer(Limits { in_flight: 3, ..Limits::default() }).await;
    peer.send(&old_call(1, "wait", json!({}))).await;
    let three: Vec<Value> = (2..5).map(|id| old_call(id, "wait", json!({}))).collect();
    peer.send(&json!(three)).await;
    peer.ask(legacy("p", "ping", json!({}))).await;
    assert_eq!(gate.entered.load(std::sync::atomic::Ordering::SeqCst), 1);
    gate.open.add_permits(4);
    assert_eq!(text(&peer.next().await), "through");
    assert_eq!(peer.next().await.as_array().unwrap().len(), 3);
    let five: Vec<Value> = (10..15).map(|id| old_call(id, "wait", json!({}))).collect();
    peer.send(&json!(five)).await;
    peer.ask(legacy("p", "ping", json!({}))).await;
    gate.open.add_permits(3);
    let answer = peer.next().await;
    assert_eq!(answer.as_array().unwrap().len(), 5, "{answer}");
    let refused: Vec<_> =
        answer.as_array().unwrap().iter().filter(|one| one.get("error").is_some()).collect();
    assert_eq!(refused.iter().map(|one| one["id"].clone()).collect::<Vec<_>>(), [json!(13), json!(14)]);
}

/// Security.md P8: a batch that waits is not passed by what comes later, except by what runs nothing.
#[tokio::test(start_paused = true)]
async fn a_waiting_batch_is_not_passed_by_later_calls() {
    let (mut peer, gate) = peer(Limits { in_flight: 2, ..Limits::default() }).await;
    peer.send(&old_call(1, "wait", json!({}))).await;
    peer.send(&json!([old_call(2, "wait", json!({})), old_call(3, "wait", json!({}))])).await;
    peer.send(&old_call(4, "echo", json!({"text": "later"}))).await;
    peer.send(&json!([old_call(5, "echo", json!({"text": "last"}))])).await;
    peer.send(&legacy("p", "ping", json!({}))).await;
    assert_eq!(peer.next().await["id"], "p");
    gate.open.add_permits(1);
    assert_eq!(peer.next().await["id"], 1);
    gate.open.add_permits(2);
    assert_eq!(ids(&peer.next().await), [json!(2), json!(3)]);
    assert_eq!(text(&peer.next().await), "later");
    assert_eq!(ids(&peer.next().await), [json!(5)]);
    peer.assert_quiet().await;
}

/// Rules IO7 and S36: a call is cancelled even while its batch waits.
#[tokio::test(start_paused = true)]
async fn a_call_of_a_waiting_batch_can_be_cancelled() {
    let (mut peer, gate) = peer(Limits { in_flight: 2, ..Limits::default() }).await;
    peer.send(&old_call(1, "wait", json!({}))).await;
    peer.send(&json!([old_call(2, "wait", json!({})), old_call("\u{e9}", "wait", json!({}))])).await;
    peer.send(&json!([old_call(4, "wait", json!({}))])).await;
    peer.send(&cancel(2)).await;
    peer.send(&cancel(4)).await;
    peer.ask(legacy("p", "ping", json!({}))).await;
    gate.open.add_permits(9);
    assert_eq!(peer.next().await["id"], 1);
    assert_eq!(ids(&peer.next().await), [json!("\u{e9}")]);
    assert_eq!(gate.entered.load(std::sync::atomic::Ordering::SeqCst), 2);
    peer.assert_quiet().await;
}
