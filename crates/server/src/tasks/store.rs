//! What is kept of a task, and where.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use toolwright_core::error::Result;
use toolwright_types::input::{InputRequests, InputResponses};
use toolwright_types::jsonrpc::ErrorObject;
use toolwright_types::tasks::{Task, TaskStatus};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};

/// What a store answers with, in its time.
pub type Stored<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A task as it is kept: it can be written as JSON and read again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// The task as its client sees it; its id is the key.
    pub task: Task,
    /// Counts the changes.
    pub revision: u64,
    /// Which process works on it.
    pub worker: String,
    /// Answers that the worker has not taken yet.
    pub answers: InputResponses,
    /// Its client wants it to stop.
    pub cancel: bool,
}

/// Where tasks are kept.
///
/// Several processes may share a store: each works on the tasks that it began, and answers for all of them. A record is
/// changed by comparing and swapping: whoever has an old one reads it again.
///
/// The futures belong to tasks of the runtime: a store that blocks moves its work to a thread.
pub trait TaskStore: Send + Sync + 'static {
    /// Keeps a new record until its `ttlMs` is over; ready when it is safe.
    ///
    /// # Errors
    ///
    /// When there is no room, or the store is out of reach: the task is not begun then.
    fn create(&self, record: TaskRecord) -> Stored<'_, ()>;

    /// The record of a task, if there is one whose time is not over.
    ///
    /// # Errors
    ///
    /// When the store is out of reach.
    fn get<'a>(&'a self, id: &'a str) -> Stored<'a, Option<TaskRecord>>;

    /// Puts a record in the place of the one whose revision is one less; false when that is not there any more.
    ///
    /// # Errors
    ///
    /// When the store is out of reach: nothing is changed then.
    fn replace(&self, record: TaskRecord) -> Stored<'_, bool>;

    /// Knows that a process lives, for so long.
    ///
    /// # Errors
    ///
    /// When the store is out of reach.
    fn renew<'a>(&'a self, worker: &'a str, lease: Duration) -> Stored<'a, ()>;

    /// Whether a process was heard of as long ago as it said it would be.
    ///
    /// # Errors
    ///
    /// When the store is out of reach.
    fn is_alive<'a>(&'a self, worker: &'a str) -> Stored<'a, bool>;

    /// Tells of every record that was created or replaced, by this process or another, for as long as the store lives.
    ///
    /// Of tasks that others began, a store may tell only when it was asked for one, or keeps one, that is worked on: what
    /// nobody here knows of, nobody here waits for.
    ///
    /// What it calls does not block. A record may come late, twice, or behind a newer one.
    fn listen(&self, changed: Arc<dyn Fn(&TaskRecord) + Send + Sync>);
}

impl TaskRecord {
    /// Whether there is something for the worker to do.
    pub(super) fn has_orders(&self) -> bool {
        !self.task.status.is_final() && (self.cancel || !self.answers.is_empty())
    }

    /// Takes the answers to what is asked, and leaves the others alone; false when there are none.
    pub(super) fn answer(&mut self, answers: &InputResponses) -> bool {
        let Some(asked) = &mut self.task.input_requests else { return false };
        let before = asked.len();
        for (key, answer) in answers {
            if asked.remove(key).is_some() {
                self.answers.insert(key.clone(), answer.clone());
            }
        }
        let left = asked.len();
        self.wait_for_rest();
        left < before
    }

    /// Asks what was not answered yet; false when that is nothing new.
    pub(super) fn ask(&mut self, mut questions: InputRequests) -> bool {
        questions.retain(|key, _| !self.answers.contains_key(key));
        if self.task.input_requests.clone().unwrap_or_default() == questions {
            return false;
        }
        self.task.input_requests = Some(questions);
        self.wait_for_rest();
        true
    }

    fn wait_for_rest(&mut self) {
        let waits = self.task.input_requests.as_ref().is_some_and(|asked| !asked.is_empty());
        self.task.status = if waits { TaskStatus::InputRequired } else { TaskStatus::Working };
        if !waits {
            self.task.input_requests = None;
        }
    }

    /// How the handler stands, in its own words; false when that is nothing new.
    pub(super) fn say(&mut self, message: &str) -> bool {
        let is_new = self.task.status_message.as_deref() != Some(message);
        self.task.status_message = Some(message.to_owned());
        is_new
    }

    /// The handler gave a result, or an error of the protocol (rule X6).
    pub(super) fn finish(&mut self, result: std::result::Result<Map<String, Value>, ErrorObject>) {
        match result {
            Ok(result) => {
                self.task.result = Some(result);
                self.end(TaskStatus::Completed);
            }
            Err(error) => self.fail(error),
        }
    }

    pub(super) fn fail(&mut self, error: ErrorObject) {
        self.task.error = Some(error);
        self.end(TaskStatus::Failed);
    }

    pub(super) fn end(&mut self, status: TaskStatus) {
        self.task.status = status;
        // What the handler said of itself holds no longer.
        self.task.status_message = self.task.error.as_ref().map(|error| error.message.to_string());
        self.task.input_requests = None;
        self.answers.clear();
    }
}

/// Changes a record that is not final, unless `change` says that there is nothing to change; gives what is kept then.
pub(super) async fn change(
    store: &dyn TaskStore,
    id: &str,
    mut change: impl FnMut(&mut TaskRecord) -> bool + Send,
) -> Result<Option<TaskRecord>> {
    loop {
        let Some(before) = store.get(id).await? else { return Ok(None) };
        let mut record = before.clone();
        if before.task.status.is_final() || !change(&mut record) {
            return Ok(Some(before));
        }
        record.revision += 1;
        if record.task != before.task {
            record.task.last_updated_at = stamp();
        }
        if store.replace(record.clone()).await? {
            return Ok(Some(record));
        }
    }
}

/// The time of day, as ISO 8601 has it.
pub(super) fn stamp() -> String {
    let mut text = String::new();
    // Text takes all there is.
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use toolwright_types::jsonrpc::code;

    use super::super::MemoryTasks;
    use super::*;

    fn asking() -> TaskRecord {
        let asked = json!({"method": "roots/list", "params": {}});
        let task = json!({
            "taskId": "a", "status": "input_required", "createdAt": "x", "lastUpdatedAt": "x", "ttlMs": null,
            "inputRequests": {"one": asked, "two": asked}
        });
        let task = serde_json::from_value(task).unwrap();
        TaskRecord { task, revision: 0, worker: "w".into(), answers: Map::new(), cancel: false }
    }

    fn answers(keys: &[&str]) -> InputResponses {
        keys.iter().map(|key| ((*key).to_owned(), json!({"roots": []}))).collect()
    }

    /// Rules X5 and X7.
    #[test]
    fn answers_are_taken_one_by_one_and_once() {
        let mut record = asking();
        let all = record.task.input_requests.clone().unwrap();
        assert!(!record.answer(&answers(&["three"])));
        assert!(record.answer(&answers(&["one", "three"])));
        assert!(!record.answer(&answers(&["one"])));
        assert_eq!(record.task.status, TaskStatus::InputRequired);
        assert!(!record.ask(all.clone()), "the worker has not seen the answer yet");
        assert!(record.answer(&answers(&["two"])));
        assert_eq!((record.task.status, &record.task.input_requests), (TaskStatus::Working, &None));
        assert_eq!(record.answers.len(), 2);
        assert!(!record.ask(all));
    }

    /// What is final stays so: who comes late is told how it ended.
    #[tokio::test]
    async fn a_final_record_is_never_changed() {
        let store = MemoryTasks::new(1);
        store.create(asking()).await.unwrap();
        let error = ErrorObject::new(code::INTERNAL_ERROR, "m");
        let fail = |record: &mut TaskRecord| {
            record.fail(error.clone());
            true
        };
        let failed = change(&store, "a", fail).await.unwrap().unwrap();
        assert_eq!((failed.task.status, failed.task.input_requests.clone()), (TaskStatus::Failed, None));
        let late = |record: &mut TaskRecord| {
            record.end(TaskStatus::Cancelled);
            true
        };
        assert_eq!(change(&store, "a", late).await.unwrap(), Some(failed));
        assert_eq!(change(&store, "b", late).await.unwrap(), None);
    }

    #[test]
    fn a_stamp_is_iso_8601() {
        let stamp = stamp();
        assert_eq!((stamp.as_bytes()[10], stamp.ends_with('Z'), stamp.len()), (b'T', true, 27), "{stamp}");
    }
}
