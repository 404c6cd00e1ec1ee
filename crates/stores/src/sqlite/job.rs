//! Work for the thread that has the file, and the way its outcome comes back.

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use toolwright_core::error::{Error, Result};

/// Work that is answered once it is known whether it is kept.
pub(super) trait Job: Send {
    /// Whether it changes anything.
    fn writes(&self) -> bool;

    /// Does the work; with an error all work of the same transaction is lost.
    fn run(&mut self, conn: &Connection) -> rusqlite::Result<()>;

    /// Says how it went, or why it is lost.
    fn answer(self: Box<Self>, lost: Option<&str>);
}

/// Makes a job of work; its outcome comes by the channel.
pub(super) fn job<T: Send + 'static>(
    writes: bool,
    place: OwnedSemaphorePermit,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> (Box<dyn Job>, oneshot::Receiver<Result<T>>) {
    let (reply, outcome) = oneshot::channel();
    (Box::new(Asked { writes, work: Some(work), value: None, reply, _place: place }), outcome)
}

struct Asked<T, F> {
    writes: bool,
    work: Option<F>,
    value: Option<T>,
    reply: oneshot::Sender<Result<T>>,
    _place: OwnedSemaphorePermit,
}

impl<T: Send, F: FnOnce(&Connection) -> rusqlite::Result<T> + Send> Job for Asked<T, F> {
    fn writes(&self) -> bool {
        self.writes
    }

    fn run(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        self.value = self.work.take().map(|work| work(conn)).transpose()?;
        Ok(())
    }

    fn answer(self: Box<Self>, lost: Option<&str>) {
        let why = || Error::msg(format!("the file of the tasks: {}", lost.unwrap_or("nothing was done")));
        let outcome = self.value.filter(|_| lost.is_none()).ok_or_else(why);
        // Who asked may have left.
        let _ = self.reply.send(outcome);
    }
}
