//! Calls that become tasks: rules X1 to X10 of the tasks extension.

mod asking;
mod keeping;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use toolwright::Service;
use toolwright::prelude::*;

use crate::peer::{LEGACY, Peer, call, code, legacy, modern, text};
use crate::tools::echo;

const EXTENSION: &str = "io.modelcontextprotocol/tasks";
const MISSING: i64 = -32021;

/// Set when a handler was dropped or told that it is cancelled.
#[derive(Clone, Default)]
pub(crate) struct Stopped(pub(crate) Arc<AtomicBool>);

impl Drop for Stopped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Takes so long.
async fn pass(seconds: u64) {
    let _ = tokio::time::timeout(Duration::from_secs(seconds), std::future::pending::<()>()).await;
}

/// Sleeps.
#[tool(task)]
async fn nap(seconds: u64, ctx: Context) -> Result<String> {
    ctx.progress(1.0, 2.0, "half way");
    ctx.error("it takes long");
    pass(seconds).await;
    Ok(format!("slept {seconds} s"))
}

/// Sleeps, for those who can wait.
#[tool(task(required))]
async fn long_nap() -> Result<String> {
    pass(100).await;
    Err(tool_error!("slept badly"))
}

/// Breaks.
#[tool(task)]
async fn broken() -> String {
    pass(1).await;
    panic!("broken")
}

/// Has its own limit.
#[tool(task, timeout = "5s")]
async fn hasty() -> String {
    std::future::pending().await
}

/// Computes where it holds up nobody.
#[tool(task)]
fn compute(n: u64) -> u64 {
    n * 2
}

/// Asks under one name again and again, then two things at once.
#[tool(task)]
async fn ask(ctx: Context) -> Result<String> {
    let first = ctx.confirm("First?").named("sure").await?;
    let (second, third) =
        tokio::join!(ctx.confirm("Second?").named("sure"), ctx.confirm("Third?").named("sure").into_future());
    Ok(format!("{first} {} {}", second?, third?))
}

/// Asks before it is a task, and after.
#[tool(task(required, deferred))]
async fn plan(ctx: Context) -> Result<String> {
    let before = ctx.step("begin", async { Ok("begun".to_owned()) }).await?;
    if !ctx.confirm("Begin?").await? {
        return Ok("no".into());
    }
    ctx.begin_task().await;
    ctx.begin_task().await;
    let sure = ctx.confirm("Sure?").await?;
    Ok(format!("{before}, {sure}"))
}

/// Is a task where that is possible.
#[tool(task(deferred))]
async fn maybe(ctx: Context) -> &'static str {
    ctx.begin_task().await;
    "done"
}

/// Counts up to a number, ten times a second, and says so.
#[tool(task)]
async fn count(to: u32, ctx: Context) -> &'static str {
    for number in 1..=to {
        ctx.progress(number.into(), None, format!("{number} of {to}"));
        ctx.progress(0.0, None, "this is a step back");
        ctx.progress(f64::from(number) + 0.5, None, "");
        let _ = tokio::time::timeout(Duration::from_millis(100), std::future::pending::<()>()).await;
    }
    "counted"
}

/// Counts on a thread of its own, and ends when it is let go.
#[tool(task, blocking)]
fn grind(stopped: State<Stopped>, ctx: Context) -> &'static str {
    for number in 1u32.. {
        ctx.progress(number.into(), None, "grinding");
        if stopped.0.load(Ordering::Relaxed) {
            break;
        }
        std::thread::yield_now();
    }
    "ground"
}

/// Runs until it is stopped.
#[tool(task)]
async fn endless(stopped: State<Stopped>, ctx: Context) {
    let told = (*stopped).clone();
    let elsewhere = ctx.clone();
    tokio::spawn(async move {
        elsewhere.cancelled().await;
        drop(told);
    });
    std::future::pending::<()>().await;
}

pub(crate) fn server() -> Server {
    let tools =
        toolset![echo, nap, long_nap, broken, hasty, compute, ask, plan, maybe, count, grind, endless];
    Server::new("tasks").tools(tools).state(Stopped::default())
}

pub(crate) fn service() -> Service {
    server().build().unwrap()
}

/// A request of a client that knows tasks and can be asked.
pub(crate) fn knowing(id: impl Into<Value>, method: &str, mut params: Value) -> Value {
    let capabilities = json!({"elicitation": {}, "extensions": {EXTENSION: {}}});
    params["_meta"] = json!({"io.modelcontextprotocol/clientCapabilities": capabilities, "progressToken": 1,
        "io.modelcontextprotocol/logLevel": "debug"});
    modern(id, method, params)
}

pub(crate) fn task_call(name: &str, arguments: Value) -> Value {
    knowing("call", "tools/call", json!({"name": name, "arguments": arguments}))
}

async fn begin(peer: &mut Peer, name: &str, arguments: Value) -> String {
    let answer = peer.ask(task_call(name, arguments)).await;
    assert_eq!(answer["result"]["resultType"], "task", "{answer}");
    answer["result"]["taskId"].as_str().unwrap().to_owned()
}

async fn ask_of(peer: &mut Peer, method: &str, id: &str) -> Value {
    peer.ask(knowing(method, method, json!({"taskId": id}))).await
}

async fn get(peer: &mut Peer, id: &str) -> Value {
    let answer = ask_of(peer, "tasks/get", id).await;
    assert_eq!(answer["result"]["resultType"], "complete", "{answer}");
    answer["result"].clone()
}

/// Looks until the task has this status.
async fn until(peer: &mut Peer, id: &str, status: &str) -> Value {
    for _ in 0..500 {
        let task = get(peer, id).await;
        if task["status"] == status {
            return task;
        }
        tokio::time::advance(Duration::from_millis(500)).await;
    }
    panic!("never {status}: {}", get(peer, id).await)
}

async fn update(peer: &mut Peer, id: &str, answers: Value) -> Value {
    peer.ask(knowing("update", "tasks/update", json!({"taskId": id, "inputResponses": answers}))).await
}

/// That nothing was said but that it was heard.
fn assert_empty(answer: &Value) {
    let result = answer["result"].as_object().unwrap();
    assert_eq!((result.len(), &result["resultType"]), (2, &json!("complete")));
    assert!(result.contains_key("_meta"));
}

fn yes() -> Value {
    json!({"action": "accept", "content": {}})
}

/// Rules X1 and X3: a task is made for a request that declared the extension, and for no other.
#[tokio::test(start_paused = true)]
async fn only_who_knows_tasks_gets_one() {
    let mut peer = Peer::new(&service());
    let answer = peer.ask(task_call("nap", json!({"seconds": 3}))).await;
    let created = answer["result"].as_object().unwrap();
    assert_eq!((&created["resultType"], &created["status"]), (&json!("task"), &json!("working")));
    for absent in ["task", "result", "error", "inputRequests", "requestState", "content"] {
        assert!(!created.contains_key(absent), "{absent}");
    }
    assert_eq!((&created["ttlMs"], &created["pollIntervalMs"]), (&json!(3_600_000), &json!(1000)));
    assert!(created["createdAt"].as_str().unwrap().ends_with('Z'), "{created:?}");
    let other = peer.ask(call(2, "nap", json!({"seconds": 3}))).await;
    assert_eq!((text(&other), &other["result"]["resultType"]), ("slept 3 s", &json!("complete")));
    assert_eq!(text(&peer.ask(call(3, "maybe", json!({}))).await), "done");
}

/// Rule X2: who does not know tasks is told what is missing, with the protocol's own error.
#[tokio::test(start_paused = true)]
async fn who_needs_the_extension_is_told_so() {
    let mut peer = Peer::new(&service());
    let listen = json!({"notifications": {"taskIds": ["x"]}});
    for request in [
        call(1, "long_nap", json!({})),
        call(2, "plan", json!({})),
        modern(3, "tasks/get", json!({"taskId": "x"})),
        modern(4, "tasks/update", json!({"taskId": "x", "inputResponses": {}})),
        modern(5, "tasks/cancel", json!({"taskId": "x"})),
        modern(6, "subscriptions/listen", listen),
    ] {
        let answer = peer.ask(request).await;
        assert_eq!(code(&answer), MISSING, "{answer}");
        assert_eq!(answer["error"]["data"], json!({"requiredCapabilities": {"extensions": {EXTENSION: {}}}}));
    }
}

/// Rules X4, X5: a task can be asked for as soon as its id is known, and shows what belongs to its status.
#[tokio::test(start_paused = true)]
async fn a_task_is_there_before_its_id_is() {
    let mut peer = Peer::new(&service());
    let id = begin(&mut peer, "nap", json!({"seconds": 3})).await;
    let task = get(&mut peer, &id).await;
    assert_eq!((&task["status"], task.get("result")), (&json!("working"), None));
    let task = until(&mut peer, &id, "completed").await;
    assert_eq!(task["result"]["content"][0]["text"], "slept 3 s");
    assert_eq!(task["result"]["resultType"], "complete");
    assert!(task["lastUpdatedAt"].as_str() > task["createdAt"].as_str());
    // Rule X8.
    assert_eq!(peer.told, Vec::<Value>::new(), "no progress, no log");
}

/// Rules X5, X9, X10: what is unknown is refused as such, and what was removed does not exist.
#[tokio::test(start_paused = true)]
async fn unknown_tasks_and_methods_are_refused() {
    let mut peer = Peer::new(&service());
    let id = begin(&mut peer, "nap", json!({"seconds": 3})).await;
    let foreign = begin(&mut Peer::new(&service()), "nap", json!({"seconds": 3})).await;
    for unknown in ["", "x", &id[1..], &foreign] {
        for method in ["tasks/get", "tasks/cancel"] {
            assert_eq!(code(&ask_of(&mut peer, method, unknown).await), -32602, "{method} {unknown}");
        }
        assert_eq!(code(&update(&mut peer, unknown, json!({})).await), -32602);
    }
    assert_eq!(code(&peer.ask(knowing(1, "tasks/get", json!({}))).await), -32602);
    for method in ["tasks/result", "tasks/list"] {
        assert_eq!(code(&ask_of(&mut peer, method, &id).await), -32601);
    }
    let mut hinted = task_call("echo", json!({"text": "x"}));
    hinted["params"]["task"] = json!({"ttl": 5});
    let answer = peer.ask(hinted).await;
    assert_eq!((text(&answer), &answer["result"]["resultType"]), ("x", &json!("complete")));
}

/// Rule X6: a tool's failure is a result, only an error of the protocol is a failed task.
#[tokio::test(start_paused = true)]
async fn a_failure_of_the_tool_is_a_completed_task() {
    let mut peer = Peer::new(&service());
    let id = begin(&mut peer, "long_nap", json!({})).await;
    let task = until(&mut peer, &id, "completed").await;
    assert_eq!(
        (&task["result"]["isError"], task.get("error")),
        (&json!(true), None),
        "after more than a call may take"
    );
    let id = begin(&mut peer, "hasty", json!({})).await;
    let task = until(&mut peer, &id, "completed").await;
    assert!(task["result"]["content"][0]["text"].as_str().unwrap().contains("5s"), "{task}");
    let id = begin(&mut peer, "broken", json!({})).await;
    let task = until(&mut peer, &id, "failed").await;
    assert_eq!((&task["error"]["code"], task.get("result")), (&json!(-32603), None));
    assert_eq!(task["statusMessage"], task["error"]["message"]);
    assert!(!task.to_string().contains("\"broken\""), "{task}");
}

/// A task says how it stands in the words of its handler, until it has ended.
#[tokio::test(start_paused = true)]
async fn a_task_says_how_it_stands() {
    let mut peer = Peer::new(&service());
    let id = begin(&mut peer, "count", json!({"to": 100})).await;
    for (seconds, message) in [(0, "1 of 100"), (1, "10 of 100"), (1, "20 of 100")] {
        pass(seconds).await;
        tokio::time::advance(Duration::from_millis(50)).await;
        let task = get(&mut peer, &id).await;
        let said = task["statusMessage"].as_str().unwrap();
        assert!(said == message || seconds > 0 && said.ends_with(" of 100"), "{said} is not {message}");
    }
    let task = until(&mut peer, &id, "completed").await;
    assert!(task.get("statusMessage").is_none(), "{task}");
    assert_eq!(peer.told, Vec::<Value>::new());
}

/// So does one on a thread of its own, whenever it speaks.
#[tokio::test]
async fn a_sync_task_says_how_it_stands() {
    let stopped = Stopped::default();
    let service = server().state(stopped.clone()).build().unwrap();
    let mut peer = Peer::new(&service);
    let id = begin(&mut peer, "grind", json!({})).await;
    while get(&mut peer, &id).await["statusMessage"] != "grinding" {}
    stopped.0.store(true, Ordering::Relaxed);
    while get(&mut peer, &id).await["status"] != "completed" {}
}

/// A sync tool works on a thread of its own; what it cannot work with is refused without a task.
#[tokio::test]
async fn a_sync_tool_is_a_task_too() {
    let mut peer = Peer::new(&service());
    let id = begin(&mut peer, "compute", json!({"n": 21})).await;
    let task = loop {
        let task = get(&mut peer, &id).await;
        if task["status"] != "working" {
            break task;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(task["result"]["structuredContent"], 42);
    assert_eq!(peer.ask(task_call("compute", json!({}))).await["result"]["isError"], true);
}

/// Rule X8: a task ends when its client wants it; who asks again is answered the same.
#[tokio::test(start_paused = true)]
async fn a_task_is_cancelled() {
    let stopped = Stopped::default();
    let service = server().state(stopped.clone()).build().unwrap();
    let mut peer = Peer::new(&service);
    let id = begin(&mut peer, "endless", json!({})).await;
    for _ in 0..2 {
        let answer = ask_of(&mut peer, "tasks/cancel", &id).await;
        assert_empty(&answer);
        until(&mut peer, &id, "cancelled").await;
        assert!(stopped.0.load(Ordering::Relaxed), "the handler was told");
    }
    let id = begin(&mut peer, "ask", json!({})).await;
    until(&mut peer, &id, "input_required").await;
    ask_of(&mut peer, "tasks/cancel", &id).await;
    let task = until(&mut peer, &id, "cancelled").await;
    assert!(task.get("inputRequests").is_none());
}

/// Rule X10: older clients see nothing of it; their calls are ordinary ones.
#[tokio::test(start_paused = true)]
async fn older_clients_see_nothing_of_tasks() {
    for version in LEGACY {
        let mut peer = Peer::new(&service());
        let greeting = peer.begin(version).await;
        assert!(!greeting.to_string().contains("task\""), "{greeting}");
        let arguments = json!({"name": "nap", "arguments": {"seconds": 3}, "task": {"ttl": 1}});
        assert_eq!(text(&peer.ask(legacy(1, "tools/call", arguments)).await), "slept 3 s");
        let refused = peer.ask(legacy(2, "tools/call", json!({"name": "long_nap"}))).await;
        assert_eq!(refused["result"]["isError"], true);
        for method in ["tasks/get", "tasks/update", "tasks/cancel", "tasks/list", "tasks/result"] {
            assert_eq!(code(&peer.ask(legacy(3, method, json!({"taskId": "x"}))).await), -32601);
        }
    }
}

/// Rules X10, X12: the extension is announced where a tool needs it, and only in the words of its version.
#[tokio::test(start_paused = true)]
async fn the_extension_is_announced_where_it_is_there() {
    let discover = || modern(1, "server/discover", json!({}));
    let answer = Peer::new(&service()).ask(discover()).await;
    let capabilities = &answer["result"]["capabilities"];
    assert_eq!(capabilities["extensions"], json!({EXTENSION: {}}));
    assert!(capabilities.get("tasks").is_none());
    let plain = Server::new("plain").tools(toolset![echo]).build().unwrap();
    let mut peer = Peer::new(&plain);
    assert!(peer.ask(discover()).await["result"]["capabilities"].get("extensions").is_none());
    assert_eq!(code(&ask_of(&mut peer, "tasks/get", "x").await), -32601);
}
