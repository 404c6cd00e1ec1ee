//! The thread that has the file: it gathers what waits into one transaction, tells of changes, then answers.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use toolwright_server::tasks::TaskRecord;

use super::job::Job;
use super::table;

/// How often changes by other processes are looked for, while there may be any.
const LOOK: Duration = Duration::from_millis(100);

/// The most jobs that share a transaction, and so the cost of one sync to disk.
const MOST: usize = 64;

pub(super) type Listener = Arc<dyn Fn(&TaskRecord) + Send + Sync>;
pub(super) type Listeners = Arc<Mutex<Vec<Listener>>>;

/// Milliseconds since 1970: all who share a file share a machine, and so a clock.
pub(super) fn now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    table::whole(now.as_millis())
}

pub(super) struct Desk {
    conn: Connection,
    listeners: Listeners,
    /// The last change that was told.
    told: i64,
    /// Until when there may be changes by other processes.
    expects: i64,
}

impl Desk {
    /// Tells of what changes from now on.
    pub(super) fn new(conn: Connection, listeners: Listeners) -> rusqlite::Result<Self> {
        let (told, expects) = (table::changes(&conn)?, 0);
        Ok(Self { conn, listeners, told, expects })
    }

    /// Works until there is nobody left to work for.
    pub(super) fn run(mut self, jobs: &Receiver<Box<dyn Job>>) {
        loop {
            let first = if self.expects > now() {
                jobs.recv_timeout(LOOK)
            } else {
                jobs.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match first {
                Ok(first) => {
                    let batch = std::iter::once(first).chain(jobs.try_iter().take(MOST - 1));
                    self.work(batch.collect());
                }
                Err(RecvTimeoutError::Timeout) => self.tell(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn work(&mut self, mut batch: Vec<Box<dyn Job>>) {
        let lost = self.commit(&mut batch).err().map(|error| {
            if !self.conn.is_autocommit()
                && let Err(error) = self.conn.execute_batch("ROLLBACK")
            {
                tracing::error!(%error, "a lost transaction could not be rolled back");
            }
            error.to_string()
        });
        self.tell();
        batch.into_iter().for_each(|job| job.answer(lost.as_deref()));
    }

    fn commit(&self, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
        let writes = batch.iter().any(|job| job.writes());
        // Whoever only reads waits for nobody.
        self.conn.execute_batch(if writes { "BEGIN IMMEDIATE" } else { "BEGIN" })?;
        batch.iter_mut().try_for_each(|job| job.run(&self.conn))?;
        self.conn.execute_batch("COMMIT")
    }

    /// Tells of all that was changed since the last time, by whomever.
    fn tell(&mut self) {
        let listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if listeners.is_empty() {
            return;
        }
        if let Err(error) = self.tell_to(&listeners) {
            tracing::warn!(%error, "changes of tasks could not be read");
            // The next job looks again.
            self.expects = 0;
        }
    }

    fn tell_to(&mut self, listeners: &[Listener]) -> rusqlite::Result<()> {
        let last = table::changes(&self.conn)?;
        if last != self.told {
            table::changed(&self.conn, self.told, last, |json| match serde_json::from_str(json) {
                Ok(record) => listeners.iter().for_each(|changed| changed(&record)),
                Err(error) => tracing::warn!(%error, "the record of a task is broken"),
            })?;
        }
        // A lease is renewed long before it is over, and that is no change of a task.
        let now = now();
        if last != self.told || self.expects < now + 1000 {
            self.expects = table::worked_until(&self.conn, now)?.unwrap_or_default();
        }
        self.told = last;
        Ok(())
    }
}
