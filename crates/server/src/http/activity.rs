//! What goes on in a connection: how many requests, and how much of their answers is not read yet.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// What the service knows of a connection, and its reader must know.
#[derive(Debug)]
pub(super) struct Activity {
    in_flight: AtomicUsize,
    /// Its requests share the connection: only whether there is one can be told.
    is_shared: AtomicBool,
    /// Of how many shared bodies a piece was given, and the next not asked for yet.
    unread: AtomicUsize,
    /// When the next piece of any was last asked for, in milliseconds since the connection began.
    moved: AtomicU64,
    began: Instant,
    /// How many bytes of shared bodies wait to be read.
    kept: AtomicUsize,
    freed: Notify,
}

/// Counts a request as long as it lives.
#[derive(Debug)]
pub(super) struct Active {
    activity: Arc<Activity>,
    is_shared: bool,
    is_unread: bool,
    kept: usize,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self {
            in_flight: AtomicUsize::new(0),
            is_shared: AtomicBool::new(false),
            unread: AtomicUsize::new(0),
            moved: AtomicU64::new(0),
            began: Instant::now(),
            kept: AtomicUsize::new(0),
            freed: Notify::new(),
        }
    }

    pub(super) fn begin(self: &Arc<Self>, is_shared: bool) -> Active {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        if is_shared {
            self.is_shared.store(true, Ordering::Relaxed);
        }
        Active { activity: Arc::clone(self), is_shared, is_unread: false, kept: 0 }
    }

    /// Whether a request is being answered.
    pub(super) fn is_busy(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) > 0
    }

    /// Whether its requests share the connection.
    pub(super) fn is_shared(&self) -> bool {
        self.is_shared.load(Ordering::Relaxed)
    }

    /// Since when a client could read, and does not.
    pub(super) fn unread_since(&self) -> Option<Instant> {
        let is_unread = self.unread.load(Ordering::Relaxed) > 0;
        is_unread.then(|| self.began + Duration::from_millis(self.moved.load(Ordering::Relaxed)))
    }
}

impl Active {
    /// Whether other requests share its connection.
    pub(super) fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Waits until no more than so many bytes of other answers wait to be read.
    pub(super) async fn room(&self, most: usize) {
        let is_full = || self.activity.kept.load(Ordering::Relaxed) > most;
        while is_full() {
            let mut freed = pin!(self.activity.freed.notified());
            freed.as_mut().enable();
            if is_full() {
                freed.await;
            }
        }
    }

    /// So many bytes of its body wait to be read now.
    pub(super) fn keeps(&mut self, bytes: usize) {
        let before = self.kept;
        if !self.is_shared || bytes == before {
            return;
        }
        self.kept = bytes;
        if bytes > before {
            self.activity.kept.fetch_add(bytes - before, Ordering::Relaxed);
        } else {
            self.activity.kept.fetch_sub(before - bytes, Ordering::Relaxed);
            self.activity.freed.notify_waiters();
        }
    }

    /// The next piece of its body is asked for: the client took the one before.
    pub(super) fn asked_on(&mut self) {
        if !self.is_shared {
            return;
        }
        let passed = u64::try_from(self.activity.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.activity.moved.store(passed, Ordering::Relaxed);
        if std::mem::take(&mut self.is_unread) {
            self.activity.unread.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// A piece of its body was given.
    pub(super) fn gave(&mut self) {
        if self.is_shared && !std::mem::replace(&mut self.is_unread, true) {
            self.activity.unread.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.asked_on();
        self.keeps(0);
        self.activity.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
