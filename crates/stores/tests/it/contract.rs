//! What every store of tasks promises. `keeps_the_contract!(place)` makes a test of each promise, where
//! `async fn place(most: usize) -> Place<…>` gives an empty place for so many tasks, seen through two handles.

use std::any::Any;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use toolwright_server::tasks::{TaskRecord, TaskStore};

/// One place where tasks are kept, as two processes see it.
pub(crate) struct Place<S> {
    pub(crate) one: S,
    pub(crate) other: S,
    /// What must live as long, such as a folder.
    pub(crate) _held: Box<dyn Any>,
}

/// A task at work, kept for an hour.
pub(crate) fn record(id: &str) -> TaskRecord {
    let task = json!({
        "taskId": id, "status": "working", "createdAt": "2026-07-28T10:00:00Z",
        "lastUpdatedAt": "2026-07-28T10:00:00Z", "ttlMs": 3_600_000
    });
    let task = serde_json::from_value(task).unwrap();
    TaskRecord { task, revision: 0, worker: "w".into(), answers: Map::new(), cancel: false }
}

/// The next state of a record, with some members of its task replaced.
pub(crate) fn next(record: &TaskRecord, members: Value) -> TaskRecord {
    let mut task = serde_json::to_value(&record.task).unwrap();
    task.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    TaskRecord {
        task: serde_json::from_value(task).unwrap(),
        revision: record.revision + 1,
        ..record.clone()
    }
}

pub(crate) fn completed(record: &TaskRecord, text: &str) -> TaskRecord {
    next(record, json!({"status": "completed", "result": {"content": [{"type": "text", "text": text}]}}))
}

/// Asks again until it is so.
pub(crate) async fn eventually(mut is_so: impl AsyncFnMut() -> bool) {
    let so = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), so).await.expect("it is so in the end");
}

/// Rule X4: what was kept comes back as it was, through whatever handle, however large.
pub(crate) async fn a_record_comes_back_as_it_was(at: Place<impl TaskStore>) {
    let mut first = record("a");
    first.answers.insert("k\u{fc} '\"\u{0}".into(), json!({"action": "accept", "content": {"n": 1.5e300}}));
    first.cancel = true;
    at.one.create(first.clone()).await.unwrap();
    let large = completed(&first, &"\u{1f980}".repeat(500_000));
    for store in [&at.one, &at.other] {
        assert_eq!(store.get("a").await.unwrap().as_ref(), Some(&first));
    }
    assert!(at.other.replace(large.clone()).await.unwrap());
    for store in [&at.one, &at.other] {
        assert!(store.get("a").await.unwrap() == Some(large.clone()));
    }
}

/// What was never there, is not.
pub(crate) async fn what_is_unknown_is_not_there(at: Place<impl TaskStore>) {
    at.one.create(record("a")).await.unwrap();
    for id in ["", "b", "A", "a ", "' OR 1=1 --", "*"] {
        assert_eq!(at.one.get(id).await.unwrap(), None, "{id}");
        assert!(!at.one.replace(next(&record(id), json!({}))).await.unwrap(), "{id}");
        assert!(!at.one.is_alive(id).await.unwrap(), "{id}");
    }
}

/// A record is changed by comparing and swapping: whoever has an old one is told so.
pub(crate) async fn a_record_replaces_only_the_one_before_it(at: Place<impl TaskStore>) {
    let first = record("a");
    at.one.create(first.clone()).await.unwrap();
    let second = next(&first, json!({"statusMessage": "second"}));
    assert!(at.one.replace(second.clone()).await.unwrap());
    for revision in [0, 1, 3, u64::MAX >> 1] {
        let other = TaskRecord { revision, ..first.clone() };
        assert!(!at.other.replace(other).await.unwrap(), "{revision}");
    }
    assert_eq!(at.other.get("a").await.unwrap(), Some(second));
}

/// Of those that change a record at the same time, one does.
pub(crate) async fn of_many_changes_at_once_one_is_made(at: Place<impl TaskStore>) {
    let mut before = record("a");
    at.one.create(before.clone()).await.unwrap();
    for round in 0..20 {
        let mine = |who: usize| next(&before, json!({"statusMessage": format!("{who} in {round}")}));
        let (all, others) = ([0, 1, 2].map(mine), [3, 4, 5].map(mine));
        let [a, b, c] = all.each_ref().map(|record| at.one.replace(record.clone()));
        let [d, e, f] = others.each_ref().map(|record| at.other.replace(record.clone()));
        let (a, b, c, d, e, f) = tokio::join!(a, d, b, e, c, f);
        let replaced = [a, b, c, d, e, f].map(Result::unwrap);
        assert_eq!(replaced.iter().filter(|replaced| **replaced).count(), 1, "{replaced:?}");
        before = at.other.get("a").await.unwrap().unwrap();
        assert!(all.iter().chain(&others).any(|record| *record == before));
    }
}

/// A record is gone when its time is over, and no earlier.
pub(crate) async fn a_record_is_kept_for_its_time(at: Place<impl TaskStore>) {
    let mut short = record("short");
    short.task.ttl_ms = Some(30);
    at.one.create(short.clone()).await.unwrap();
    at.one.create(record("long")).await.unwrap();
    eventually(async || at.other.get("short").await.unwrap().is_none()).await;
    assert!(!at.one.replace(next(&short, json!({}))).await.unwrap());
    assert_eq!(at.one.get("short").await.unwrap(), None);
    let mut endless = record("endless");
    endless.task.ttl_ms = None;
    at.one.create(endless).await.unwrap();
    for id in ["endless", "long"] {
        assert!(at.one.get(id).await.unwrap().is_some(), "{id}");
    }
}

/// Changing a record does not make it live longer.
pub(crate) async fn a_change_does_not_lengthen_its_time(at: Place<impl TaskStore>) {
    let mut last = record("a");
    last.task.ttl_ms = Some(100);
    at.one.create(last.clone()).await.unwrap();
    eventually(async || {
        last = next(&last, json!({}));
        !at.one.replace(last.clone()).await.unwrap()
    })
    .await;
    assert_eq!(at.one.get("a").await.unwrap(), None);
}

/// Security.md P8: the task that ended first makes room; while all run, none begins. The place is for two.
pub(crate) async fn what_ended_first_makes_room(at: Place<impl TaskStore>) {
    at.one.renew("w", Duration::from_secs(3600)).await.unwrap();
    let [a, b] = ["a", "b"].map(record);
    at.one.create(a.clone()).await.unwrap();
    at.other.create(b.clone()).await.unwrap();
    assert!(at.one.create(record("c")).await.is_err());
    assert!(at.one.get("c").await.unwrap().is_none());
    assert!(at.one.replace(completed(&b, "b")).await.unwrap());
    assert!(at.one.replace(completed(&a, "a")).await.unwrap());
    at.one.create(record("c")).await.unwrap();
    assert!(at.one.get("b").await.unwrap().is_none(), "it ended first");
    at.one.create(record("d")).await.unwrap();
    assert!(at.one.get("a").await.unwrap().is_none());
    assert!(at.one.create(record("e")).await.is_err());
    for id in ["c", "d"] {
        assert!(at.other.get(id).await.unwrap().is_some(), "{id}");
    }
}

/// One whose time is over makes room before any other. The place is for two.
pub(crate) async fn what_is_late_makes_room(at: Place<impl TaskStore>) {
    at.one.renew("w", Duration::from_secs(3600)).await.unwrap();
    let mut short = record("short");
    short.task.ttl_ms = Some(30);
    at.one.create(short).await.unwrap();
    let ended = record("ended");
    at.one.create(ended.clone()).await.unwrap();
    assert!(at.one.replace(completed(&ended, "done")).await.unwrap());
    eventually(async || at.one.get("short").await.unwrap().is_none()).await;
    at.one.create(record("new")).await.unwrap();
    assert!(at.one.get("ended").await.unwrap().is_some());
}

/// A worker is alive for as long as it said last.
pub(crate) async fn a_worker_lives_as_long_as_it_says(at: Place<impl TaskStore>) {
    at.one.renew("w", Duration::from_secs(3600)).await.unwrap();
    at.one.renew("w", Duration::from_secs(3601)).await.unwrap();
    for store in [&at.one, &at.other] {
        assert!(store.is_alive("w").await.unwrap());
    }
    at.other.renew("w", Duration::from_millis(30)).await.unwrap();
    eventually(async || !at.one.is_alive("w").await.unwrap()).await;
    at.one.renew("w", Duration::from_secs(3600)).await.unwrap();
    assert!(at.other.is_alive("w").await.unwrap());
}

fn hearing(store: &impl TaskStore) -> Arc<Mutex<Vec<TaskRecord>>> {
    let told = Arc::<Mutex<Vec<TaskRecord>>>::default();
    let telling = Arc::clone(&told);
    store.listen(Arc::new(move |record| telling.lock().unwrap().push(record.clone())));
    told
}

/// All changes are told: those of this process in their order.
pub(crate) async fn changes_are_told(at: Place<impl TaskStore>) {
    let (told, also) = (hearing(&at.one), hearing(&at.one));
    let first = record("a");
    let second = next(&first, json!({"statusMessage": "second"}));
    at.one.create(first.clone()).await.unwrap();
    at.one.replace(second.clone()).await.unwrap();
    assert!(!at.one.replace(second.clone()).await.unwrap());
    let expected = [first, second];
    eventually(async || told.lock().unwrap().len() > 1).await;
    assert_eq!(*told.lock().unwrap(), expected);
    eventually(async || also.lock().unwrap().len() > 1).await;
}

/// What another process changes is told, too, while its worker lives: in the end the newest state.
pub(crate) async fn changes_by_others_are_told(at: Place<impl TaskStore>) {
    let told = hearing(&at.other);
    at.one.renew("w", Duration::from_secs(3600)).await.unwrap();
    let mut last = record("a");
    at.one.create(last.clone()).await.unwrap();
    assert!(at.other.get("a").await.unwrap().is_some());
    for message in ["one", "two", "three"] {
        last = next(&last, json!({"statusMessage": message}));
        assert!(at.one.replace(last.clone()).await.unwrap());
        eventually(async || told.lock().unwrap().last() == Some(&last)).await;
    }
    last = completed(&last, "done");
    assert!(at.one.replace(last.clone()).await.unwrap());
    eventually(async || told.lock().unwrap().last() == Some(&last)).await;
}

/// A test of each promise of a contract, in the place that `$place` has for it, if it has one.
macro_rules! keeps {
    ($place:path, $contract:ident: $($promise:ident,)+) => {
        $(
            #[tokio::test]
            async fn $promise() {
                if let Some(place) = $place(stringify!($promise)).await {
                    $crate::$contract::$promise(place).await;
                }
            }
        )+
    };
}
pub(crate) use keeps;

/// A place keeps two tasks.
macro_rules! keeps_the_contract {
    ($place:path) => {
        $crate::contract::keeps! { $place, contract:
            a_record_comes_back_as_it_was,
            what_is_unknown_is_not_there,
            a_record_replaces_only_the_one_before_it,
            of_many_changes_at_once_one_is_made,
            a_record_is_kept_for_its_time,
            a_change_does_not_lengthen_its_time,
            what_ended_first_makes_room,
            what_is_late_makes_room,
            a_worker_lives_as_long_as_it_says,
            changes_are_told,
            changes_by_others_are_told,
        }
    };
}
pub(crate) use keeps_the_contract;
