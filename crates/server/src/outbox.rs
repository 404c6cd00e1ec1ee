//! Notifications and changes on their way out: put in from any thread, taken out by the connection.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;

use serde_json::Value;
use toolwright_core::change::{Change, Listener};
use toolwright_core::request::{Asking, Peer};

use crate::questions::Questions;
use crate::service::Service;
use crate::subscriptions::Subscriptions;

/// How many changes a connection may be behind before it is told that everything may have changed.
const CHANGES: usize = 256;

/// The notifications that a connection has not written yet.
#[derive(Debug)]
pub(crate) struct Outbox {
    /// Spares the connection the lock when there is nothing.
    filled: AtomicBool,
    changed: AtomicBool,
    hung_up: AtomicBool,
    inner: Mutex<Inner>,
    most: usize,
    /// Where what the client is asked waits for its answer; without, it cannot be asked.
    questions: Option<Arc<Questions>>,
}

#[derive(Debug, Default)]
struct Inner {
    lines: Vec<u8>,
    changes: Pending,
    connection: Option<Waker>,
}

/// What changed since it was last told.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) known: Vec<Change>,
    /// So much else that it was not kept.
    pub(crate) and_more: bool,
}

impl Outbox {
    /// Holds at most about so many bytes; what comes while it is full is dropped.
    pub(crate) fn new(most: usize, questions: Option<Arc<Questions>>) -> Self {
        Self {
            filled: AtomicBool::new(false),
            changed: AtomicBool::new(false),
            hung_up: AtomicBool::new(false),
            inner: Mutex::default(),
            most,
            questions,
        }
    }

    /// One that hears of every change for as long as it lives.
    pub(crate) fn listening(service: &Service, questions: Option<Arc<Questions>>) -> Arc<Self> {
        let outbox = Arc::new(Self::new(service.limits().buffered, questions));
        let listener: Weak<Self> = Arc::downgrade(&outbox);
        service.core().changes().listen(listener);
        outbox
    }

    /// Writes what changed since it was last asked, one line each: to listeners, and to the session if that hears it.
    pub(crate) fn tell_changes(
        &self,
        subscriptions: &Subscriptions,
        hears: impl Fn(&Change) -> bool,
        out: &mut Vec<u8>,
    ) {
        let mut changes = self.take_changes();
        if changes.and_more {
            changes.known.extend(subscriptions.everything());
        }
        for change in &changes.known {
            subscriptions.tell(change, hears(change), out);
        }
    }

    /// Moves all notifications behind what `out` holds up to `at`, before the rest of it.
    pub(crate) fn drain_into(&self, out: &mut Vec<u8>, at: usize) {
        if self.filled.swap(false, Ordering::AcqRel) {
            let lines = std::mem::take(&mut self.lock().lines);
            out.splice(at..at, lines);
        }
    }

    /// All changes that were not told yet.
    fn take_changes(&self) -> Pending {
        if self.changed.swap(false, Ordering::AcqRel) {
            std::mem::take(&mut self.lock().changes)
        } else {
            Pending::default()
        }
    }

    /// Puts in what must not be dropped.
    pub(crate) fn put(&self, message: &[u8]) {
        self.put_into(self.lock(), message);
    }

    fn put_into(&self, mut inner: MutexGuard<'_, Inner>, message: &[u8]) {
        inner.lines.extend_from_slice(message);
        inner.lines.push(b'\n');
        self.filled.store(true, Ordering::Release);
        if let Some(waker) = inner.connection.take() {
            waker.wake();
        }
    }

    /// Whom to wake when something is put in.
    pub(crate) fn wake(&self, waker: &Waker) {
        let connection = &mut self.lock().connection;
        if !connection.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *connection = Some(waker.clone());
        }
    }

    /// Whether a call wants its stream ended.
    #[cfg(feature = "http")]
    pub(crate) fn is_hung_up(&self) -> bool {
        self.hung_up.load(Ordering::Acquire)
    }

    /// Asks the same, once.
    #[cfg(feature = "http")]
    pub(crate) fn take_hung_up(&self) -> bool {
        self.hung_up.swap(false, Ordering::AcqRel)
    }

    pub(crate) fn is_filled(&self) -> bool {
        self.filled.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Peer for Outbox {
    fn notify(&self, message: Vec<u8>) {
        let inner = self.lock();
        if inner.lines.len() + message.len() <= self.most {
            self.put_into(inner, &message);
        }
    }

    fn hang_up(&self) {
        let mut inner = self.lock();
        self.hung_up.store(true, Ordering::Release);
        if let Some(waker) = inner.connection.take() {
            waker.wake();
        }
    }

    fn ask(self: Arc<Self>, method: &str, params: &Value) -> Option<Asking> {
        let peer = Arc::clone(&self) as Arc<dyn Peer>;
        self.questions.as_ref()?.ask(method, params, peer, |request| self.put(request))
    }
}

/// The outbox of one request, made when its handler first wants to say something.
#[cfg(feature = "http")]
#[derive(Debug)]
pub(crate) struct OnDemand<'a> {
    made: std::cell::OnceCell<Arc<Outbox>>,
    most: usize,
    questions: Option<&'a Arc<Questions>>,
}

#[cfg(feature = "http")]
impl<'a> OnDemand<'a> {
    pub(crate) fn new(most: usize, questions: Option<&'a Arc<Questions>>) -> Self {
        Self { made: std::cell::OnceCell::new(), most, questions }
    }

    pub(crate) fn peer(&self) -> Arc<dyn Peer> {
        let made = || Arc::new(Outbox::new(self.most, self.questions.cloned()));
        Arc::clone(self.made.get_or_init(made)) as Arc<dyn Peer>
    }

    /// What was made, if anything was.
    pub(crate) fn into_made(self) -> Option<Arc<Outbox>> {
        self.made.into_inner()
    }
}

impl Listener for Outbox {
    fn changed(&self, change: &Change) {
        let mut inner = self.lock();
        let changes = &mut inner.changes;
        if changes.and_more || changes.known.contains(change) {
            return;
        }
        if changes.known.len() < CHANGES && *change != Change::Everything {
            changes.known.push(change.clone());
        } else {
            *changes = Pending { known: Vec::new(), and_more: true };
        }
        self.changed.store(true, Ordering::Release);
        if let Some(waker) = inner.connection.take() {
            waker.wake();
        }
    }
}
