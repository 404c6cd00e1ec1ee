//! Many calls at once: none is lost, none is mixed up, none holds up the others.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use toolwright::Limits;
use toolwright::prelude::*;
use tracing::field::{Field, Visit};

use crate::peer::{LEGACY, Peer, call, cancel, code, legacy, modern, text};
use crate::tools::{self, echo, everything};

/// Rules S11 and IO6: 5,000 slow and fast calls are answered, each with its own words.
#[tokio::test(start_paused = true)]
async fn no_answer_is_lost_or_mixed_up() {
    const CALLS: u64 = 5000;
    let mut peer = Peer::new(&tools::service());
    let mut lines = String::new();
    for id in 0..CALLS {
        let request = match id % 4 {
            0 => call(id, "slow", json!({"ms": (id * 7919) % 500})),
            1 => call(format!("{id}"), "echo", json!({"text": format!("text {id}")})),
            2 => call(id, "point", json!({"x": id})),
            _ => modern(id, "resources/read", json!({"uri": "note://1"})),
        };
        lines.push_str(&format!("{request}\n"));
    }
    let Peer { mut input, mut output, .. } = {
        let mut peer_parts = Peer::new(&tools::service());
        std::mem::swap(&mut peer_parts, &mut peer);
        peer_parts
    };
    let writer = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        input.write_all(lines.as_bytes()).await.unwrap();
        input
    });
    let mut answers = HashMap::new();
    while answers.len() < CALLS as usize {
        use tokio::io::AsyncBufReadExt as _;
        let mut line = String::new();
        assert!(output.read_line(&mut line).await.unwrap() > 0, "ended after {}", answers.len());
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert!(answers.insert(answer["id"].to_string(), answer).is_none(), "answered twice: {line}");
    }
    for id in 0..CALLS {
        let right = match id % 4 {
            0 => text(&answers[&id.to_string()]) == format!("slept {}", (id * 7919) % 500),
            1 => text(&answers[&format!("\"{id}\"")]) == format!("text {id}"),
            2 => answers[&id.to_string()]["result"]["structuredContent"]["x"] == id,
            _ => answers[&id.to_string()]["result"]["contents"][0]["text"] == "first",
        };
        assert!(right, "{id}");
    }
    drop(writer.await.unwrap());
}

/// Security.md P5: the second of two equal ids is refused, the first is answered.
#[tokio::test(start_paused = true)]
async fn a_second_request_of_an_id_in_flight_is_refused_and_the_first_is_answered() {
    let (service, gate) = everything(Limits::default());
    let mut peer = Peer::new(&service);
    for round in 0..1000 {
        let id = if round % 2 == 0 { json!(round) } else { json!(format!("a{round}")) };
        peer.send(&call(id.clone(), "wait", json!({}))).await;
        let spelled = id.to_string().replace('a', "\\u0061");
        let second = call("SAME", "echo", json!({"text": "x"})).to_string().replace("\"SAME\"", &spelled);
        peer.send_line(&second).await;
        let refused = peer.next().await;
        assert_eq!((code(&refused), &refused["id"]), (-32600, &id));
        gate.open.add_permits(1);
        let first = peer.next().await;
        assert_eq!((text(&first), &first["id"]), ("through", &id));
        let again = peer.ask(call(id, "echo", json!({"text": "again"}))).await;
        assert_eq!(text(&again), "again", "an id is free again when it is answered");
    }
}

/// A tool that is slow once runs on a thread from then on, and holds up nobody.
#[tool]
fn block(gate: State<tools::Gate>, ms: u64) -> String {
    let begun = Instant::now();
    if ms == u64::MAX {
        drop(gate.blocked.lock());
        return "freed".into();
    }
    while begun.elapsed() < Duration::from_millis(ms) {
        std::hint::spin_loop();
    }
    format!("blocked {ms}")
}

/// Counts the warnings of one thread.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::WARN
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        struct Text(String);
        impl Visit for Text {
            fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
                self.0.push_str(&format!("{value:?}"));
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// Rule G4 and security.md T6: after its first slow call a sync tool runs elsewhere, with one warning.
#[tokio::test]
#[allow(clippy::await_holding_lock, reason = "that is what holds the tools up")]
async fn a_slow_sync_tool_moves_to_a_thread_and_pings_are_answered_meanwhile() {
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    let gate = tools::Gate::new();
    let service = Server::new("slow").tools(toolset![block, echo]).state(gate.share()).build().unwrap();
    let mut peer = Peer::new(&service);
    assert_eq!(text(&peer.ask(call(1, "block", json!({"ms": 20}))).await), "blocked 20");
    let held = gate.blocked.lock().unwrap();
    for id in 10..13 {
        peer.send(&call(id, "block", json!({"ms": u64::MAX}))).await;
    }
    peer.begin(LEGACY[0]).await;
    for id in 100..1100 {
        let begun = Instant::now();
        assert_eq!(peer.ask(legacy(id, "ping", json!({}))).await["result"], json!({}));
        assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    }
    drop(held);
    let mut ids: Vec<_> =
        [peer.next().await, peer.next().await, peer.next().await].map(|a| a["id"].clone()).into();
    ids.sort_by_key(Value::as_u64);
    assert_eq!(ids, [10, 11, 12]);
    let said = warnings.0.lock().unwrap();
    assert!(said.len() == 1 && said[0].contains("`block` held up"), "{said:?}");
}

/// Security.md P8 and rule G4: no more calls run than may, others wait, and a ping is answered all the same.
#[tokio::test(start_paused = true)]
async fn calls_beyond_those_in_flight_wait_for_their_turn() {
    let (service, gate) = everything(Limits { in_flight: 2, waiting: 4, ..Limits::default() });
    let mut peer = Peer::new(&service);
    for id in 0..5 {
        peer.send(&call(id, "wait", json!({}))).await;
    }
    peer.ask(modern("d", "server/discover", json!({}))).await;
    assert_eq!(gate.entered.load(Ordering::SeqCst), 2);
    gate.open.add_permits(1);
    assert_eq!(peer.next().await["id"], 0);
    peer.ask(legacy("p", "ping", json!({}))).await;
    assert_eq!(gate.entered.load(Ordering::SeqCst), 3);
    gate.open.add_permits(4);
    for id in 1..5 {
        assert_eq!(peer.next().await["id"], id);
    }
    peer.assert_quiet().await;
}

/// Rules IO7 and S36: a call that is cancelled while it waits never runs.
#[tokio::test(start_paused = true)]
async fn a_waiting_call_can_be_cancelled() {
    let (service, gate) = everything(Limits { in_flight: 1, ..Limits::default() });
    let mut peer = Peer::new(&service);
    for id in 0..4 {
        peer.send(&call(id, "wait", json!({}))).await;
    }
    peer.send(&cancel(1)).await;
    peer.send(&cancel(2)).await;
    peer.send(&cancel("nobody")).await;
    peer.ask(modern("d", "server/discover", json!({}))).await;
    gate.open.add_permits(9);
    assert_eq!([peer.next().await["id"].clone(), peer.next().await["id"].clone()], [0, 3]);
    assert_eq!(gate.entered.load(Ordering::SeqCst), 2);
    peer.assert_quiet().await;
}

/// Rule S36: a blocking call that is cancelled before its turn never begins.
#[tokio::test]
#[allow(clippy::await_holding_lock, reason = "that is what holds the tools up")]
async fn a_blocking_call_that_has_not_begun_never_does() {
    /// Counts on a thread.
    #[tool(blocking)]
    fn count(gate: State<tools::Gate>) -> &'static str {
        gate.entered.fetch_add(1, Ordering::SeqCst);
        drop(gate.blocked.lock());
        "counted"
    }
    std::thread::spawn(|| {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build();
        runtime.unwrap().block_on(async {
            let gate = tools::Gate::new();
            let service = Server::new("b").tools(toolset![count, echo]).state(gate.share()).build().unwrap();
            let mut peer = Peer::new(&service);
            let held = gate.blocked.lock().unwrap();
            for id in 0..50 {
                peer.send(&call(id, "count", json!({}))).await;
            }
            for id in 1..49 {
                peer.send(&cancel(id)).await;
            }
            peer.assert_quiet().await;
            drop(held);
            assert_eq!([peer.next().await["id"].clone(), peer.next().await["id"].clone()], [0, 49]);
            assert_eq!(gate.entered.load(Ordering::SeqCst), 2);
        });
    })
    .join()
    .unwrap();
}

/// Security.md T1: 200 calls of 64 KiB each way at once, through pipes that hold little.
#[tokio::test(start_paused = true)]
async fn many_large_calls_pass_both_ways_at_once() {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
    let Peer { mut input, mut output, .. } = Peer::with_room(&tools::service(), 4096, 4096);
    let sent: Vec<String> = (0..200).map(|id| format!("{id}-").repeat(64 * 1024 / 4)).collect();
    let texts = sent.clone();
    let writer = tokio::spawn(async move {
        for (id, text) in texts.iter().enumerate() {
            input
                .write_all(format!("{}\n", call(id, "echo", json!({"text": text}))).as_bytes())
                .await
                .unwrap();
        }
        input
    });
    for (id, sent) in sent.iter().enumerate() {
        let mut line = String::new();
        output.read_line(&mut line).await.unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert!(answer["id"] == id && text(&answer) == sent, "{id}");
    }
    drop(writer.await.unwrap());
}

/// Security.md T1: a message may come byte by byte.
#[tokio::test(start_paused = true)]
async fn a_message_may_come_one_byte_at_a_time() {
    let mut peer = Peer::with_room(&tools::service(), 1, 1);
    peer.send_bytes(format!("{}\n", call(1, "echo", json!({"text": "slowly"}))).as_bytes()).await;
    assert_eq!(text(&peer.next().await), "slowly");
}

/// Rule IO9: what was asked before the end of input is answered, even more than is written at a time.
#[tokio::test(start_paused = true)]
async fn everything_asked_before_the_end_is_answered() {
    let mut peer = Peer::with_room(&tools::service(), 1 << 20, 1 << 24);
    for id in 0..100 {
        peer.send(&call(id, "big", json!({"bytes": 70_000}))).await;
        peer.send(&call(format!("s{id}"), "slow", json!({"ms": 5000 + id}))).await;
    }
    let answers = peer.end().await;
    assert_eq!(answers.len(), 200);
    assert!(answers.iter().all(|answer| answer.get("result").is_some()));
}
