//! Calls that are no longer wanted: stopped, and never spoken of again.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use toolwright::Limits;
use toolwright::prelude::*;

use crate::peer::{LEGACY, Peer, call, cancel, legacy, modern};
use crate::tools::{Gate, echo, everything};

/// Rules IO7, S36 and G5: the handler is dropped, and nothing more is said of the call.
#[tokio::test(start_paused = true)]
async fn a_cancelled_call_is_dropped_and_never_answered() {
    let (service, gate) = everything(Limits::default());
    let mut peer = Peer::new(&service);
    peer.begin(LEGACY[0]).await;
    for (id, request) in [
        (json!(1), call(1, "wait", json!({}))),
        (json!("two"), legacy("two", "tools/call", json!({"name": "wait"}))),
    ] {
        peer.send(&request).await;
        peer.assert_quiet().await;
        let left = gate.left.load(Ordering::SeqCst);
        peer.send(&cancel(id)).await;
        peer.assert_quiet().await;
        assert_eq!(gate.left.load(Ordering::SeqCst), left + 1);
    }
    gate.open.add_permits(10);
    peer.assert_quiet().await;
}

/// Rule S36: a cancellation of nothing is ignored, whatever it looks like.
#[tokio::test(start_paused = true)]
async fn a_cancellation_of_nothing_is_ignored() {
    let (service, gate) = everything(Limits::default());
    let mut peer = Peer::new(&service);
    peer.send(&call(1, "wait", json!({}))).await;
    for id in [json!("1"), json!(2), json!(null), json!(1.0), json!({}), json!([1]), json!("")] {
        peer.send(&cancel(id)).await;
    }
    for params in [json!({}), json!({"requestid": 1}), json!({"reason": "none"}), json!({"id": 1})] {
        peer.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})).await;
    }
    peer.send(
        &json!({"jsonrpc": "2.0", "id": 9, "method": "notifications/cancelled", "params": {"requestId": 1}}),
    )
    .await;
    peer.answer(&json!(9)).await;
    gate.open.add_permits(1);
    assert_eq!(peer.next().await["id"], 1);
    peer.send(&cancel(1)).await;
    peer.assert_quiet().await;
}

/// Rule S36: what a handler has started elsewhere is told.
#[tokio::test(start_paused = true)]
async fn what_a_call_has_started_elsewhere_hears_of_its_end() {
    let (service, gate) = everything(Limits { call: std::time::Duration::from_secs(9), ..Limits::default() });
    let mut peer = Peer::new(&service);
    peer.send(&call(1, "watch", json!({}))).await;
    peer.assert_quiet().await;
    peer.send(&cancel(1)).await;
    gate.cancelled.notified().await;
    peer.send(&call(2, "watch", json!({}))).await;
    gate.cancelled.notified().await;
    assert_eq!(peer.next().await["result"]["isError"], true, "time is a reason as well");
    peer.send(&call(3, "watch", json!({}))).await;
    peer.assert_quiet().await;
    peer.server.abort();
    gate.cancelled.notified().await;
}

/// Works on a thread until it is no longer wanted.
#[tool(blocking)]
fn grind(ctx: Context, gate: State<Gate>) -> &'static str {
    gate.entered.fetch_add(1, Ordering::SeqCst);
    let mut done = 0.0;
    while !ctx.is_cancelled() {
        done += 1.0;
        ctx.progress(done, None, "grinding");
        ctx.info("grinding");
    }
    gate.cancelled.notify_one();
    "nobody hears this"
}

/// Rules IO7 and S38: a blocking tool sees that it is cancelled, and is not heard from that moment on.
#[tokio::test]
async fn a_blocking_call_sees_that_it_is_cancelled_and_is_silent() {
    let gate = Gate::new();
    let service = Server::new("g").tools(toolset![grind, echo]).state(gate.share()).build().unwrap();
    let mut peer = Peer::new(&service);
    for id in 0..20 {
        let params = json!({"name": "grind", "_meta": {"progressToken": id, "io.modelcontextprotocol/logLevel": "info"}});
        peer.send(&modern(id, "tools/call", params)).await;
        assert_eq!(peer.next().await["params"]["progressToken"], id);
        peer.send(&cancel(id)).await;
        let live = call("live", "echo", json!({"text": "x"}));
        peer.ask(live).await;
        gate.cancelled.notified().await;
        peer.told.clear();
        peer.assert_quiet().await;
    }
}

/// Security.md T5: calls cancelled at any moment are answered before it or not at all.
#[tokio::test(start_paused = true)]
async fn a_thousand_calls_cancelled_at_any_moment_say_nothing_afterwards() {
    let (service, _) = everything(Limits::default());
    let mut peer = Peer::new(&service);
    let mut seed = 7_u64;
    let mut random = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let (mut answered, mut silent) = (0, 0);
    for id in 0..1000 {
        let params = json!({"name": "slow", "arguments": {"ms": random(40)}, "_meta": {"progressToken": id}});
        peer.send(&modern(id, "tools/call", params)).await;
        peer.ask(legacy("begun", "ping", json!({}))).await;
        tokio::time::advance(std::time::Duration::from_millis(random(40))).await;
        peer.send(&cancel(id)).await;
        peer.ask(call("mark", "echo", json!({"text": "x"}))).await;
        let said = std::mem::take(&mut peer.told);
        assert!(
            said.len() <= 1 && said.iter().all(|one| one["id"] == id && one.get("result").is_some()),
            "{said:?}"
        );
        if said.is_empty() { silent += 1 } else { answered += 1 }
    }
    assert!(answered > 100 && silent > 100, "{answered} answered, {silent} silent");
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    assert_eq!(peer.end().await, Vec::<Value>::new());
}
