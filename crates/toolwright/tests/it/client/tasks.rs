//! Calls that become tasks, from the client's side: rules X1 to X12 of the tasks extension.

#[cfg(feature = "client-http")]
mod http;
mod scripted;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use toolwright::Client;
use toolwright::client::{Begun, Error, ErrorObject, Options, RemoteTask};
use toolwright::types::elicitation::{ElicitAction, ElicitResult};
use toolwright::types::tasks::TaskStatus;

use super::ways;
use crate::tasks::{Stopped, server, service};

/// Agrees to everything, and counts.
fn agreeing(options: Options) -> (Options, Arc<AtomicUsize>) {
    let asked = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&asked);
    let options = options.on_elicit(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        async { Ok(ElicitResult { action: ElicitAction::Accept, content: None, meta: None }) }
    });
    (options, asked)
}

async fn begin(client: &Client, tool: &str) -> RemoteTask {
    let arguments = if tool == "nap" { json!({"seconds": 30}) } else { json!({}) };
    match client.call_tool(tool, arguments).begin().await.unwrap() {
        Begun::Task(task) => task,
        Begun::Done(result) => panic!("no task: {result:?}"),
    }
}

/// Waits until a handler of this server was dropped.
async fn until_stopped(stopped: &Stopped) {
    while !stopped.0.load(Ordering::Relaxed) {
        tokio::task::yield_now().await;
    }
}

/// Rules X1 and X11: whether a call became a task is not seen by who awaits it; it takes no longer than the task.
#[tokio::test(start_paused = true)]
async fn a_call_waits_for_the_task_it_became() {
    let client = Client::options().tasks(true).connect(service()).await.unwrap();
    let start = Instant::now();
    assert_eq!(client.call::<String>("nap", json!({"seconds": 3})).await.unwrap(), "slept 3 s");
    assert_eq!(start.elapsed().as_secs(), 3, "it is told, not looked for");
    assert_eq!(client.call::<u64>("compute", json!({"n": 21})).await.unwrap(), 42);
    assert_eq!(client.call::<String>("maybe", json!({})).await.unwrap(), "done");
    assert_eq!(client.call::<String>("echo", json!({"text": "x"})).await.unwrap(), "x");
}

/// Rules X1, X2, X10 and X12: nobody gets a task who did not want one; one call may want it, and older servers have none.
#[tokio::test(start_paused = true)]
async fn only_who_wants_a_task_gets_one() {
    let client = Client::connect(service()).await.unwrap();
    let refused = client.call::<String>("long_nap", json!({})).await.unwrap_err();
    assert_eq!(refused.code(), Some(-32021));
    let failed = client.call_tool("long_nap", json!({})).task().typed::<String>().await.unwrap_err();
    assert_eq!(failed.to_string(), "slept badly", "after more than a call may take");
    let refused = client.call::<String>("long_nap", json!({})).await.unwrap_err();
    assert_eq!(refused.code(), Some(-32021), "the call before has not spoken for this one");
    for (options, version) in ways().into_iter().filter(|(_, version)| version.as_str() < "2026-07-28") {
        let client = options.tasks(true).connect(service()).await.unwrap();
        let said: String = client.call("nap", json!({"seconds": 3})).await.unwrap();
        assert_eq!(said, "slept 3 s", "{version}");
        let begun = client.call_tool("nap", json!({"seconds": 3})).begin().await.unwrap();
        assert!(matches!(begun, Begun::Done(_)), "{version}: {begun:?}");
        let refused = client.task("x").wait().await.unwrap_err().to_string();
        assert_eq!(refused, format!("the server speaks {version}, which has no such tasks"));
    }
}

/// Rules X7 and X11: the same handlers answer before the task and in its midst, each question once.
#[tokio::test(start_paused = true)]
async fn a_task_is_answered() {
    let (options, asked) = agreeing(Client::options().tasks(true));
    let client = options.connect(service()).await.unwrap();
    assert_eq!(client.call::<String>("ask", json!({})).await.unwrap(), "true true true");
    assert_eq!(asked.swap(0, Ordering::Relaxed), 3);
    assert_eq!(client.call::<String>("plan", json!({})).await.unwrap(), "begun, true");
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

/// The time that a user takes does not count, in a task as little as elsewhere.
#[tokio::test(start_paused = true)]
async fn a_user_may_take_longer_than_a_task() {
    let options = Client::options().tasks(true).task_timeout(Duration::from_secs(20)).on_elicit(|_| async {
        let _ = tokio::time::timeout(Duration::from_secs(600), std::future::pending::<()>()).await;
        Ok(ElicitResult { action: ElicitAction::Accept, content: None, meta: None })
    });
    let client = options.connect(service()).await.unwrap();
    assert_eq!(client.call::<String>("ask", json!({})).await.unwrap(), "true true true");
}

/// A handler that refuses ends the call, and with it the task.
#[tokio::test(start_paused = true)]
async fn a_question_that_is_refused_ends_the_call() {
    let options = Client::options().tasks(true).on_elicit(|_| async { Err(ErrorObject::new(-1, "not now")) });
    let client = options.connect(service()).await.unwrap();
    let refused = client.call::<String>("ask", json!({})).await.unwrap_err();
    assert_eq!(refused.code(), Some(-1), "{refused}");
    let client = Client::options().tasks(true).connect(service()).await.unwrap();
    let refused = client.call::<String>("ask", json!({})).await.unwrap_err();
    assert_eq!(refused.code(), Some(-32021), "nobody is there to be asked: {refused}");
}

/// Rule X6: what the task failed with is what the call fails with.
#[tokio::test(start_paused = true)]
async fn a_task_fails_as_its_call_would() {
    let client = Client::options().tasks(true).connect(service()).await.unwrap();
    let failed = client.call::<String>("broken", json!({})).await.unwrap_err();
    assert_eq!(failed.code(), Some(-32603), "{failed}");
    let failed = client.call::<String>("hasty", json!({})).await.unwrap_err();
    assert!(matches!(&failed, Error::Tool(_)) && failed.to_string().contains("5s"), "{failed}");
}

/// Rules X8 and X11: given up, out of time, or with the end of the conversation, the task is cancelled.
#[tokio::test(start_paused = true)]
async fn a_task_that_nobody_waits_for_is_cancelled() {
    for closes in [false, true] {
        let stopped = Stopped::default();
        let service = server().state(stopped.clone()).build().unwrap();
        let client = Client::options().tasks(true).connect(&service).await.unwrap();
        let call = client.call_tool("endless", json!({})).into_future();
        assert!(tokio::time::timeout(Duration::from_secs(5), call).await.is_err());
        if closes {
            client.close().await;
        }
        until_stopped(&stopped).await;
    }
    let stopped = Stopped::default();
    let client = Client::connect(server().state(stopped.clone())).await.unwrap();
    let call = client.call_tool("endless", json!({})).task().timeout(Duration::from_secs(7));
    let late = call.await.unwrap_err();
    assert_eq!(late.to_string(), "no answer within 7s");
    until_stopped(&stopped).await;
}

/// Rule X11: an id that was kept is enough to go on with, for another client and after a restart.
#[tokio::test(start_paused = true)]
async fn a_task_is_found_again_by_its_id() {
    let service = service();
    let client = Client::connect(&service).await.unwrap();
    let task = begin(&client, "nap").await;
    let (id, status) = (task.id().to_owned(), task.status().await.unwrap());
    assert_eq!((status.status, status.task_id.as_str()), (TaskStatus::Working, id.as_str()));
    drop(task);
    client.close().await;
    let (options, asked) = agreeing(Client::options());
    let client = options.connect(&service).await.unwrap();
    let waited = client.task(&id).timeout(Duration::from_secs(2)).wait().await;
    assert!(matches!(waited, Err(Error::TimedOut(_))), "{waited:?}");
    for _ in 0..2 {
        assert_eq!(client.task(&id).typed::<String>().await.unwrap(), "slept 30 s", "as often as wanted");
    }
    let id = begin(&client, "ask").await.id().to_owned();
    assert_eq!(client.task(id).typed::<String>().await.unwrap(), "true true true");
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    let unknown = client.task("x").wait().await.unwrap_err();
    assert_eq!(unknown.code(), Some(-32602), "{unknown}");
}

/// Rule X8.
#[tokio::test(start_paused = true)]
async fn a_task_is_cancelled_by_its_id() {
    let service = service();
    let client = Client::connect(&service).await.unwrap();
    let task = begin(&client, "endless").await;
    let waiting = tokio::spawn({
        let task = task.clone();
        async move { task.wait().await }
    });
    let other = Client::connect(&service).await.unwrap();
    other.task(task.id()).cancel().await.unwrap();
    let ended = waiting.await.unwrap().unwrap_err();
    assert!(matches!(ended, Error::Cancelled(_)) && ended.to_string() == "the task was cancelled", "{ended}");
    assert_eq!(task.status().await.unwrap().status, TaskStatus::Cancelled);
    task.cancel().await.unwrap();
}

/// Many at once, each with its own end.
#[tokio::test(start_paused = true)]
async fn each_call_gets_the_end_of_its_own_task() {
    let client = Client::options().tasks(true).connect(service()).await.unwrap();
    let naps = (0..20_u64).map(|seconds| client.call::<String>("nap", json!({"seconds": seconds})));
    let said = futures_util::future::try_join_all(naps).await.unwrap();
    let expected: Vec<_> = (0..20).map(|seconds| format!("slept {seconds} s")).collect();
    assert_eq!(said, expected);
}

/// A server in a few lines of shell: its task has ended when it is asked for a second time.
#[cfg(unix)]
const SHELL: &str = r#"
    looks=0
    while read -r line; do
        id=$(printf %s "$line" | sed 's/.*"id":\([0-9]*\).*/\1/')
        say() { echo '{"jsonrpc":"2.0","id":'$id',"result":{"resultType":"'$1'",'"$2"'}}'; }
        task='"taskId":"t'$$'","createdAt":"2026-07-28T10:00:00Z","lastUpdatedAt":"2026-07-28T10:00:00Z","ttlMs":null,"pollIntervalMs":1'
        case "$line" in
            *server/discover*) say complete '"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}' ;;
            *io.modelcontextprotocol/tasks*tools/call*|*tools/call*io.modelcontextprotocol/tasks*) say task "$task"',"status":"working"' ;;
            *tasks/get*)
                looks=$((looks + 1))
                case $looks in
                    1) say complete "$task"',"status":"working","statusMessage":"nearly there"' ;;
                    *) say complete "$task"',"status":"completed","result":{"content":[{"type":"text","text":"ended"}]}' ;;
                esac ;;
            *'"id"'*) echo '{"jsonrpc":"2.0","id":'$id',"error":{"code":-32601,"message":"no"}}' ;;
        esac
    done"#;

/// Rule X11: where nothing is told of tasks, they are looked for, as often as their server says.
#[cfg(unix)]
#[tokio::test]
async fn a_task_of_a_child_process_is_waited_for() {
    let command = toolwright::client::Command::new("/bin/sh").args(["-c", SHELL]);
    let client = Client::connect(command).await.unwrap();
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let hears = Arc::clone(&heard);
    let call = client.call_tool("any", json!({})).task();
    let call = call
        .on_progress(move |now| hears.lock().unwrap().push(format!("{} {:?}", now.progress, now.message)));
    assert_eq!(call.typed::<String>().await.unwrap(), "ended");
    assert_eq!(*heard.lock().unwrap(), [r#"1 Some("nearly there")"#]);
    client.close().await;
}
