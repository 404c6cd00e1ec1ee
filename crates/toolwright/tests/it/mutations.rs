//! Ten thousand damaged messages: nothing dies, and whoever can be answered is.

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::peer::{Peer, call, cancel, legacy, modern};
use crate::tools;

const FRAMES: usize = 10_000;

/// A small generator of pseudo-random numbers: the same frames in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Well-formed messages to begin with.
fn seeds() -> Vec<String> {
    let complete =
        json!({"ref": {"type": "ref/prompt", "name": "greet"}, "argument": {"name": "who", "value": "A"}});
    let client = json!({"protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}});
    let all = [
        call("ID", "echo", json!({"text": "a\u{7f}ü\"\\"})),
        call("ID", "point", json!({"x": 5})),
        call("ID", "list", json!({})),
        modern("ID", "tools/list", json!({"cursor": "p1"})),
        modern("ID", "server/discover", json!({})),
        modern("ID", "resources/read", json!({"uri": "note://1"})),
        modern("ID", "prompts/get", json!({"name": "greet", "arguments": {"who": "Ada"}})),
        modern("ID", "completion/complete", complete),
        legacy("ID", "initialize", client),
        legacy("ID", "tools/call", json!({"name": "media", "arguments": {}})),
        legacy("ID", "logging/setLevel", json!({"level": "info"})),
        legacy("ID", "ping", json!({})),
        json!([legacy("ID", "ping", json!({})), legacy("b", "tools/list", json!({}))]),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": "ID", "result": {}}),
        cancel("ID"),
    ];
    all.iter().map(Value::to_string).collect()
}

/// One damaged message without a line end.
fn damaged(random: &mut Random, seeds: &[String], id: &str) -> Vec<u8> {
    let mut frame = random.pick(seeds).replace("\"ID\"", id).into_bytes();
    let tokens: [&[u8]; 14] = [
        b"null",
        b"true",
        b"-1",
        b"1e999",
        b"{}",
        b"[]",
        b"\"\"",
        b",",
        b":",
        b"\\ud800",
        b"\0",
        b"\xff\xfe",
        b"[[[[[[[[",
        b"99999999999999999999",
    ];
    for _ in 0..random.below(4) {
        let at = random.below(frame.len() + 1);
        let to = (at + random.below(12)).min(frame.len());
        match random.below(6) {
            0 => drop(frame.splice(at..to, random.pick(&tokens).iter().copied())),
            1 => drop(frame.splice(at..at, random.pick(&tokens).iter().copied())),
            2 => drop(frame.drain(at..to)),
            3 => frame.truncate(at),
            4 => frame.extend_from_within(at..to),
            _ if at < frame.len() => frame[at] ^= 1 << random.below(8),
            _ => {}
        }
    }
    frame.retain(|byte| *byte != b'\n');
    frame
}

/// The id by which a frame must be answered, as another reader of JSON sees it.
fn awaited(frame: &[u8]) -> Option<Value> {
    let Value::Object(members) = serde_json::from_slice(frame).ok()? else { return None };
    let asks = members.contains_key("method");
    let answers = members.contains_key("result") || members.contains_key("error");
    // A second member of the same name is seen by one reader only.
    let once = String::from_utf8_lossy(frame).matches("\"id\"").count() == 1;
    let id = members.get("id").filter(|id| id.is_string() || id.is_i64() || id.is_u64())?;
    (asks && !answers && once).then(|| id.clone())
}

/// Security.md P1: each frame is followed by a live call, which is answered right every time.
#[tokio::test(start_paused = true)]
async fn ten_thousand_damaged_frames_harm_nobody() {
    let mut peer = Peer::with_room(&tools::service(), 1 << 20, 1 << 20);
    let (mut random, seeds) = (Random(42), seeds());
    let (mut answered, mut silent) = (0, 0);
    for round in 0..FRAMES {
        let id = if round % 2 == 0 { round.to_string() } else { format!("\"f{round}\"") };
        let frame = damaged(&mut random, &seeds, &id);
        let shown = String::from_utf8_lossy(&frame).into_owned();
        peer.input.write_all(&frame).await.unwrap();
        let live = format!("live{round}");
        peer.send_line("").await;
        let answer = peer.ask(call(live.clone(), "echo", json!({"text": live}))).await;
        assert_eq!(crate::peer::text(&answer), live, "{shown}");
        let said = std::mem::take(&mut peer.told);
        assert!(said.len() <= 1, "{shown}: {said:?}");
        match awaited(&frame) {
            Some(id) => {
                // A handler that a busy machine held up has moved to a thread, and may answer after the live call.
                let first =
                    if said.is_empty() { Some(peer.answer(&id).await) } else { said.into_iter().next() };
                assert_eq!(first.as_ref().and_then(|one| one.get("id")), Some(&id), "{shown}");
                answered += 1;
            }
            None if said.is_empty() => silent += 1,
            None => {}
        }
    }
    assert!(answered > 2000 && silent > 500, "{answered} answered, {silent} silent of {FRAMES}");
    assert_eq!(peer.end().await, Vec::<Value>::new());
}
