//! Servers that tell little, and servers that do wrong: told clearly, and never waited for without an end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use toolwright::Client;
use toolwright::client::Options;

use super::agreeing;
use crate::client::scripted::Scripted;

fn task(status: &str, more: &Value) -> Value {
    let mut task = json!({
        "resultType": "complete", "taskId": "t", "status": status, "createdAt": "2026-07-28T10:00:00Z",
        "lastUpdatedAt": "2026-07-28T10:00:00Z", "ttlMs": null, "pollIntervalMs": 1000
    });
    task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    task
}

fn created(more: &Value) -> Value {
    let mut created = task("working", more);
    created["resultType"] = "task".into();
    created
}

fn ended(more: &Value) -> Value {
    let mut ended = task("completed", &json!({"result": {"content": [{"type": "text", "text": "ended"}]}}));
    ended.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ended
}

fn asking(key: &str, message: &str, second: u32) -> Value {
    let form =
        json!({"mode": "form", "message": message, "requestedSchema": {"type": "object", "properties": {}}});
    let asked = json!({key: {"method": "elicitation/create", "params": form}});
    let stamp = format!("2026-07-28T10:00:{second:02}Z");
    task("input_required", &json!({"inputRequests": asked, "lastUpdatedAt": stamp}))
}

/// A server whose task stands as these say, one look after the other, and then as the last one.
async fn serve(options: Options, creation: Value, looks: Vec<Value>) -> Scripted {
    let look = AtomicUsize::new(0);
    let answer = move |method: &str, _: &Value| match method {
        "tools/call" => creation.clone(),
        "tasks/get" => looks[look.fetch_add(1, Ordering::Relaxed).min(looks.len() - 1)].clone(),
        "tasks/update" | "tasks/cancel" => json!({"resultType": "complete"}),
        _ => json!({"code": -32601, "message": "no"}),
    };
    Scripted::start(options, answer).await
}

/// What is told of a call whose task stands so.
async fn told_of(creation: Value, looks: Vec<Value>) -> (String, Scripted) {
    let server = serve(agreeing(Client::options().tasks(true)).0, creation, looks).await;
    let told = server.client.call::<String>("any", json!({})).await.unwrap_or_else(|error| error.to_string());
    (told, server)
}

/// Rule X11: the client looks as often as it is told to, within bounds, and hears what is new.
#[tokio::test(start_paused = true)]
async fn the_interval_is_the_servers() {
    for (interval, looks, seconds) in [
        (json!(2500), 4, 10.0),
        (json!(0), 4, 0.4),
        (Value::Null, 4, 4.0),
        (json!(u64::MAX), 2, 1200.0),
        (json!(3_600_000), 5, 3000.0),
    ] {
        let working =
            |message: &str| task("working", &json!({"pollIntervalMs": interval, "statusMessage": message}));
        let mut states: Vec<_> =
            ["a", "a", "b", "c"].iter().take(looks - 1).map(|text| working(text)).collect();
        states.push(ended(&json!({})));
        let server = serve(Client::options(), created(&json!({"pollIntervalMs": interval})), states).await;
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let hears = Arc::clone(&heard);
        let (call, start) = (server.client.call_tool("any", json!({})).task(), Instant::now());
        let call = call.on_progress(move |now| {
            hears.lock().unwrap().push(format!("{}{}", now.message.unwrap(), now.progress));
        });
        assert_eq!(call.typed::<String>().await.unwrap(), "ended", "{interval}");
        assert!((start.elapsed().as_secs_f64() - seconds).abs() < 0.1, "{interval}: {:?}", start.elapsed());
        assert_eq!(server.count("tasks/get"), looks);
        let expected: &[&str] = &["a1", "b2", "c3"];
        assert_eq!(*heard.lock().unwrap(), expected[..looks.div_ceil(2).min(looks - 1).max(1)], "{interval}");
    }
}

/// Rules X1, X3, X5, X6 and C2: what the protocol does not allow is told for what it is.
#[tokio::test(start_paused = true)]
async fn what_is_no_task_is_told() {
    let fine = || created(&json!({}));
    for (creation, look, why) in [
        (created(&json!({"status": "paused"})), ended(&json!({})), "a task: unknown variant `paused`"),
        (created(&json!({"taskId": ""})), ended(&json!({})), "a task without an id"),
        (json!({"resultType": "task"}), ended(&json!({})), "a task: missing field `taskId`"),
        (json!({"resultType": "riddle"}), ended(&json!({})), "a result of the type \"riddle\""),
        (fine(), task("paused", &json!({})), "a result: unknown variant `paused`"),
        (fine(), ended(&json!({"resultType": "task"})), "a result of the type \"task\""),
        (fine(), ended(&json!({"taskId": "other"})), "the task \"other\" instead of \"t\""),
        (fine(), task("completed", &json!({})), "a task that has ended without its result"),
        (fine(), ended(&json!({"result": {"resultType": "task"}})), "a task's result of the type \"task\""),
        (fine(), ended(&json!({"result": {"content": 5}})), "a task's result: invalid type"),
        (fine(), task("failed", &json!({})), "a task that has ended without its error"),
        (
            fine(),
            task("failed", &json!({"error": {"code": -5, "message": "m"}})),
            "the server refused: m (-5)",
        ),
        (fine(), task("cancelled", &json!({"statusMessage": "too old"})), "the task was cancelled: too old"),
        (fine(), json!({"code": -32602, "message": "gone"}), "the server refused: gone (-32602)"),
    ] {
        let (told, server) = told_of(creation, vec![look]).await;
        assert!(told.contains(why), "{why}: {told}");
        server.client.clone().close().await;
    }
}

/// Rule X1: a server that makes a task of a call that did not declare the extension does wrong.
#[tokio::test(start_paused = true)]
async fn a_task_that_nobody_asked_for_is_told() {
    let server = serve(Client::options(), created(&json!({})), vec![ended(&json!({}))]).await;
    let told = server.client.call::<String>("any", json!({})).await.unwrap_err();
    assert!(told.to_string().ends_with("a task that nobody asked for"), "{told}");
    assert_eq!(server.count("tasks/get"), 0);
}

/// A task that never ends is given up, and cancelled: after an hour, or when the call says so.
#[tokio::test(start_paused = true)]
async fn a_task_without_an_end_is_given_up() {
    let start = Instant::now();
    let working = || task("working", &json!({"pollIntervalMs": 60_000}));
    let (told, server) = told_of(created(&json!({})), vec![working()]).await;
    assert_eq!((told.as_str(), start.elapsed().as_secs()), ("no answer within 3600s", 3600));
    let call = server.client.call_tool("any", json!({})).timeout(Duration::from_secs(7));
    assert_eq!(call.await.unwrap_err().to_string(), "no answer within 7s");
    assert_eq!(start.elapsed().as_secs(), 3607);
    server.client.clone().close().await;
    assert_eq!(server.count("tasks/cancel"), 2);
}

/// Rules X7 and X11: a key stands for one question for ever; one that is still there is not asked again.
#[tokio::test(start_paused = true)]
async fn a_key_is_for_one_question() {
    let same =
        vec![asking("k", "Sure?", 1), asking("k", "Sure?", 1), asking("k", "Sure?", 2), ended(&json!({}))];
    let (told, server) = told_of(created(&json!({})), same).await;
    assert_eq!((told.as_str(), server.count("tasks/update")), ("ended", 1));
    let other = vec![asking("k", "Sure?", 1), asking("k", "Really?", 2)];
    let (told, server) = told_of(created(&json!({})), other).await;
    assert!(told.ends_with("a task asks something else under the key \"k\""), "{told}");
    assert_eq!(server.count("tasks/update"), 1);
    let working = task("working", &json!({"lastUpdatedAt": "2026-07-28T10:00:02Z"}));
    let again = vec![asking("k", "Sure?", 1), working.clone(), asking("k", "Sure?", 3)];
    let (told, _) = told_of(created(&json!({})), again).await;
    assert!(told.ends_with("a task asks a second time under the key \"k\""), "{told}");
    let late = vec![asking("k", "Sure?", 1), working, asking("k", "Sure?", 1), ended(&json!({}))];
    let (told, _) = told_of(created(&json!({})), late).await;
    assert_eq!(told, "ended", "what another instance did not know yet is no second question");
}

/// A task asks as often as a call may.
#[tokio::test(start_paused = true)]
async fn a_task_does_not_ask_for_ever() {
    let looks = (0..100).map(|number| asking(&format!("k{number}"), "Sure?", 1)).collect();
    let (told, server) = told_of(created(&json!({})), looks).await;
    assert!(told.ends_with("a task asked more than 16 times and did not end"), "{told}");
    assert_eq!(server.count("tasks/update"), 16);
}

/// A question that is not asked any more is taken from its user.
#[tokio::test(start_paused = true)]
async fn a_question_is_taken_back() {
    let dropped = Arc::new(());
    let held = Arc::downgrade(&dropped);
    let options = Client::options().tasks(true).on_elicit(move |_| {
        let held = held.upgrade();
        async move {
            let _held = held;
            std::future::pending().await
        }
    });
    let looks = vec![
        asking("k", "Sure?", 1),
        task("working", &json!({})),
        task("working", &json!({})),
        ended(&json!({})),
    ];
    let server = serve(options, created(&json!({})), looks).await;
    assert_eq!(server.client.call::<String>("any", json!({})).await.unwrap(), "ended");
    assert_eq!((Arc::strong_count(&dropped), server.count("tasks/update")), (1, 0));
}

/// Who is told is not told what came before by what comes late, and looks when it does not understand.
#[tokio::test(start_paused = true)]
async fn what_is_told_is_taken_with_care() {
    let server = serve(Client::options().tasks(true), created(&json!({})), vec![ended(&json!({}))]).await;
    let call = tokio::spawn(server.client.call_tool("any", json!({})).into_future());
    while server.count("subscriptions/listen") == 0 {
        tokio::task::yield_now().await;
    }
    server.tell("notifications/tasks", json!({"taskId": "t", "status": "paused"}));
    assert!(call.await.unwrap().is_ok());
}
