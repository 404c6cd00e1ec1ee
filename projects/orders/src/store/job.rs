//! Jobs: work handed to a database thread, and the way its outcome comes back.

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::error::StoreError;

/// How many jobs may wait; the next caller waits without blocking its thread.
pub(super) const QUEUE: usize = 256;

/// Work for a database thread.
pub(super) trait Job: Send {
    /// Does the work and keeps the outcome; false when nothing of it should stay.
    fn run(&mut self, conn: &Connection) -> bool;

    /// Tells the caller the outcome.
    fn finish(self: Box<Self>);

    /// Tells the caller that the work was lost, unless it had failed before.
    fn fail(self: Box<Self>, error: StoreError);
}

/// The sending end of a thread's queue.
pub(super) type Queue = mpsc::Sender<Box<dyn Job>>;

/// The receiving end of a thread's queue.
pub(super) type Jobs = mpsc::Receiver<Box<dyn Job>>;

/// Where the outcome of a job arrives.
pub(super) type Outcome<T> = oneshot::Receiver<Result<T, StoreError>>;

/// Hands `work` to the thread behind `queue` and waits for its outcome.
pub(super) async fn submit<T, F>(queue: &Queue, work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
{
    let (job, outcome) = job(work);
    queue.send(job).await.map_err(|_| StoreError::Closed)?;
    outcome.await.map_err(|_| StoreError::Closed)?
}

/// Makes a job of `work`, and the place where its outcome will arrive.
pub(super) fn job<T, F>(work: F) -> (Box<dyn Job>, Outcome<T>)
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
{
    let (reply, outcome) = oneshot::channel();
    (Box::new(Task { work: Some(work), outcome: None, reply }), outcome)
}

struct Task<T, F> {
    work: Option<F>,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, conn: &Connection) -> bool {
        // A caller that has left before its turn gets nothing done.
        if self.reply.is_closed() {
            return false;
        }
        self.outcome = self.work.take().map(|work| work(conn));
        matches!(self.outcome, Some(Ok(_)))
    }

    fn finish(self: Box<Self>) {
        if let Some(outcome) = self.outcome {
            // The caller may have left meanwhile.
            let _ = self.reply.send(outcome);
        }
    }

    fn fail(self: Box<Self>, error: StoreError) {
        let error = self.outcome.and_then(Result::err).unwrap_or(error);
        let _ = self.reply.send(Err(error));
    }
}
