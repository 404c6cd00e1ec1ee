//! Calls that go on as tasks: kept in a [`TaskStore`], worked on by tasks of the runtime, whatever connection began
//! them.

use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::Map;
use tokio::sync::oneshot;
use tokio::time::sleep;
use toolwright_core::change::Changes;
use toolwright_core::error::Error;
use toolwright_core::task::{Owed, TaskHost, TaskPlace, TaskWork};
use toolwright_types::input::InputResponses;
use toolwright_types::jsonrpc::{ErrorObject, code};
use toolwright_types::tasks::{Task, TaskStatus};

use crate::limits::Limits;

mod id;
mod memory;
mod running;
mod store;
mod watched;
mod worker;

pub use memory::MemoryTasks;
pub use store::{Stored, TaskRecord, TaskStore};

use running::{Room, Running};
use store::{change, stamp};
use watched::Board;
pub(crate) use watched::Watched;
use worker::{BEAT, Worker};

/// How long a client should wait between two looks at a task.
const POLL: Duration = Duration::from_secs(1);

/// The tasks of a server.
pub(crate) struct Tasks {
    keep: Keep,
    running: Arc<Running>,
    board: Board,
    changes: Changes,
    ttl: Duration,
}

/// Where the tasks are kept, and who we are there.
#[derive(Clone)]
struct Keep {
    store: Arc<dyn TaskStore>,
    worker: Arc<str>,
    running: Weak<Running>,
}

impl std::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tasks").finish_non_exhaustive()
    }
}

impl Tasks {
    pub(crate) fn new(store: Arc<dyn TaskStore>, limits: &Limits, changes: &Changes) -> Arc<Self> {
        let running = Arc::new(Running::new(limits.tasks, limits.tasks_per_principal));
        let keep = Keep {
            store,
            // Without random numbers there are no ids, and so no tasks.
            worker: id::mint(None).unwrap_or_default().into(),
            running: Arc::downgrade(&running),
        };
        let tasks = Arc::new(Self {
            keep,
            running,
            board: Board::default(),
            changes: changes.clone(),
            ttl: limits.task_ttl,
        });
        let told = Arc::downgrade(&tasks);
        tasks.keep.store.listen(Arc::new(move |record| {
            if let Some(tasks) = told.upgrade() {
                tasks.told(record);
            }
        }));
        tasks
    }

    /// Somebody changed a record: a worker here or elsewhere, or a client through any process.
    fn told(&self, record: &TaskRecord) {
        if record.has_orders() {
            self.running.poke(&record.task.task_id);
        }
        if self.board.post(record) {
            self.changes.task(record.task.task_id.as_str());
        }
    }

    /// Looks out for tasks, those of other callers left out; what is known of them is told at once.
    pub(crate) fn watch(
        self: &Arc<Self>,
        ids: impl IntoIterator<Item = String>,
        principal: Option<&str>,
    ) -> Vec<Arc<Watched>> {
        let own = ids.into_iter().filter(|id| id::belongs(id, principal));
        let watched: Vec<_> = own.map(|id| self.board.watch(&id)).collect();
        if !watched.is_empty() {
            let (tasks, watched) = (Arc::clone(self), watched.clone());
            tokio::spawn(async move {
                for one in watched {
                    if let Ok(Some(record)) = tasks.keep.look(one.id()).await {
                        // Those who listened before are told once more.
                        tasks.board.post(&record);
                        tasks.changes.task(one.id());
                    }
                }
            });
            if self.board.begin_rounds() {
                tokio::spawn(Self::make_rounds(Arc::downgrade(self)));
            }
        }
        watched
    }

    /// Looks again and again at what somebody listens for and others work on: of a worker that is gone, nobody else tells.
    async fn make_rounds(of: Weak<Self>) {
        loop {
            sleep(BEAT).await;
            let Some(tasks) = of.upgrade() else { return };
            let Some(open) = tasks.board.next_round() else { return };
            for id in open.iter().filter(|id| !tasks.running.has(id)) {
                match tasks.keep.look(id).await {
                    Ok(Some(record)) => tasks.told(&record),
                    Ok(None) => {}
                    Err(error) => {
                        tracing::warn!(?error, "a task that is listened for could not be looked at");
                    }
                }
            }
        }
    }

    /// Waits until no task runs any more.
    #[cfg(feature = "http")]
    pub(crate) async fn idle(&self) {
        self.running.idle().await;
    }

    /// Ends all tasks that run: they have failed, and no more begin.
    pub(crate) async fn end(&self) {
        self.running.end();
        self.running.idle().await;
    }

    /// What is kept under an id that belongs to the caller; what does not, is as unknown as what is not there.
    fn own(&self, id: &str, principal: Option<&str>) -> Option<(Keep, String)> {
        id::belongs(id, principal).then(|| (self.keep.clone(), id.to_owned()))
    }
}

impl TaskHost for Tasks {
    fn admit(&self, principal: Option<&str>) -> Option<Box<dyn TaskPlace>> {
        let id = id::mint(principal)?;
        let room = self.running.admit(&id, principal)?;
        Some(Box::new(Place { id, room, keep: self.keep.clone(), ttl: self.ttl }))
    }

    fn get(&self, id: &str, principal: Option<&str>) -> Owed<Task> {
        let own = self.own(id, principal);
        Box::pin(async move {
            let (keep, id) = own.ok_or_else(unknown)?;
            Ok(keep.look(&id).await.map_err(broken)?.ok_or_else(unknown)?.task)
        })
    }

    fn update(&self, id: &str, principal: Option<&str>, answers: InputResponses) -> Owed<()> {
        let own = self.own(id, principal);
        Box::pin(async move {
            let (keep, id) = own.ok_or_else(unknown)?;
            let record = keep.look(&id).await.map_err(broken)?.ok_or_else(unknown)?;
            let asked = record.task.input_requests.unwrap_or_default();
            let wrong = |(key, answer): (&String, _)| {
                asked.contains_key(key) && !serde_json::Value::is_object(answer)
            };
            if answers.iter().any(wrong) {
                return Err(ErrorObject::new(
                    code::INVALID_PARAMS,
                    "invalid parameters: an answer must be an object",
                ));
            }
            let changed = change(&*keep.store, &id, |record| record.answer(&answers)).await;
            changed.map_err(broken)?.map(|_| ()).ok_or_else(unknown)
        })
    }

    fn cancel(&self, id: &str, principal: Option<&str>) -> Owed<()> {
        let own = self.own(id, principal);
        Box::pin(async move {
            let (keep, id) = own.ok_or_else(unknown)?;
            let changed =
                change(&*keep.store, &id, |record| !std::mem::replace(&mut record.cancel, true)).await;
            changed.map_err(broken)?.ok_or_else(unknown)?;
            // Where nobody works on it, nobody else would say that it is over.
            keep.look(&id).await.map(|_| ()).map_err(broken)
        })
    }
}

impl Keep {
    /// A record as it stands: one that nobody works on any more has come to its end.
    async fn look(&self, id: &str) -> Result<Option<TaskRecord>, Error> {
        let Some(record) = self.store.get(id).await? else { return Ok(None) };
        if record.task.status.is_final() || self.is_worked_on(&record).await? {
            return Ok(Some(record));
        }
        change(&*self.store, id, |record| {
            if record.cancel {
                record.end(TaskStatus::Cancelled);
            } else {
                record.fail(ErrorObject::new(code::INTERNAL_ERROR, "whoever worked on this task is gone"));
            }
            true
        })
        .await
    }

    async fn is_worked_on(&self, record: &TaskRecord) -> Result<bool, Error> {
        if record.worker == *self.worker {
            return Ok(self.running.upgrade().is_some_and(|running| running.has(&record.task.task_id)));
        }
        self.store.is_alive(&record.worker).await
    }
}

/// Room for a task, and its id.
struct Place {
    id: String,
    room: Room,
    keep: Keep,
    ttl: Duration,
}

impl TaskPlace for Place {
    fn begin(self: Box<Self>, work: TaskWork) -> Owed<Task> {
        let Self { id, room, keep, ttl } = *self;
        let now = stamp();
        let task = Task {
            task_id: id,
            status: TaskStatus::Working,
            status_message: None,
            created_at: now.clone(),
            last_updated_at: now,
            ttl_ms: Some(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)),
            poll_interval_ms: Some(u64::try_from(POLL.as_millis()).unwrap_or(u64::MAX)),
            input_requests: None,
            result: None,
            error: None,
        };
        let record = TaskRecord {
            task,
            revision: 0,
            worker: keep.worker.to_string(),
            answers: Map::new(),
            cancel: false,
        };
        let (begun, answer) = oneshot::channel();
        let worker = Worker::new(keep.store, room, ttl);
        // Of its own, so that it is not left half begun when the call's connection ends.
        tokio::spawn(worker.run(record, work, begun));
        Box::pin(
            async move { answer.await.unwrap_or_else(|_| Err(broken(Error::msg("the worker is gone")))) },
        )
    }
}

/// Rule X5.
fn unknown() -> ErrorObject {
    ErrorObject::new(code::INVALID_PARAMS, "unknown task")
}

/// The store failed: only the operator is told why.
fn broken(error: Error) -> ErrorObject {
    tracing::error!(?error, "tasks cannot be kept");
    ErrorObject::new(code::INTERNAL_ERROR, "internal error: tasks cannot be kept")
}
