//! The store: orders in one SQLite file, one thread that writes and a few that read.
//!
//! A [`Store`] is a cheap handle; its methods never block the thread they are awaited on.

mod error;
mod options;
mod scratch;
mod connection;
mod schema;
mod rows;
mod seed;
mod change;
mod idempotency;
mod search;
mod summary;
mod job;
mod reader;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, ErrorCode, ffi};
use tokio::sync::{mpsc, oneshot};

use crate::domain::{Clock, IdempotencyKey, NewOrder, Order, OrderId, Status};
use change::Change;
use connection::Durability;
use job::{Jobs, QUEUE, Queue, submit};
use scratch::Scratch;

pub use error::StoreError;
pub use options::Options;
pub use search::{MAX_LIMIT, Page, Search};
pub use summary::{StatusSummary, Summary};

/// A handle to the orders; clones share the same threads, which end with the last of them.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    writes: Queue,
    reads: Queue,
    clock: Arc<dyn Clock>,
    /// Declared after the queues, so that the threads are told to end before they are waited for.
    end: End,
}

/// The end of the writing thread, which is the last to end.
#[derive(Debug)]
struct End {
    reached: oneshot::Receiver<()>,
    /// Only for a database in memory, whose files would outlive a process that did not wait.
    joined: Option<JoinHandle<()>>,
}

impl Drop for End {
    fn drop(&mut self) {
        if let Some(writer) = self.joined.take() {
            // A panic of the thread has been reported already.
            let _ = writer.join();
        }
    }
}

impl Store {
    /// Opens the database at `path`, making it when it is missing; this blocks for a moment.
    ///
    /// The path `:memory:` means [`Store::in_memory`], as it does elsewhere with SQLite.
    ///
    /// # Errors
    /// [`StoreError::Incompatible`] when the file belongs to another or a newer program, which leaves it
    /// as it was; [`StoreError::Database`] when it cannot be read or written.
    pub fn open(path: &Path, options: Options) -> Result<Self, StoreError> {
        if path.as_os_str() == ":memory:" {
            return Self::in_memory(options);
        }
        // An absolute path is never mistaken for one of SQLite's special names, such as `file:…`.
        let path = std::path::absolute(path).map_err(|error| unopened(path, &error))?;
        Self::start(path, None, options)
    }

    /// Makes an empty database that is gone when its last handle is dropped, which blocks for a moment.
    ///
    /// # Errors
    /// [`StoreError::Database`] when there is no room for temporary files.
    pub fn in_memory(options: Options) -> Result<Self, StoreError> {
        let scratch = Scratch::new().map_err(|error| unopened(&std::env::temp_dir(), &error))?;
        Self::start(scratch.file(), Some(scratch), options)
    }

    fn start(path: PathBuf, scratch: Option<Scratch>, options: Options) -> Result<Self, StoreError> {
        let durability = if scratch.is_some() { Durability::Scratch } else { Durability::Full };
        let mut conn = connection::open_writer(&path)?;
        schema::inspect(&conn)?;
        connection::settle_writer(&conn, durability)?;
        let clock = options.clock;
        schema::upgrade(&mut conn, |conn| match options.seed {
            true => seed::tutorial(conn, clock.unix_seconds()),
            false => Ok(()),
        })?;

        let (reads, read_jobs) = mpsc::channel(QUEUE);
        let (writes, write_jobs) = mpsc::channel(QUEUE);
        let (end, reached) = oneshot::channel();
        let temporary = scratch.is_some();
        let readers = start_readers(&path, options.readers, read_jobs)?;
        let writer = spawn("orders-writer", &path, move || {
            writer::run(&conn, write_jobs);
            // A reader only ever panics on a fault of its own; the writer closes the database regardless.
            readers.into_iter().for_each(|reader| drop(reader.join()));
            writer::checkpoint(&conn);
            drop((conn, scratch));
            let _ = end.send(());
        })?;
        let end = End { reached, joined: temporary.then_some(writer) };
        Ok(Self { inner: Arc::new(Inner { writes, reads, clock, end }) })
    }

    /// Lets go of this handle and, when it is the last, waits until all is written and closed.
    pub async fn close(self) {
        if let Some(Inner { writes, reads, mut end, .. }) = Arc::into_inner(self.inner) {
            drop((writes, reads));
            // The sender is only ever dropped when the thread has ended, which is what is waited for.
            let _ = (&mut end.reached).await;
        }
    }

    /// Finds one order with its notes.
    ///
    /// # Errors
    /// Faults of the store only.
    pub async fn order(&self, id: &OrderId) -> Result<Option<Order>, StoreError> {
        let id = id.clone();
        self.read(move |conn| {
            // One snapshot for the order and its notes.
            let _snapshot = conn.unchecked_transaction()?;
            rows::find(conn, &id)
        })
        .await
    }

    /// Lists orders in one status by rising number, at most `limit` (1 to [`MAX_LIMIT`]), without notes.
    ///
    /// # Errors
    /// Faults of the store only.
    pub async fn orders_by_status(&self, status: Status, limit: u32) -> Result<Page, StoreError> {
        self.search(Search { status: Some(status), limit, ..Search::default() }).await
    }

    /// Finds orders that meet all given conditions, one page at a time, without notes.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when the conditions make no sense.
    pub async fn search(&self, wanted: Search) -> Result<Page, StoreError> {
        self.read(move |conn| search::search(conn, &wanted)).await
    }

    /// Counts and sums all orders.
    ///
    /// # Errors
    /// Faults of the store only.
    pub async fn summary(&self) -> Result<Summary, StoreError> {
        self.read(summary::summary).await
    }

    /// Lists ids that begin with `prefix`, with or without `ORD-`, at most `limit` (1 to [`MAX_LIMIT`]).
    ///
    /// # Errors
    /// Faults of the store only.
    pub async fn order_ids_starting_with(
        &self,
        prefix: &str,
        limit: u32,
    ) -> Result<Vec<OrderId>, StoreError> {
        let prefix = prefix.to_owned();
        self.read(move |conn| search::ids_starting_with(conn, &prefix, limit)).await
    }

    /// Makes an order and returns it.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`], or [`StoreError::KeyReused`].
    pub async fn create(&self, new: NewOrder, key: Option<IdempotencyKey>) -> Result<Order, StoreError> {
        self.change(Change::Create(new), key).await
    }

    /// Moves an order to another status and returns it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::IllegalTransition`], [`StoreError::NotRefundable`], or
    /// [`StoreError::KeyReused`].
    pub async fn update_status(
        &self,
        id: &OrderId,
        status: Status,
        key: Option<IdempotencyKey>,
    ) -> Result<Order, StoreError> {
        self.change(Change::UpdateStatus { order_id: id.clone(), status }, key).await
    }

    /// Adds a note of 1 to 2000 characters to an order and returns the order.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Invalid`], or [`StoreError::KeyReused`].
    pub async fn add_note(
        &self,
        id: &OrderId,
        text: impl Into<String>,
        key: Option<IdempotencyKey>,
    ) -> Result<Order, StoreError> {
        self.change(Change::AddNote { order_id: id.clone(), text: text.into() }, key).await
    }

    /// Cancels an order, notes the reason, and returns the order.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::IllegalTransition`], [`StoreError::Invalid`], or
    /// [`StoreError::KeyReused`].
    pub async fn cancel(
        &self,
        id: &OrderId,
        reason: Option<String>,
        key: Option<IdempotencyKey>,
    ) -> Result<Order, StoreError> {
        self.change(Change::Cancel { order_id: id.clone(), reason }, key).await
    }

    /// Deletes a pending, cancelled or refunded order and returns what it was.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::NotDeletable`], or [`StoreError::KeyReused`].
    pub async fn delete(&self, id: &OrderId, key: Option<IdempotencyKey>) -> Result<Order, StoreError> {
        self.change(Change::Delete { order_id: id.clone() }, key).await
    }

    /// Adds `count` made-up orders that depend on `seed` alone, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when `count` is above a million.
    pub async fn generate(&self, count: u32, seed: u64) -> Result<u32, StoreError> {
        submit(&self.inner.writes, move |conn| seed::generate(conn, count, seed)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        submit(&self.inner.reads, work).await
    }

    async fn change(&self, change: Change, key: Option<IdempotencyKey>) -> Result<Order, StoreError> {
        let now = self.inner.clock.unix_seconds();
        submit(&self.inner.writes, move |conn| idempotency::apply_once(conn, key.as_ref(), &change, now))
            .await
    }
}

fn start_readers(path: &Path, count: usize, jobs: Jobs) -> Result<Vec<JoinHandle<()>>, StoreError> {
    let jobs = Arc::new(Mutex::new(jobs));
    let one = |_| {
        let (jobs, path) = (Arc::clone(&jobs), path.to_owned());
        spawn("orders-reader", &path.clone(), move || reader::run(&path, &jobs))
    };
    (0..count.max(1)).map(one).collect()
}

fn spawn(
    name: &str,
    path: &Path,
    body: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, StoreError> {
    thread::Builder::new().name(name.to_owned()).spawn(body).map_err(|error| unopened(path, &error))
}

fn unopened(path: &Path, error: &std::io::Error) -> StoreError {
    let code = ffi::Error { code: ErrorCode::CannotOpen, extended_code: ffi::SQLITE_CANTOPEN };
    rusqlite::Error::SqliteFailure(code, Some(format!("{}: {error}", path.display()))).into()
}

#[cfg(test)]
mod tests;
