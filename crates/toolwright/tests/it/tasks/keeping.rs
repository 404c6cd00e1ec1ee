//! How long a task is kept, by whom, and how many.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use toolwright::Limits;
use toolwright::tasks::{MemoryTasks, Stored, TaskRecord, TaskStore};

use super::{Stopped, ask_of, begin, get, knowing, pass, server, service, task_call, until, update, yes};
use crate::peer::{Peer, cancel, code, text};

/// A task goes on when the connection that began it is gone, and another one asks for it.
#[tokio::test(start_paused = true)]
async fn a_task_outlives_its_connection() {
    let service = service();
    let mut peer = Peer::new(&service);
    let id = begin(&mut peer, "nap", json!({"seconds": 30})).await;
    assert_eq!(peer.end().await, Vec::<Value>::new());
    until(&mut Peer::new(&service), &id, "completed").await;
}

/// Security.md P8: no more tasks run than may; who asks for one more is told so, and can ask again later.
#[tokio::test(start_paused = true)]
async fn so_many_tasks_run_at_once() {
    let service = server().limits(Limits { tasks: 2, ..Limits::default() }).build().unwrap();
    let mut peer = Peer::new(&service);
    let first = begin(&mut peer, "nap", json!({"seconds": 3})).await;
    begin(&mut peer, "ask", json!({})).await;
    for name in ["nap", "maybe"] {
        let refused = peer.ask(task_call(name, json!({"seconds": 3}))).await;
        if name == "nap" {
            assert!(text(&refused).contains("too many tasks"), "{refused}");
        }
        assert_eq!(refused["result"]["isError"], true);
    }
    until(&mut peer, &first, "completed").await;
    begin(&mut peer, "nap", json!({"seconds": 3})).await;
}

/// Security.md P8: the task that ended first makes room; while all run, no more begin.
#[tokio::test(start_paused = true)]
async fn so_many_tasks_are_kept() {
    let service = server().limits(Limits { tasks_kept: 2, ..Limits::default() }).build().unwrap();
    let mut peer = Peer::new(&service);
    let first = begin(&mut peer, "ask", json!({})).await;
    let second = begin(&mut peer, "nap", json!({"seconds": 1})).await;
    assert_eq!(code(&peer.ask(task_call("nap", json!({"seconds": 1}))).await), -32603);
    until(&mut peer, &second, "completed").await;
    let third = begin(&mut peer, "nap", json!({"seconds": 1})).await;
    assert_eq!(code(&ask_of(&mut peer, "tasks/get", &second).await), -32602);
    assert_eq!(get(&mut peer, &first).await["status"], "input_required");
    until(&mut peer, &third, "completed").await;
}

/// A task is kept for so long from its beginning on, and stopped then.
#[tokio::test(start_paused = true)]
async fn a_task_is_forgotten_in_the_end() {
    let stopped = Stopped::default();
    let limits = Limits { task_ttl: Duration::from_secs(60), ..Limits::default() };
    let store = MemoryTasks::new(9);
    let service = server().state(stopped.clone()).limits(limits).task_store(store.clone()).build().unwrap();
    let mut peer = Peer::new(&service);
    let id = begin(&mut peer, "endless", json!({})).await;
    tokio::time::advance(Duration::from_secs(59)).await;
    assert_eq!(get(&mut peer, &id).await["ttlMs"], 60_000);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(code(&ask_of(&mut peer, "tasks/get", &id).await), -32602);
    assert!(stopped.0.load(Ordering::Relaxed));
    assert_eq!(store.count(), 0);
}

/// Two servers on one store: each answers for the tasks of the other.
#[tokio::test(start_paused = true)]
async fn another_instance_answers_for_a_task() {
    let store = MemoryTasks::new(9);
    let [one, two] = [(); 2].map(|()| server().task_store(store.clone()).build().unwrap());
    let (mut one, mut two) = (Peer::new(&one), Peer::new(&two));
    let id = begin(&mut one, "ask", json!({})).await;
    for key in ["sure", "sure-2", "sure-3"] {
        until(&mut two, &id, "input_required").await;
        update(&mut two, &id, json!({key: yes()})).await;
    }
    until(&mut two, &id, "completed").await;
    let id = begin(&mut one, "endless", json!({})).await;
    ask_of(&mut two, "tasks/cancel", &id).await;
    until(&mut two, &id, "cancelled").await;
}

/// A task whose worker is gone has failed, or was cancelled if that was wanted; nothing stays at work for ever.
#[tokio::test(start_paused = true)]
async fn a_task_without_its_worker_has_failed() {
    let (first, second) = (MemoryTasks::new(9), MemoryTasks::new(9));
    let mut before = Peer::new(&server().task_store(first.clone()).build().unwrap());
    let mut after = Peer::new(&server().task_store(second.clone()).build().unwrap());
    for (cancel, status) in [(false, "failed"), (true, "cancelled")] {
        // What a process leaves behind that ends in the midst of its work.
        let id = begin(&mut before, "endless", json!({})).await;
        let mut left = first.get(&id).await.unwrap().unwrap();
        left.cancel = cancel;
        second.renew(&left.worker, Duration::from_secs(30)).await.unwrap();
        second.create(left).await.unwrap();
        tokio::time::advance(Duration::from_secs(29)).await;
        assert_eq!(get(&mut after, &id).await["status"], "working", "it may still live");
        tokio::time::advance(Duration::from_secs(2)).await;
        let task = get(&mut after, &id).await;
        assert_eq!(task["status"], status, "{task}");
        assert_eq!(get(&mut before, &id).await["status"], "working");
    }
}

/// Who only listens hears of it, too, without ever asking.
#[tokio::test(start_paused = true)]
async fn a_listener_hears_that_a_worker_is_gone() {
    let (first, second) = (MemoryTasks::new(9), MemoryTasks::new(9));
    let mut before = Peer::new(&server().task_store(first.clone()).build().unwrap());
    let mut after = Peer::new(&server().task_store(second.clone()).build().unwrap());
    let id = begin(&mut before, "endless", json!({})).await;
    let left = first.get(&id).await.unwrap().unwrap();
    second.renew(&left.worker, Duration::from_secs(30)).await.unwrap();
    second.create(left).await.unwrap();
    let filter = json!({"notifications": {"taskIds": [id]}});
    after.send(&knowing("listen", "subscriptions/listen", filter)).await;
    assert_eq!(after.next().await["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(after.next().await["params"]["status"], "working");
    let begun = tokio::time::Instant::now();
    let told = after.next().await;
    assert_eq!((&told["params"]["taskId"], &told["params"]["status"]), (&json!(id), &json!("failed")));
    let seconds = begun.elapsed().as_secs();
    assert!((30..=40).contains(&seconds), "{seconds}");
    after.assert_quiet().await;
}

/// It costs nothing where nobody listens, where the worker is here, and when the task has ended.
#[tokio::test(start_paused = true)]
async fn nobody_looks_where_nobody_need() {
    let store = far(0);
    let service = server().task_store(store.clone()).build().unwrap();
    let mut peer = Peer::new(&service);
    let looks = async |peer: &mut Peer| {
        peer.assert_quiet().await;
        let before = store.looks.load(Ordering::Relaxed);
        for _ in 0..100 {
            tokio::time::advance(Duration::from_secs(1)).await;
            tokio::task::yield_now().await;
        }
        peer.ask(knowing(1, "server/discover", json!({}))).await;
        store.looks.load(Ordering::Relaxed) - before
    };
    let here = begin(&mut peer, "endless", json!({})).await;
    assert_eq!(looks(&mut peer).await, 0);
    let mut elsewhere = store.get(&here).await.unwrap().unwrap();
    // Of nobody's, as all others here.
    let other = begin(&mut Peer::new(&super::service()), "endless", json!({})).await;
    (elsewhere.task.task_id, elsewhere.worker, elsewhere.revision) = (other.clone(), "other".into(), 0);
    store.near.create(elsewhere).await.unwrap();
    store.renew("other", Duration::from_secs(3600)).await.unwrap();
    let listen =
        |ids: Value| knowing("listen", "subscriptions/listen", json!({"notifications": {"taskIds": ids}}));
    for (ids, rounds) in [(json!([here]), 0..=0), (json!([other]), 9..=11)] {
        peer.send(&listen(ids)).await;
        peer.next().await;
        peer.next().await;
        let looks = looks(&mut peer).await;
        assert!(rounds.contains(&looks), "{looks} are not {rounds:?}");
        peer.send(&cancel("listen")).await;
    }
    looks(&mut peer).await;
    assert_eq!(looks(&mut peer).await, 0, "nobody listens any more");
}

/// However much a handler says of itself, once a second is kept, and what it says last is not lost.
#[tokio::test(start_paused = true)]
async fn what_a_task_says_is_kept_once_a_second() {
    let store = MemoryTasks::new(9);
    let service = server().task_store(store.clone()).build().unwrap();
    let mut peer = Peer::new(&service);
    let id = begin(&mut peer, "count", json!({"to": 200})).await;
    pass(30).await;
    until(&mut peer, &id, "completed").await;
    let revisions = store.get(&id).await.unwrap().unwrap().revision;
    assert!((18..=22).contains(&revisions), "{revisions} in 20 seconds");
}

/// When the server ends, so do its tasks, and what became of them is kept.
#[tokio::test(start_paused = true)]
async fn tasks_end_with_their_server() {
    let service = service();
    let mut peer = Peer::new(&service);
    let id = begin(&mut peer, "ask", json!({})).await;
    service.end_tasks().await;
    let task = get(&mut peer, &id).await;
    assert_eq!(
        (&task["status"], &task["error"]["message"]),
        (&json!("failed"), &json!("the server was stopped"))
    );
    assert_eq!(peer.ask(task_call("nap", json!({"seconds": 1}))).await["result"]["isError"], true);
}

/// A store that takes its time, and fails so often before it keeps an end.
#[derive(Clone)]
struct Far {
    near: MemoryTasks,
    faults: Arc<AtomicUsize>,
    looks: Arc<AtomicUsize>,
}

impl TaskStore for Far {
    fn create(&self, record: TaskRecord) -> Stored<'_, ()> {
        Box::pin(async move {
            let _ = tokio::time::timeout(Duration::from_secs(5), std::future::pending::<()>()).await;
            self.near.create(record).await
        })
    }

    fn get<'a>(&'a self, id: &'a str) -> Stored<'a, Option<TaskRecord>> {
        self.looks.fetch_add(1, Ordering::Relaxed);
        self.near.get(id)
    }

    fn replace(&self, record: TaskRecord) -> Stored<'_, bool> {
        let fails = record.task.status.is_final()
            && self
                .faults
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                .is_ok();
        if fails {
            Box::pin(async { Err(toolwright::Error::msg("out of reach")) })
        } else {
            self.near.replace(record)
        }
    }

    fn renew<'a>(&'a self, worker: &'a str, lease: Duration) -> Stored<'a, ()> {
        self.near.renew(worker, lease)
    }

    fn is_alive<'a>(&'a self, worker: &'a str) -> Stored<'a, bool> {
        self.near.is_alive(worker)
    }

    fn listen(&self, changed: Arc<dyn Fn(&TaskRecord) + Send + Sync>) {
        self.near.listen(changed);
    }
}

fn far(faults: usize) -> Far {
    let faults = Arc::new(AtomicUsize::new(faults));
    Far { near: MemoryTasks::new(9), faults, looks: Arc::default() }
}

/// Rule X4: the id is told when the store has the task; one whose call was given up before is stopped.
#[tokio::test(start_paused = true)]
async fn a_task_that_nobody_knows_is_stopped() {
    let (store, stopped) = (far(0), Stopped::default());
    let (told, mut records) = tokio::sync::mpsc::unbounded_channel();
    store.listen(Arc::new(move |record| drop(told.send(record.task.clone()))));
    let service = server().state(stopped.clone()).task_store(store).build().unwrap();
    let mut peer = Peer::new(&service);
    peer.send(&task_call("endless", json!({}))).await;
    peer.send(&cancel("call")).await;
    let statuses = [records.recv().await.unwrap().status, records.recv().await.unwrap().status];
    assert_eq!(json!(statuses), json!(["working", "cancelled"]));
    assert_eq!(peer.end().await, Vec::<Value>::new());
}

/// A result is not lost because the store was out of reach for a moment.
#[tokio::test(start_paused = true)]
async fn an_end_is_kept_in_the_end() {
    let service = server().task_store(far(3)).build().unwrap();
    let mut peer = Peer::new(&service);
    let id = begin(&mut peer, "nap", json!({"seconds": 1})).await;
    let task = until(&mut peer, &id, "completed").await;
    assert_eq!(task["result"]["content"][0]["text"], "slept 1 s");
}
