//! Tasks in a SQLite file: they outlive the process.

use std::fmt;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::Semaphore;
use toolwright_core::error::{Error, Result};
use toolwright_server::tasks::{Stored, TaskRecord, TaskStore};

mod file;
mod table;
mod job;
mod desk;

use desk::{Desk, Listener, Listeners, now};
use job::{Job, job};
use table::{Row, whole};

/// How many jobs wait for the thread; who has one more waits without holding up its own thread.
const QUEUE: usize = 256;

/// Keeps tasks in a SQLite file. Cheap to clone: clones share a connection and its thread.
///
/// What was acknowledged is on the disk: no kill and no loss of power takes it back. A task that was worked on when its
/// process ended is found failed, half a minute later at most. Several processes of one machine may share the file; each
/// hears within 100 ms what the others change. The file must not lie on a network.
///
/// When there are as many tasks as may be, the one that ended first is forgotten; those that still run never are.
///
/// ```
/// use toolwright::prelude::*;
/// use toolwright::tasks::SqliteTasks;
///
/// # fn main() -> toolwright::Result {
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("tasks.db");
/// let tasks = SqliteTasks::open(file, 10_000)?;
/// let server = Server::new("shop").task_store(tasks);
/// # let _ = server;
/// # Ok(())
/// # }
/// ```
///
/// What that costs: each change of a task waits for the disk, once for up to 64 changes that come together. Reading waits
/// behind that, and for nothing else. Changes of other processes are looked for ten times a second, in some microseconds,
/// for as long as any process works on a task in the file; else never.
#[derive(Clone)]
pub struct SqliteTasks {
    jobs: Sender<Box<dyn Job>>,
    places: Arc<Semaphore>,
    listeners: Listeners,
    most: usize,
}

impl fmt::Debug for SqliteTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqliteTasks of at most {}", self.most)
    }
}

impl SqliteTasks {
    /// Opens a file for so many tasks at most, and makes it if it is missing, readable by its owner alone. Blocks for a
    /// moment.
    ///
    /// # Errors
    ///
    /// When the file cannot be made, read or written, or belongs to another program or a newer version of this one: it is
    /// left as it was then.
    pub fn open(file: impl AsRef<Path>, most: usize) -> Result<Self> {
        // An absolute path is never mistaken for one of SQLite's special names, such as `file:…`.
        let conn = file::open(&std::path::absolute(file)?)?;
        let listeners = Listeners::default();
        let desk = Desk::new(conn, Arc::clone(&listeners))?;
        let (jobs, taken) = channel();
        std::thread::Builder::new().name("tasks".into()).spawn(move || desk.run(&taken))?;
        Ok(Self { jobs, places: Arc::new(Semaphore::new(QUEUE)), listeners, most })
    }

    async fn ask<T: Send + 'static>(
        &self,
        writes: bool,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let gone = || Error::msg("the file of the tasks: its thread is gone");
        let place = Arc::clone(&self.places).acquire_owned().await?;
        let (job, outcome) = job(writes, place, work);
        self.jobs.send(job).map_err(|_| gone())?;
        outcome.await.unwrap_or_else(|_| Err(gone()))
    }
}

impl TaskStore for SqliteTasks {
    fn create(&self, record: TaskRecord) -> Stored<'_, ()> {
        Box::pin(async move {
            let (now, most) = (now(), self.most);
            let row = Row::new(&record, now)?;
            if self.ask(true, move |conn| table::create(conn, &row, most, now)).await? {
                return Ok(());
            }
            Err(Error::msg(format!("{most} tasks are kept, and all of them run")))
        })
    }

    fn get<'a>(&'a self, id: &'a str) -> Stored<'a, Option<TaskRecord>> {
        let id = id.to_owned();
        Box::pin(async move {
            let json = self.ask(false, move |conn| table::get(conn, &id, now())).await?;
            Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
        })
    }

    fn replace(&self, record: TaskRecord) -> Stored<'_, bool> {
        Box::pin(async move {
            let row = Row::new(&record, now())?;
            self.ask(true, move |conn| table::replace(conn, &row, now())).await
        })
    }

    fn renew<'a>(&'a self, worker: &'a str, lease: Duration) -> Stored<'a, ()> {
        let worker = worker.to_owned();
        let lease = whole(lease.as_millis());
        Box::pin(self.ask(true, move |conn| table::renew(conn, &worker, lease, now())))
    }

    fn is_alive<'a>(&'a self, worker: &'a str) -> Stored<'a, bool> {
        let worker = worker.to_owned();
        Box::pin(self.ask(false, move |conn| table::is_alive(conn, &worker, now())))
    }

    fn listen(&self, changed: Listener) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(changed);
    }
}
