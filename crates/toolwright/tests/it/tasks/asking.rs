//! What a task asks, and who hears of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{assert_empty, begin, get, knowing, service, task_call, until, update, yes};
use crate::peer::{Peer, code};

/// Rules X5, X7, X8: each question has a key of its own; answers may come one by one, and what was not asked is ignored.
#[tokio::test(start_paused = true)]
async fn a_task_asks_and_goes_on_in_place() {
    let mut peer = Peer::new(&service());
    let id = begin(&mut peer, "ask", json!({})).await;
    let keys = |task: &Value| -> Vec<String> {
        task["inputRequests"].as_object().unwrap().keys().cloned().collect()
    };
    let task = until(&mut peer, &id, "input_required").await;
    assert_eq!(keys(&task), ["sure"]);
    assert_eq!(task["inputRequests"]["sure"]["method"], "elicitation/create");
    let refused = update(&mut peer, &id, json!({"sure": 5})).await;
    assert_eq!(code(&refused), -32602);
    let done = update(&mut peer, &id, json!({"sure": yes(), "other": 5})).await;
    assert_empty(&done);
    let task = until(&mut peer, &id, "input_required").await;
    assert_eq!(keys(&task), ["sure-2", "sure-3"]);
    update(&mut peer, &id, json!({"sure": yes(), "sure-3": yes()})).await;
    let task = get(&mut peer, &id).await;
    assert_eq!((keys(&task), &task["status"]), (vec!["sure-2".to_owned()], &json!("input_required")));
    update(&mut peer, &id, json!({"sure-2": {"action": "decline"}})).await;
    let task = until(&mut peer, &id, "completed").await;
    assert_eq!(task["result"]["content"][0]["text"], "true false true");
    assert_eq!(update(&mut peer, &id, json!({"sure": yes()})).await["result"]["resultType"], "complete");
}

/// A user has more time than a handler.
#[tokio::test(start_paused = true)]
async fn a_question_of_a_task_waits_for_its_user() {
    let mut peer = Peer::new(&service());
    let id = begin(&mut peer, "ask", json!({})).await;
    tokio::time::advance(Duration::from_secs(3500)).await;
    assert_eq!(get(&mut peer, &id).await["status"], "input_required");
}

/// Rule X4: what is asked before the task is asked by rounds, and nothing of them is in the task.
#[tokio::test(start_paused = true)]
async fn questions_may_come_before_the_task() {
    let mut peer = Peer::new(&service());
    let round = peer.ask(task_call("plan", json!({}))).await["result"].clone();
    assert_eq!((&round["resultType"], round.get("taskId")), (&json!("input_required"), None));
    let mut second = task_call("plan", json!({}));
    second["params"]["requestState"] = round["requestState"].clone();
    second["params"]["inputResponses"] = json!({"confirm-1": yes()});
    let created = peer.ask(second).await["result"].clone();
    assert_eq!((&created["resultType"], created.get("requestState")), (&json!("task"), None), "{created}");
    let id = created["taskId"].as_str().unwrap();
    let task = until(&mut peer, id, "input_required").await;
    assert_eq!(task["inputRequests"].as_object().unwrap().len(), 1);
    update(&mut peer, id, json!({"confirm-2": yes()})).await;
    let task = until(&mut peer, id, "completed").await;
    assert_eq!(task["result"]["content"][0]["text"], "begun, true");
    assert!(task.get("requestState").is_none());
}

/// Rules X2, X8: who listens hears how its tasks stand, from the first moment on, and of no other.
#[tokio::test(start_paused = true)]
async fn a_listener_hears_of_its_tasks() {
    let service = service();
    let mut peer = Peer::new(&service);
    let id = begin(&mut peer, "ask", json!({})).await;
    let filter = json!({"notifications": {"taskIds": [id, "foreign"]}});
    peer.send(&knowing("listen", "subscriptions/listen", filter)).await;
    let first = peer.next().await;
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(first["params"]["notifications"], json!({"taskIds": [id]}));
    let told = peer.next().await;
    assert_eq!((&told["method"], &told["params"]["taskId"]), (&json!("notifications/tasks"), &json!(id)));
    assert_eq!(told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], "listen");
    let mut task = told["params"].clone();
    let mut other = Peer::new(&service);
    let filter = json!({"notifications": {"taskIds": [id]}});
    other.send(&knowing("late", "subscriptions/listen", filter)).await;
    assert_eq!(other.next().await["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(other.next().await["params"]["taskId"], id, "who comes late is told, too");
    while task["status"] != "input_required" {
        task = peer.next().await["params"].clone();
    }
    for key in ["sure", "sure-2", "sure-3"] {
        until(&mut other, &id, "input_required").await;
        update(&mut other, &id, json!({key: yes()})).await;
    }
    begin(&mut other, "compute", json!({"n": 1})).await;
    while task["status"] != "completed" {
        let told = peer.next().await;
        assert_eq!((&told["method"], &told["params"]["taskId"]), (&json!("notifications/tasks"), &json!(id)));
        task = told["params"].clone();
    }
    assert_eq!(task["result"]["content"][0]["text"], "true true true");
    peer.assert_quiet().await;
}
