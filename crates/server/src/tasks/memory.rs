//! Tasks in memory: gone with the process, unless several servers share it.

use std::collections::HashMap;
use std::fmt;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use toolwright_core::error::{Error, Result};

use super::store::{Stored, TaskRecord, TaskStore};

type Listener = Arc<dyn Fn(&TaskRecord) + Send + Sync>;

/// Keeps tasks in memory. Cheap to clone: clones share what they keep.
///
/// When there are as many as may be, the one that ended first is forgotten; those that still run never are.
///
/// ```
/// use toolwright::prelude::*;
/// use toolwright::tasks::MemoryTasks;
///
/// let tasks = MemoryTasks::new(100);
/// let server = Server::new("shop").task_store(tasks.clone());
/// # let _ = server;
/// ```
#[derive(Clone)]
pub struct MemoryTasks(Arc<Shared>);

struct Shared {
    most: usize,
    kept: Mutex<Kept>,
    listeners: Mutex<Vec<Listener>>,
}

#[derive(Default)]
struct Kept {
    tasks: HashMap<String, Entry>,
    workers: HashMap<String, Instant>,
    /// Counts the tasks that ended.
    ended: u64,
}

struct Entry {
    record: TaskRecord,
    until: Option<Instant>,
    /// Its place among those that ended.
    ended: Option<u64>,
}

impl MemoryTasks {
    /// Keeps so many tasks at most.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Shared { most, kept: Mutex::default(), listeners: Mutex::default() }))
    }

    /// How many tasks are kept.
    pub fn count(&self) -> usize {
        let mut kept = self.kept();
        kept.forget_late();
        kept.tasks.len()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep_new(&self, record: TaskRecord) -> Result<()> {
        let mut kept = self.kept();
        if kept.tasks.len() >= self.0.most {
            kept.forget_late();
        }
        if kept.tasks.len() >= self.0.most && !kept.forget_one() {
            return Err(Error::msg(format!("{} tasks are kept, and all of them run", self.0.most)));
        }
        let until = record.task.ttl_ms.and_then(|ttl| Instant::now().checked_add(Duration::from_millis(ttl)));
        let entry = Entry { record: record.clone(), until, ended: None };
        kept.tasks.insert(record.task.task_id.clone(), entry);
        drop(kept);
        self.tell(&record);
        Ok(())
    }

    fn swap(&self, record: TaskRecord) -> bool {
        let mut kept = self.kept();
        let ended = kept.ended;
        let Some(entry) = kept.live(&record.task.task_id) else { return false };
        if entry.record.revision + 1 != record.revision {
            return false;
        }
        entry.record = record.clone();
        if record.task.status.is_final() && entry.ended.is_none() {
            entry.ended = Some(ended);
            kept.ended += 1;
        }
        drop(kept);
        self.tell(&record);
        true
    }

    fn tell(&self, record: &TaskRecord) {
        let listeners = self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner).clone();
        listeners.iter().for_each(|changed| changed(record));
    }
}

impl Kept {
    /// A task whose time is not over.
    fn live(&mut self, id: &str) -> Option<&mut Entry> {
        self.tasks.get_mut(id).filter(|entry| !entry.is_late())
    }

    fn forget_late(&mut self) {
        self.tasks.retain(|_, entry| !entry.is_late());
        let now = Instant::now();
        self.workers.retain(|_, until| *until > now);
    }

    /// Forgets the task that ended first; false when none has.
    fn forget_one(&mut self) -> bool {
        let ended = self.tasks.iter().filter_map(|(id, entry)| Some((entry.ended?, id)));
        let first = ended.min().map(|(_, id)| id.clone());
        first.is_some_and(|id| self.tasks.remove(&id).is_some())
    }
}

impl Entry {
    fn is_late(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }
}

impl fmt::Debug for MemoryTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryTasks of at most {}", self.0.most)
    }
}

impl TaskStore for MemoryTasks {
    fn create(&self, record: TaskRecord) -> Stored<'_, ()> {
        Box::pin(ready(self.keep_new(record)))
    }

    fn get<'a>(&'a self, id: &'a str) -> Stored<'a, Option<TaskRecord>> {
        let found = self.kept().live(id).map(|entry| entry.record.clone());
        Box::pin(ready(Ok(found)))
    }

    fn replace(&self, record: TaskRecord) -> Stored<'_, bool> {
        Box::pin(ready(Ok(self.swap(record))))
    }

    fn renew<'a>(&'a self, worker: &'a str, lease: Duration) -> Stored<'a, ()> {
        self.kept().workers.insert(worker.to_owned(), Instant::now() + lease);
        Box::pin(ready(Ok(())))
    }

    fn is_alive<'a>(&'a self, worker: &'a str) -> Stored<'a, bool> {
        let alive = self.kept().workers.get(worker).is_some_and(|until| *until > Instant::now());
        Box::pin(ready(Ok(alive)))
    }

    fn listen(&self, changed: Listener) {
        self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(changed);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn record(id: &str) -> TaskRecord {
        let task = json!({
            "taskId": id, "status": "working", "createdAt": "2026-07-28T10:00:00Z",
            "lastUpdatedAt": "2026-07-28T10:00:00Z", "ttlMs": 60_000
        });
        let task = serde_json::from_value(task).unwrap();
        TaskRecord { task, revision: 0, worker: "w".into(), answers: Map::new(), cancel: false }
    }

    #[tokio::test]
    async fn a_record_can_be_written_and_read() {
        let mut record = record("a");
        record.answers.insert("k".into(), json!({"action": "accept"}));
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<TaskRecord>(&text).unwrap(), record);
    }

    /// Of two that change the same record one is told to read it again.
    #[tokio::test]
    async fn a_record_replaces_only_the_one_before_it() {
        let tasks = MemoryTasks::new(2);
        tasks.create(record("a")).await.unwrap();
        let next = TaskRecord { revision: 1, cancel: true, ..record("a") };
        assert!(tasks.replace(next.clone()).await.unwrap());
        assert!(!tasks.replace(next.clone()).await.unwrap());
        assert!(!tasks.replace(TaskRecord { revision: 3, ..next.clone() }).await.unwrap());
        assert!(!tasks.replace(TaskRecord { revision: 1, ..record("b") }).await.unwrap());
        assert_eq!(tasks.get("a").await.unwrap(), Some(next));
    }

    #[tokio::test(start_paused = true)]
    async fn a_worker_lives_as_long_as_it_says() {
        let tasks = MemoryTasks::new(2);
        assert!(!tasks.is_alive("w").await.unwrap());
        tasks.renew("w", Duration::from_secs(30)).await.unwrap();
        tokio::time::advance(Duration::from_secs(29)).await;
        assert!(tasks.is_alive("w").await.unwrap());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!tasks.is_alive("w").await.unwrap());
    }

    #[tokio::test]
    async fn all_changes_are_told() {
        let tasks = MemoryTasks::new(2);
        let told = Arc::<Mutex<Vec<u64>>>::default();
        let telling = Arc::clone(&told);
        tasks.listen(Arc::new(move |record| telling.lock().unwrap().push(record.revision)));
        tasks.create(record("a")).await.unwrap();
        tasks.replace(TaskRecord { revision: 1, ..record("a") }).await.unwrap();
        tasks.replace(TaskRecord { revision: 1, ..record("a") }).await.unwrap();
        assert_eq!(*told.lock().unwrap(), [0, 1]);
    }
}
