//! Legacy sessions over HTTP: made last, bound to their principal, counted, forgotten when unused (rules G10, G16).

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::AbortHandle;
use tokio::time::Instant;
use toolwright_core::Canceller;

use super::replay::Log;
use crate::era::Session;
use crate::limits::Limits;
use crate::outbox::Outbox;
use crate::questions::Questions;
use crate::service::Service;
use crate::subscriptions::Subscriptions;

/// How many streams of a session can be come back to.
const STREAMS: usize = 32;

/// Who asks, as found out by whoever stands before the endpoint: put it into the extensions of the request.
///
/// A session belongs to the principal that began it; to any other it does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal(pub Arc<str>);

/// Sessions by the text of their ids: ordered, as finding one then costs less than hashing its id.
type Table = BTreeMap<[u8; ID], Arc<HttpSession>>;

/// How long an id is: 128 bits, as hexadecimal digits.
const ID: usize = 32;

/// All sessions of an endpoint.
#[derive(Debug)]
pub(super) struct Sessions {
    by_id: Arc<Mutex<Table>>,
    /// Somebody ends those that nobody uses; changed under the table's lock.
    is_swept: Arc<AtomicBool>,
    limits: Limits,
    began: Instant,
}

/// One session.
#[derive(Debug)]
pub(super) struct HttpSession {
    pub(super) id: Box<str>,
    principal: Option<Principal>,
    pub(super) client: Session,
    pub(super) questions: Arc<Questions>,
    /// Milliseconds since the table began.
    used: AtomicU64,
    /// Used since somebody last looked: cheaper to note than the time.
    touched: AtomicBool,
    inner: Mutex<Inner>,
}

/// What changes while a session lasts.
#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) subscriptions: Subscriptions,
    running: Vec<Running>,
    streams: VecDeque<Arc<Log>>,
    next_stream: u64,
    /// For what is told unasked: made with the first stream that is opened for it.
    standalone: Option<(Arc<Log>, Arc<Outbox>)>,
}

/// A call that can be cancelled.
#[derive(Debug)]
struct Running {
    number: u64,
    key: Box<str>,
    canceller: Canceller,
    abort: AbortHandle,
}

impl Sessions {
    pub(super) fn new(limits: Limits) -> Self {
        Self { by_id: Arc::default(), is_swept: Arc::default(), limits, began: Instant::now() }
    }

    /// Begins a session, if there is room for one more of this principal.
    pub(super) fn begin(&self, client: Session, principal: Option<Principal>) -> Option<Arc<HttpSession>> {
        let id = random_id()?;
        let session = Arc::new(HttpSession {
            id: id.clone(),
            principal,
            client,
            questions: Questions::new(self.limits.in_flight),
            used: AtomicU64::new(self.now()),
            touched: AtomicBool::new(false),
            inner: Mutex::default(),
        });
        let mut by_id = lock(&self.by_id);
        self.make_room(&mut by_id, session.principal.as_ref())?;
        if !self.is_swept.swap(true, Ordering::Relaxed) {
            let (table, is_swept) = (Arc::downgrade(&self.by_id), Arc::clone(&self.is_swept));
            tokio::spawn(sweep(table, is_swept, self.limits.clone(), self.began));
        }
        by_id.insert(key(&id)?, Arc::clone(&session));
        Some(session)
    }

    /// The session of this id, if it is the principal's.
    pub(super) fn find(&self, id: &str, principal: Option<&Principal>) -> Option<Arc<HttpSession>> {
        let session = lock(&self.by_id)
            .get(&key(id)?)
            .filter(|session| session.principal.as_ref() == principal)
            .cloned()?;
        session.touched.store(true, Ordering::Relaxed);
        Some(session)
    }

    /// Ends a session with all that runs in it; false when the principal has none of this id.
    pub(super) fn end(&self, id: &str, principal: Option<&Principal>) -> bool {
        let Some(key) = key(id) else { return false };
        let mut by_id = lock(&self.by_id);
        if by_id.get(&key).is_none_or(|session| session.principal.as_ref() != principal) {
            return false;
        }
        let session = by_id.remove(&key);
        drop(by_id);
        if let Some(session) = session {
            session.end();
        }
        true
    }

    /// Sessions of one principal that nobody uses make room for its new ones.
    fn make_room(&self, by_id: &mut Table, principal: Option<&Principal>) -> Option<()> {
        let own = |session: &Arc<HttpSession>| session.principal.as_ref() == principal;
        let is_full = by_id.len() >= self.limits.sessions;
        let has_many = principal.is_some()
            && by_id.len() >= self.limits.sessions_per_principal
            && by_id.values().filter(|session| own(session)).count() >= self.limits.sessions_per_principal;
        if !is_full && !has_many {
            return Some(());
        }
        let now = self.now();
        let unused_since = now.checked_sub(millis(self.limits.session_init))?;
        let oldest = by_id
            .values()
            .filter(|session| own(session) && session.is_quiet())
            .filter(|session| session.used(now) <= unused_since)
            .min_by_key(|session| session.used(now))?;
        let key = key(&oldest.id)?;
        by_id.remove(&key);
        Some(())
    }

    fn now(&self) -> u64 {
        millis(self.began.elapsed())
    }
}

impl HttpSession {
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// When it was last used, as far as that is known now.
    fn used(&self, now: u64) -> u64 {
        if self.touched.swap(false, Ordering::Relaxed) {
            self.used.store(now, Ordering::Relaxed);
        }
        self.used.load(Ordering::Relaxed)
    }

    /// A new stream for the answer of a call.
    pub(super) fn open_stream(&self, limits: &Limits) -> Arc<Log> {
        let mut inner = self.lock();
        inner.next_stream += 1;
        let log = Arc::new(Log::new(inner.next_stream, limits.buffered));
        inner.forget_streams(limits.replay);
        inner.streams.push_back(Arc::clone(&log));
        log
    }

    /// The stream of that number, if it is still known.
    pub(super) fn stream(&self, number: u64) -> Option<Arc<Log>> {
        let inner = self.lock();
        let standalone = inner.standalone.iter().map(|(log, _)| log);
        inner.streams.iter().chain(standalone).find(|log| log.number == number).cloned()
    }

    /// The stream for what is told unasked.
    pub(super) fn standalone(&self, service: &Service) -> (Arc<Log>, Arc<Outbox>) {
        let made = || (Arc::new(Log::new(0, service.limits().replay)), Outbox::listening(service, None));
        self.lock().standalone.get_or_insert_with(made).clone()
    }

    /// Notes a call that runs, so that it can be cancelled; gives the number to forget it by.
    pub(super) fn began(&self, key: Box<str>, canceller: Canceller, abort: AbortHandle) -> u64 {
        let mut inner = self.lock();
        let number = inner.running.last().map_or(0, |last| last.number + 1);
        inner.running.push(Running { number, key, canceller, abort });
        number
    }

    /// The call came to its end.
    pub(super) fn ended(&self, number: u64) {
        self.lock().running.retain(|running| running.number != number);
    }

    /// Cancels the calls with this id: clients that use one for all of them mean all of them.
    pub(super) fn cancel(&self, key: &str) {
        for running in self.lock().running.iter().filter(|running| *running.key == *key) {
            running.canceller.cancel();
            running.abort.abort();
        }
    }

    fn end(&self) {
        self.questions.close();
        let mut guard = self.lock();
        let inner = &mut *guard;
        for running in inner.running.drain(..) {
            running.canceller.cancel();
            running.abort.abort();
        }
        for log in inner.streams.drain(..).chain(inner.standalone.take().map(|(log, _)| log)) {
            log.end();
        }
    }

    /// Nothing runs in it, and nobody listens.
    fn is_quiet(&self) -> bool {
        let inner = self.lock();
        inner.running.is_empty() && inner.standalone.as_ref().is_none_or(|(log, _)| !log.is_read())
    }
}

impl Inner {
    /// Forgets streams that came to their end, the oldest first, while they are many or large.
    fn forget_streams(&mut self, most: usize) {
        let mut bytes: usize = self.streams.iter().map(|log| log.bytes()).sum();
        while self.streams.len() >= STREAMS || bytes > most {
            let Some(at) = self.streams.iter().position(|log| log.is_ended()) else { return };
            bytes -= self.streams.remove(at).map_or(0, |log| log.bytes());
        }
    }
}

/// Ends sessions that nobody uses; ends itself with the last of them.
async fn sweep(sessions: Weak<Mutex<Table>>, is_swept: Arc<AtomicBool>, limits: Limits, began: Instant) {
    let pause = limits.session_init.min(limits.session_idle).max(Duration::from_millis(10)) / 2;
    loop {
        tokio::time::sleep(pause).await;
        let Some(sessions) = sessions.upgrade() else { return };
        let mut sessions = lock(&sessions);
        let now = millis(began.elapsed());
        sessions.retain(|_, session| {
            let patience = if session.client.is_ready() { limits.session_idle } else { limits.session_init };
            let unused = now.saturating_sub(session.used(now)) >= millis(patience);
            let keep = !unused || !session.is_quiet();
            if !keep {
                session.end();
            }
            keep
        });
        if sessions.is_empty() {
            is_swept.store(false, Ordering::Relaxed);
            return;
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a session is found by.
fn key(id: &str) -> Option<[u8; ID]> {
    id.as_bytes().try_into().ok()
}

/// 128 bits from the system, as 32 hexadecimal digits.
pub(super) fn random_id() -> Option<Box<str>> {
    let mut bytes = [0; 16];
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::error!("no random numbers from the system: {error}");
        return None;
    }
    let mut id = String::with_capacity(ID);
    for byte in bytes {
        let _ = write!(id, "{byte:02x}");
    }
    Some(id.into())
}
