//! Tasks over HTTP: whose they are, which headers name them, how they end with the server.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use toolwright::{Endpoint, Http, Limits, Principal};

use super::client::serve;
use crate::tasks::{Stopped, knowing, server, service, task_call};

const VERSION: (&str, &str) = ("mcp-protocol-version", "2026-07-28");

/// Rules X4 and X9: a task can be asked for on any connection, under a header that names it.
#[tokio::test]
async fn the_name_in_the_header_is_the_tasks() {
    let running = serve(&service(), Http::new("127.0.0.1:0")).await;
    let mut client = running.connect().await;
    let headers = [VERSION, ("mcp-method", "tools/call"), ("mcp-name", "ask")];
    let created = client.post(&headers, &task_call("ask", json!({}))).await.json();
    let id = created["result"]["taskId"].as_str().unwrap();
    let mut other = running.connect().await;
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let message = knowing(7, method, json!({"taskId": id, "inputResponses": {}}));
        for (name, status) in [(id, 200), ("another", 400)] {
            let answer = other.post(&[VERSION, ("mcp-method", method), ("mcp-name", name)], &message).await;
            assert_eq!(answer.status, status, "{method} {name}");
            assert!(status == 200 || answer.code() == -32020);
        }
        let answer = other.post(&[VERSION, ("mcp-method", method)], &message).await;
        assert_eq!((answer.status, answer.code()), (400, -32020), "{method}");
    }
}

async fn ask_as(endpoint: &Endpoint, who: &str, message: &Value) -> Value {
    let name = message["params"]["name"].as_str().or(message["params"]["taskId"].as_str()).unwrap();
    let mut request = http::Request::post("/mcp")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header(VERSION.0, VERSION.1)
        .header("mcp-method", message["method"].as_str().unwrap())
        .header("mcp-name", name)
        .body(Full::new(Bytes::from(message.to_string())))
        .unwrap();
    request.extensions_mut().insert(Principal(who.into()));
    let answer = endpoint.answer(request).await.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&answer).unwrap()
}

/// Rule X9: to another principal a task does not exist.
#[tokio::test]
async fn a_task_belongs_to_its_principal() {
    let endpoint = service().endpoint(&Http::default());
    let created = ask_as(&endpoint, "anna", &task_call("ask", json!({}))).await;
    let id = created["result"]["taskId"].as_str().unwrap();
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let message = knowing(7, method, json!({"taskId": id, "inputResponses": {}}));
        let (theirs, nobodys) = (
            ask_as(&endpoint, "bert", &message).await,
            ask_as(&endpoint, "bert", &knowing(7, method, json!({"taskId": "x", "inputResponses": {}})))
                .await,
        );
        assert_eq!(theirs, nobodys, "{method}");
        assert_eq!(theirs["error"]["code"], -32602);
        assert!(ask_as(&endpoint, "anna", &message).await.get("result").is_some());
    }
}

/// Security.md P8: one principal leaves room for the others; of those that are not known there is no such limit.
#[tokio::test]
async fn so_many_tasks_of_one_principal_run_at_once() {
    let limits = Limits { tasks_per_principal: 2, ..Limits::default() };
    let service = server().limits(limits).build().unwrap();
    let endpoint = service.endpoint(&Http::default());
    let begin = task_call("ask", json!({}));
    let mut ids = Vec::new();
    for begun in [1, 2] {
        let created = ask_as(&endpoint, "anna", &begin).await;
        ids.push(
            created["result"]["taskId"].as_str().unwrap_or_else(|| panic!("{begun}: {created}")).to_owned(),
        );
    }
    for name in ["ask", "plan", "maybe"] {
        let refused = ask_as(&endpoint, "anna", &task_call(name, json!({}))).await;
        // What only may become a task asks first.
        assert_eq!(refused["result"]["isError"] == true, name != "plan", "{name}: {refused}");
    }
    assert_eq!(ask_as(&endpoint, "bert", &begin).await["result"]["resultType"], "task");
    ask_as(&endpoint, "anna", &knowing(7, "tasks/cancel", json!({"taskId": ids[0]}))).await;
    while ask_as(&endpoint, "anna", &begin).await["result"]["resultType"] != "task" {
        tokio::task::yield_now().await;
    }
    let mut unknown = crate::peer::Peer::new(&service);
    for _ in 0..3 {
        assert_eq!(unknown.ask(begin.clone()).await["result"]["resultType"], "task");
    }
}

/// A server that ends lets its tasks go on for as long as the limits allow, then ends them too.
#[tokio::test]
async fn tasks_end_with_the_server() {
    let stopped = Stopped::default();
    let limits = Limits { drain: Duration::from_millis(20), ..Limits::default() };
    let service = server().state(stopped.clone()).limits(limits).build().unwrap();
    let running = serve(&service, Http::new("127.0.0.1:0")).await;
    let mut client = running.connect().await;
    let headers = [VERSION, ("mcp-method", "tools/call"), ("mcp-name", "endless")];
    let created = client.post(&headers, &task_call("endless", json!({}))).await.json();
    assert_eq!(created["result"]["status"], "working");
    running.stop().await.unwrap().unwrap();
    // Told by the handler's own task, a moment later.
    while !stopped.0.load(Ordering::Relaxed) {
        tokio::task::yield_now().await;
    }
}
