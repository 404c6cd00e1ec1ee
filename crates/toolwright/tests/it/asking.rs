//! What a client is asked in the middle of a call.

use serde_json::{Value, json};
use toolwright::prelude::*;
use toolwright::{Limits, Service};

use crate::peer::{LEGACY, Peer, call, cancel, legacy, text};

/// Asks whether the client is still there.
#[tool]
pub(crate) async fn look(ctx: Context) -> Result<&'static str> {
    Ok(match ctx.ping().await {
        Ok(()) => "there",
        Err(error) if error.to_string().contains("cannot be asked") => "cannot be asked",
        Err(error) if error.to_string().contains("no time") => "refused",
        Err(error) => return Err(error),
    })
}

fn service() -> Service {
    Server::new("asking")
        .tools(toolset![look])
        .limits(Limits { in_flight: 2, ..Limits::default() })
        .build()
        .unwrap()
}

fn look_call(id: i64) -> Value {
    legacy(id, "tools/call", json!({"name": "look"}))
}

/// Rule G5, protocol.md 2.1: the client's answer goes to the call that asked, whatever the order.
#[tokio::test(start_paused = true)]
async fn a_client_is_asked_and_its_answer_heard() {
    for version in LEGACY {
        let mut peer = Peer::new(&service());
        peer.begin(version).await;
        peer.send(&look_call(1)).await;
        let first = peer.next().await;
        assert_eq!(first, json!({"jsonrpc": "2.0", "id": first["id"], "method": "ping", "params": {}}));
        peer.send(&look_call(2)).await;
        let second = peer.next().await;
        assert_ne!(first["id"], second["id"]);
        peer.send(&json!({"jsonrpc": "2.0", "id": second["id"], "result": {}})).await;
        assert_eq!(text(&peer.answer(&json!(2)).await), "there");
        let refusal = json!({"code": -32603, "message": "no time"});
        peer.send(&json!({"jsonrpc": "2.0", "id": first["id"], "error": refusal})).await;
        assert_eq!(text(&peer.answer(&json!(1)).await), "refused");
    }
}

/// What nobody asked means nothing, nor does a second answer.
#[tokio::test(start_paused = true)]
async fn an_answer_to_nothing_is_ignored() {
    let mut peer = Peer::new(&service());
    peer.begin(LEGACY[0]).await;
    peer.send(&look_call(1)).await;
    let asked = peer.next().await;
    for id in [json!(99), json!("1"), json!(-1), Value::Null] {
        peer.send(&json!({"jsonrpc": "2.0", "id": id, "result": {}})).await;
    }
    for _ in 0..2 {
        peer.send(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": {}})).await;
    }
    assert_eq!(text(&peer.answer(&json!(1)).await), "there");
    assert_eq!(peer.told, Vec::<Value>::new());
    assert_eq!(peer.end().await, Vec::<Value>::new());
}

/// A question whose call is cancelled or out of time is taken back.
#[tokio::test(start_paused = true)]
async fn a_question_that_nobody_waits_for_is_taken_back() {
    let mut peer = Peer::new(&service());
    peer.begin(LEGACY[0]).await;
    peer.send(&look_call(1)).await;
    let asked = peer.next().await;
    peer.send(&cancel(1)).await;
    let taken_back = json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": asked["id"]}
    });
    assert_eq!(peer.next().await, taken_back);
    peer.send(&look_call(2)).await;
    let asked = peer.next().await;
    assert_eq!(peer.next().await["params"]["requestId"], asked["id"], "after the call's time");
    assert_eq!(peer.answer(&json!(2)).await["result"]["isError"], true);
}

/// A client since 2026-07-28 asks and is never asked.
#[tokio::test(start_paused = true)]
async fn a_modern_client_is_not_asked() {
    let mut peer = Peer::new(&service());
    assert_eq!(text(&peer.ask(call(1, "look", json!({}))).await), "cannot be asked");
}
