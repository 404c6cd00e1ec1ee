//! A reading thread: takes jobs from the shared queue with a connection that cannot write.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::connection::open_reader;
use super::job::{Job, Jobs};

/// Reads until the queue is closed; the connection is opened for the first job.
pub(super) fn run(path: &Path, jobs: &Mutex<Jobs>) {
    let mut opened = None;
    while let Some(mut job) = next(jobs) {
        let conn = match opened.take().map_or_else(|| open_reader(path), Ok) {
            Ok(conn) => conn,
            Err(error) => {
                tracing::error!(?error, "a reading connection could not be opened");
                job.fail(error);
                continue;
            }
        };
        job.run(&conn);
        job.finish();
        opened = Some(conn);
    }
}

/// The thread that waits for a job holds the lock; it lets go before it works.
fn next(jobs: &Mutex<Jobs>) -> Option<Box<dyn Job>> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv()
}
