//! Handlers that fail, panic or take too long: answered, and nobody else is harmed.

use std::time::Duration;

use serde_json::{Value, json};
use toolwright::Limits;
use toolwright::prelude::*;

use crate::peer::{LEGACY, Peer, call, cancel, code, legacy, modern, text};
use crate::tools::{CANARY, Gate, echo, overstay, slow, wait};

/// Panics at once.
#[tool(inline)]
fn panic_sync() -> String {
    panic!("{CANARY}")
}

/// Panics after a wait.
#[tool]
async fn panic_async(first: bool) -> String {
    if !first {
        tokio::task::yield_now().await;
    }
    panic!("{CANARY}")
}

/// Panics on its own thread.
#[tool(blocking)]
fn panic_blocking() -> String {
    panic!("{CANARY}")
}

/// Panics when it is dropped, or told as JSON.
#[derive(JsonSchema)]
struct Bomb {
    #[allow(dead_code, reason = "the schema shows it")]
    x: i32,
}

impl Serialize for Bomb {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_i32(self.x)
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("{CANARY}");
    }
}

/// Gives what panics when it is dropped.
#[tool(inline)]
fn panic_in_drop() -> Bomb {
    Bomb { x: 1 }
}

/// Holds what panics when it is dropped, for ever.
#[tool(timeout = "2s")]
async fn holds_a_bomb() -> String {
    let _bomb = Bomb { x: 1 };
    std::future::pending().await
}

struct Unspeakable;

impl Serialize for Unspeakable {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;
        let mut list = serializer.serialize_seq(None)?;
        list.serialize_element("half")?;
        panic!("{CANARY}")
    }
}

/// Panics half way through its answer.
#[tool(inline)]
fn panic_in_serialize() -> Unspeakable {
    Unspeakable
}

/// Cannot be told as JSON.
#[tool(inline)]
fn no_json() -> Json<std::collections::BTreeMap<(u8, u8), u8>> {
    Json([((1, 2), 3)].into())
}

/// Panics when read.
#[resource("panic://now")]
fn panic_resource() -> String {
    panic!("{CANARY}")
}

/// Fails when read.
#[resource("fail://now")]
fn fail_resource() -> Result<String> {
    Err(Error::msg(CANARY))
}

/// Panics when asked for.
#[prompt]
async fn panic_prompt() -> String {
    panic!("{CANARY}")
}

/// Fails when asked for.
#[prompt]
fn fail_prompt(shown: bool) -> Result<String> {
    if shown { Err(tool_error!("ask otherwise")) } else { Err(Error::msg(CANARY)) }
}

/// Completion that panics.
#[prompt]
fn complete_prompt(#[arg(complete = explode)] who: String) -> String {
    who
}

async fn explode(_: &str) -> Vec<String> {
    panic!("{CANARY}")
}

fn peer(limits: Limits) -> (Peer, Gate) {
    let gate = Gate::new();
    let service = Server::new("failures")
        .tools(toolset![echo, slow, wait, overstay, panic_sync, panic_async, panic_blocking, panic_in_drop])
        .tools(toolset![holds_a_bomb, panic_in_serialize, no_json, panic_resource, fail_resource])
        .tools(toolset![panic_prompt, fail_prompt, complete_prompt])
        .state(gate.share())
        .limits(limits)
        .build()
        .unwrap();
    (Peer::new(&service), gate)
}

/// Sends, and gives the answer, in which the canary must not be.
async fn ask(peer: &mut Peer, request: Value) -> Value {
    let answer = peer.ask(request).await;
    assert!(!answer.to_string().contains(CANARY), "{answer}");
    answer
}

/// Security.md P6: whatever panics is answered -32603 without a word of why, and the next call is fine.
#[tokio::test(start_paused = true)]
async fn a_panic_is_answered_as_an_internal_error_and_harms_nobody() {
    let (mut peer, _) = peer(Limits::default());
    let complete = json!({"ref": {"type": "ref/prompt", "name": "complete_prompt"}, "argument": {"name": "who", "value": ""}});
    for round in 0..20 {
        for request in [
            call(round, "panic_sync", json!({})),
            call(round, "panic_async", json!({"first": true})),
            call(round, "panic_async", json!({"first": false})),
            call(round, "panic_blocking", json!({})),
            call(round, "panic_in_drop", json!({})),
            call(round, "panic_in_serialize", json!({})),
            modern(round, "resources/read", json!({"uri": "panic://now"})),
            modern(round, "prompts/get", json!({"name": "panic_prompt"})),
            modern(round, "completion/complete", complete.clone()),
        ] {
            let shown = request["params"].clone();
            let answer = ask(&mut peer, request).await;
            assert_eq!(code(&answer), -32603, "{shown}");
            assert!(answer["error"]["message"].as_str().unwrap().contains("reference"), "{answer}");
            peer.assert_quiet().await;
        }
    }
}

/// Security.md P6: what a stopped handler holds may panic too.
#[tokio::test(start_paused = true)]
async fn a_panic_in_a_value_of_a_stopped_call_harms_nobody() {
    let (mut peer, _) = peer(Limits { drain: Duration::from_secs(1), ..Limits::default() });
    let answer = ask(&mut peer, call(1, "holds_a_bomb", json!({}))).await;
    assert!(text(&answer).contains("took longer than 2s"), "{answer}");
    peer.send(&call(2, "holds_a_bomb", json!({}))).await;
    peer.assert_quiet().await;
    peer.send(&cancel(2)).await;
    peer.assert_quiet().await;
    peer.send(&call(3, "holds_a_bomb", json!({}))).await;
    assert_eq!(peer.end().await, Vec::<Value>::new(), "the third is dropped when the server ends");
}

/// Rules S52, S56, S60 and S67: who is told what of an error.
#[tokio::test(start_paused = true)]
async fn failures_of_resources_and_prompts_are_protocol_errors() {
    let (mut peer, _) = peer(Limits::default());
    let read = modern(1, "resources/read", json!({"uri": "fail://now"}));
    assert_eq!(code(&ask(&mut peer, read).await), -32603);
    for (shown, wanted) in [(true, -32602), (false, -32603)] {
        let get = modern(1, "prompts/get", json!({"name": "fail_prompt", "arguments": {"shown": shown}}));
        let answer = ask(&mut peer, get).await;
        assert_eq!(code(&answer), wanted);
        assert_eq!(answer["error"]["message"] == "ask otherwise", shown);
    }
    let answer = ask(&mut peer, call(1, "no_json", json!({}))).await;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    peer.assert_quiet().await;
}

/// Rule S36 and protocol.md 1.13: a call has its tool's time, or else the server's.
#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_is_stopped_and_said_so() {
    let (mut peer, gate) = peer(Limits { call: Duration::from_secs(5), ..Limits::default() });
    let begun = tokio::time::Instant::now();
    let answer = ask(&mut peer, call(1, "overstay", json!({}))).await;
    assert_eq!((answer["result"]["isError"].clone(), begun.elapsed().as_secs()), (json!(true), 3));
    let answer = ask(&mut peer, call(2, "wait", json!({}))).await;
    assert!(text(&answer).contains("took longer than 5s"), "{answer}");
    assert_eq!(begun.elapsed().as_secs(), 8);
    assert_eq!(gate.left.load(std::sync::atomic::Ordering::SeqCst), 1, "the handler was dropped");
    let answer = ask(&mut peer, call(3, "slow", json!({"ms": 4999}))).await;
    assert_eq!(text(&answer), "slept 4999");
    peer.assert_quiet().await;
}

/// By default a call has a minute, in either era.
#[tokio::test(start_paused = true)]
async fn the_usual_time_of_a_call_is_a_minute() {
    let (mut peer, _) = peer(Limits::default());
    peer.begin(LEGACY[0]).await;
    let begun = tokio::time::Instant::now();
    let request = legacy(1, "tools/call", json!({"name": "wait"}));
    assert_eq!(ask(&mut peer, request).await["result"]["isError"], true);
    assert_eq!(begun.elapsed().as_secs(), 60);
}
