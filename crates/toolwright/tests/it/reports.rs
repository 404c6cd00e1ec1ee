//! What is said while a call runs: progress and log messages, to those who asked.

use std::time::Duration;

use serde_json::{Value, json};
use toolwright::Limits;
use toolwright::prelude::*;

use crate::peer::{LEGACY, Peer, legacy, modern, text};
use crate::tools::everything;

/// Calls `report` and gives what was said before its answer.
async fn reports(peer: &mut Peer, gate: &crate::tools::Gate, request: Value) -> Vec<Value> {
    gate.open.add_permits(1);
    let answer = peer.ask(request).await;
    assert_eq!(text(&answer), "reported");
    for late in gate.late.lock().unwrap().drain(..) {
        late.progress(99.0, None, "late");
        late.error("late");
    }
    std::mem::take(&mut peer.told)
}

fn of<'a>(told: &'a [Value], method: &str) -> Vec<&'a Value> {
    told.iter().filter(|one| one["method"] == method).map(|one| &one["params"]).collect()
}

/// Rules S38 and S66: progress only with a token, logs only with a level, nothing after the answer.
#[tokio::test(start_paused = true)]
async fn progress_and_logs_go_only_to_who_asked_for_them() {
    let (service, gate) = everything(Limits::default());
    let mut peer = Peer::new(&service);
    let ask = |meta: Value| modern(1, "tools/call", json!({"name": "report", "_meta": meta}));
    assert_eq!(reports(&mut peer, &gate, ask(json!({}))).await, Vec::<Value>::new());
    for token in [json!("t"), json!(7), json!(0)] {
        let told = reports(&mut peer, &gate, ask(json!({"progressToken": token}))).await;
        let progress = of(&told, "notifications/progress");
        assert!(progress.iter().all(|one| one["progressToken"] == token));
        let steps: Vec<_> = progress.iter().map(|one| one["progress"].as_f64().unwrap()).collect();
        assert_eq!(steps, [1.0, 2.0, 3.0, 4.0], "it only rises");
        assert_eq!((&progress[0]["total"], &progress[0]["message"]), (&json!(10.0), &json!("working")));
        assert!(progress[3].get("total").is_none() && progress[3].get("message").is_none());
        assert_eq!(told.len(), 4);
    }
    for token in [json!({}), json!([1]), json!(true), json!(null)] {
        assert_eq!(
            reports(&mut peer, &gate, ask(json!({"progressToken": token}))).await,
            Vec::<Value>::new()
        );
    }
    peer.assert_quiet().await;
}

/// Rule S66: at the level asked for and above; a level that is none is refused.
#[tokio::test(start_paused = true)]
async fn a_modern_request_names_its_own_log_level() {
    let (service, gate) = everything(Limits::default());
    let mut peer = Peer::new(&service);
    let ask = |level: &Value| {
        let meta = json!({"io.modelcontextprotocol/logLevel": level});
        modern(1, "tools/call", json!({"name": "report", "_meta": meta}))
    };
    for (level, count) in [
        ("debug", 4),
        ("info", 3),
        ("notice", 2),
        ("warning", 2),
        ("error", 1),
        ("critical", 0),
        ("emergency", 0),
    ] {
        let told = reports(&mut peer, &gate, ask(&json!(level))).await;
        let logs = of(&told, "notifications/message");
        assert_eq!((logs.len(), told.len()), (count, count), "{level}");
        assert!(logs.iter().all(|log| log["level"] == log["data"]), "{logs:?}");
    }
    for wrong in [json!("loud"), json!("INFO"), json!(3), json!({})] {
        assert_eq!(crate::peer::code(&peer.ask(ask(&wrong)).await), -32602, "{wrong}");
    }
    assert_eq!(reports(&mut peer, &gate, ask(&json!(null))).await.len(), 0);
}

/// Rules S66, G3 and protocol.md 2.1: a session has one level, and `info` before it says otherwise.
#[tokio::test(start_paused = true)]
async fn a_legacy_session_has_one_log_level_for_all() {
    let (service, gate) = everything(Limits::default());
    let mut peer = Peer::new(&service);
    for version in LEGACY {
        peer.begin(version).await;
        let ask = || legacy(1, "tools/call", json!({"name": "report", "_meta": {"progressToken": "t"}}));
        let told = reports(&mut peer, &gate, ask()).await;
        let progress = of(&told, "notifications/progress");
        assert_eq!(progress.len(), 4);
        assert_eq!(progress[0].get("message").is_some(), version != "2024-11-05", "{version}");
        assert_eq!(of(&told, "notifications/message").len(), 3, "{version}");
        for (level, count) in [("debug", 4), ("error", 1), ("alert", 0)] {
            peer.ask(legacy(2, "logging/setLevel", json!({"level": level}))).await;
            let told = reports(&mut peer, &gate, ask()).await;
            assert_eq!(of(&told, "notifications/message").len(), count, "{version} {level}");
        }
        let modern = modern(3, "tools/call", json!({"name": "report"}));
        assert_eq!(
            reports(&mut peer, &gate, modern).await.len(),
            0,
            "a session's level is not a modern request's"
        );
    }
}

/// Rules S38 and IO2: what a handler says stands before its answer, a line each, in its order.
#[tokio::test(start_paused = true)]
async fn a_call_is_reported_on_in_order_before_its_answer() {
    let (service, gate) = everything(Limits::default());
    let mut peer = Peer::new(&service);
    gate.open.add_permits(50);
    for id in 0..50 {
        let meta = json!({"progressToken": id, "io.modelcontextprotocol/logLevel": "debug"});
        peer.send(&modern(id, "tools/call", json!({"name": "report", "_meta": meta}))).await;
    }
    for id in 0..50 {
        let mut order = Vec::new();
        loop {
            let message = peer.next().await;
            if message["id"] == id {
                break;
            }
            assert!(message.get("id").is_none(), "{message}");
            order.push(message["method"].as_str().unwrap().to_owned());
        }
        let progress = "notifications/progress";
        let log = "notifications/message";
        assert_eq!(order, [progress, progress, progress, log, log, log, log, progress], "{id}");
    }
}

/// Reports a thousand steps at once, waits for two seconds, and reports three more.
#[tool]
async fn hurry(ctx: &Context) {
    for step in 1..=1000 {
        ctx.progress(f64::from(step), 2000.0, "");
    }
    let never = std::future::pending::<()>();
    let _ = tokio::time::timeout(Duration::from_secs(2), never).await;
    for step in 1001..=1003 {
        ctx.progress(f64::from(step), 2000.0, "");
    }
}

/// Rule S66 and protocol.md 1.13: both sides limit how often progress is told; how far it came is not lost.
#[tokio::test(start_paused = true)]
async fn of_too_many_reports_in_a_second_the_last_is_told() {
    for (most, steps) in [
        (2, vec![1, 2, 1001, 1002, 1003]),
        (3, vec![1, 2, 3, 1001, 1002, 1003]),
        (1, vec![1, 1001, 1003]),
        (0, vec![1003]),
    ] {
        let limits = Limits { progress: most, ..Limits::default() };
        let service = Server::new("hurry").tools(toolset![hurry]).limits(limits).build().unwrap();
        let mut peer = Peer::new(&service);
        let request = modern(1, "tools/call", json!({"name": "hurry", "_meta": {"progressToken": "t"}}));
        let answer = peer.ask(request).await;
        assert!(answer.get("result").is_some(), "{answer}");
        let told = of(&peer.told, "notifications/progress");
        let told: Vec<_> = told.iter().map(|one| one["progress"].as_f64().unwrap() as i32).collect();
        assert_eq!(told, steps, "at most {most} a second");
    }
}

/// Says which trace it belongs to.
#[tool]
fn traced(ctx: &Context) -> String {
    ctx.trace_parent().unwrap_or("none").into()
}

/// W3C trace context, section 3.2: a handler sees what its caller sent, in both eras.
#[tokio::test(start_paused = true)]
async fn a_handler_sees_the_trace_of_its_caller() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let service = Server::new("traced").tools(toolset![traced]).build().unwrap();
    let mut peer = Peer::new(&service);
    let params = || json!({"name": "traced", "arguments": {}, "_meta": {"traceparent": parent}});
    assert_eq!(text(&peer.ask(modern(1, "tools/call", params())).await), parent);
    assert_eq!(text(&peer.ask(modern(2, "tools/call", json!({"name": "traced"}))).await), "none");
    for version in LEGACY {
        let mut peer = Peer::new(&service);
        peer.begin(version).await;
        assert_eq!(text(&peer.ask(legacy(3, "tools/call", params())).await), parent, "{version}");
    }
}
