//! The tasks that this process works on: counted, found by id, ended together.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use futures_util::task::AtomicWaker;
use tokio::sync::Notify;

pub(super) struct Running {
    most: usize,
    most_of_one: usize,
    inner: Mutex<Inner>,
    left: Notify,
}

#[derive(Default)]
struct Inner {
    by_id: HashMap<Box<str>, Arc<Orders>>,
    ended: bool,
}

/// What others want of a worker.
#[derive(Default)]
pub(super) struct Orders {
    /// Whose task it is, if that is known.
    principal: Option<Box<str>>,
    worker: AtomicWaker,
    /// Its record has something for it.
    poked: AtomicBool,
    /// The server ends.
    ended: AtomicBool,
}

impl Orders {
    /// Whom to wake for the next one.
    pub(super) fn wake(&self, waker: &Waker) {
        self.worker.register(waker);
    }

    pub(super) fn take_poked(&self) -> bool {
        self.poked.swap(false, Ordering::AcqRel)
    }

    pub(super) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

/// One of so many places.
pub(super) struct Room {
    id: Box<str>,
    pub(super) orders: Arc<Orders>,
    running: Arc<Running>,
}

impl Running {
    /// Room for so many, and for so many of one principal.
    pub(super) fn new(most: usize, most_of_one: usize) -> Self {
        Self { most, most_of_one, inner: Mutex::default(), left: Notify::new() }
    }

    pub(super) fn admit(self: &Arc<Self>, id: &str, principal: Option<&str>) -> Option<Room> {
        let mut inner = self.lock();
        if inner.ended || inner.by_id.len() >= self.most {
            return None;
        }
        let own = |orders: &&Arc<Orders>| orders.principal.as_deref() == principal;
        if principal.is_some() && inner.by_id.values().filter(own).count() >= self.most_of_one {
            return None;
        }
        let orders = Arc::new(Orders { principal: principal.map(Into::into), ..Orders::default() });
        inner.by_id.insert(id.into(), Arc::clone(&orders));
        Some(Room { id: id.into(), orders, running: Arc::clone(self) })
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.lock().by_id.contains_key(id)
    }

    /// Lets the worker of a task look at its record.
    pub(super) fn poke(&self, id: &str) {
        if let Some(orders) = self.lock().by_id.get(id) {
            orders.poked.store(true, Ordering::Release);
            orders.worker.wake();
        }
    }

    /// Ends all tasks, and lets no more begin.
    pub(super) fn end(&self) {
        let mut inner = self.lock();
        inner.ended = true;
        for orders in inner.by_id.values() {
            orders.ended.store(true, Ordering::Release);
            orders.worker.wake();
        }
    }

    /// Waits until none is left.
    pub(super) async fn idle(&self) {
        loop {
            let mut left = std::pin::pin!(self.left.notified());
            left.as_mut().enable();
            if self.lock().by_id.is_empty() {
                return;
            }
            left.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.running.lock().by_id.remove(&self.id);
        self.running.left.notify_waiters();
    }
}
