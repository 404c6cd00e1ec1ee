//! Legacy sessions over HTTP: made last, bound to their principal, counted, forgotten when unused (rules G10, G16).

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::AbortHandle;
use tokio::time::Instant;
use toolwright_core::Canceller;

use super::options::Legacy;
use super::replay::Log;
use super::sharing::Sharing;
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
    pub(super) service: Service,
    by_id: Mutex<Table>,
    /// Somebody ends those that nobody uses; changed under the table's lock.
    is_swept: AtomicBool,
    began: Instant,
    /// With other instances, if there are any.
    pub(super) sharing: Option<Sharing>,
}

/// One session.
#[derive(Debug)]
pub(super) struct HttpSession {
    pub(super) id: Box<str>,
    pub(super) principal: Option<Principal>,
    pub(super) client: Session,
    pub(super) questions: Arc<Questions>,
    /// Other instances may know it.
    pub(super) is_shared: bool,
    /// Behind this its streams and their events are numbered: no two instances give the same number.
    first: u64,
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
    pub(super) standalone: Option<Standalone>,
    /// Which of its records is known here.
    pub(super) revision: u64,
    /// The instance with the stream for changes.
    pub(super) listener: Option<String>,
}

/// The stream for what is told unasked, and what feeds it.
pub(super) type Standalone = (Arc<Log>, Arc<Outbox>);

/// A call that can be cancelled.
#[derive(Debug)]
struct Running {
    number: u64,
    key: Box<str>,
    canceller: Canceller,
    abort: AbortHandle,
}

impl Sessions {
    pub(super) fn new(service: &Service, legacy: Legacy) -> Self {
        let store = service.peers().sessions.as_ref().filter(|_| legacy == Legacy::Sessions);
        let sharing = store.zip(random_id());
        Self {
            service: service.clone(),
            by_id: Mutex::default(),
            is_swept: AtomicBool::default(),
            began: Instant::now(),
            sharing: sharing.map(|(store, me)| Sharing::new(store, me)),
        }
    }

    /// Begins a session, if there is room for one more of this principal.
    pub(super) fn begin(
        self: &Arc<Self>,
        client: Session,
        principal: Option<Principal>,
    ) -> Option<Arc<HttpSession>> {
        self.insert(&random_id()?, client, principal)
    }

    /// Takes in a session that begins, or began elsewhere; the one that is there already stays.
    pub(super) fn insert(
        self: &Arc<Self>,
        id: &str,
        client: Session,
        principal: Option<Principal>,
    ) -> Option<Arc<HttpSession>> {
        let is_shared = self.sharing.is_some();
        let first = if is_shared { random_start()? } else { 0 };
        let session = Arc::new(HttpSession {
            id: id.into(),
            principal,
            client,
            questions: Questions::new(self.service.limits().in_flight, first),
            is_shared,
            first,
            used: AtomicU64::new(self.now()),
            touched: AtomicBool::new(is_shared),
            inner: Mutex::new(Inner { next_stream: first, ..Inner::default() }),
        });
        let key = key(id)?;
        let mut by_id = lock(&self.by_id);
        if let Some(known) = by_id.get(&key) {
            return Some(Arc::clone(known));
        }
        self.make_room(&mut by_id, session.principal.as_ref())?;
        if !self.is_swept.swap(true, Ordering::Relaxed) {
            tokio::spawn(sweep(Arc::downgrade(self), self.pause()));
        }
        by_id.insert(key, Arc::clone(&session));
        Some(session)
    }

    /// The session of this id, whoever asks.
    pub(super) fn known(&self, id: &str) -> Option<Arc<HttpSession>> {
        lock(&self.by_id).get(&key(id)?).cloned()
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

    /// Ends a session here, with all that runs in it.
    pub(super) fn forget(&self, id: &str) {
        let session = key(id).and_then(|key| lock(&self.by_id).remove(&key));
        if let Some(session) = session {
            session.end();
        }
    }

    /// Sessions of one principal that nobody uses make room for its new ones.
    fn make_room(&self, by_id: &mut Table, principal: Option<&Principal>) -> Option<()> {
        let own = |session: &Arc<HttpSession>| session.principal.as_ref() == principal;
        let limits = self.service.limits();
        let is_full = by_id.len() >= limits.sessions;
        let has_many = principal.is_some()
            && by_id.len() >= limits.sessions_per_principal
            && by_id.values().filter(|session| own(session)).count() >= limits.sessions_per_principal;
        if !is_full && !has_many {
            return Some(());
        }
        let now = self.now();
        let unused_since = now.checked_sub(millis(limits.session_init))?;
        let oldest = by_id
            .values()
            .filter(|session| own(session) && session.is_quiet())
            .filter(|session| session.used(now) <= unused_since)
            .min_by_key(|session| session.used(now))?;
        let key = key(&oldest.id)?;
        by_id.remove(&key);
        Some(())
    }

    /// Ends sessions that nobody used for their time; gives those that were used since that moment.
    fn forget_unused(&self, now: u64, since: u64) -> Vec<Arc<HttpSession>> {
        let mut used = Vec::new();
        lock(&self.by_id).retain(|_, session| {
            let last = session.used(now);
            let is_quiet = session.is_quiet();
            let unused = now.saturating_sub(last) >= millis(self.patience(session.client.is_ready()));
            if unused && is_quiet {
                session.end();
                return false;
            }
            if session.is_shared && (last > since || !is_quiet) {
                used.push(Arc::clone(session));
            }
            true
        });
        used
    }

    /// Whether there is nothing to look after any more.
    fn is_done(&self) -> bool {
        let by_id = lock(&self.by_id);
        if by_id.is_empty() {
            self.is_swept.store(false, Ordering::Relaxed);
        }
        by_id.is_empty()
    }

    /// How long a session may be unused.
    pub(super) fn patience(&self, is_ready: bool) -> Duration {
        let limits = self.service.limits();
        if is_ready { limits.session_idle } else { limits.session_init }
    }

    /// How often it is looked who is unused.
    pub(super) fn pause(&self) -> Duration {
        let limits = self.service.limits();
        limits.session_init.min(limits.session_idle).max(Duration::from_millis(10)) / 2
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
        let log = Arc::new(Log::behind(0, inner.next_stream, limits.buffered));
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
    pub(super) fn standalone(&self, service: &Service) -> Standalone {
        let log = || Arc::new(Log::behind(self.first, 0, service.limits().replay));
        let made = || (log(), Outbox::listening(service, None));
        self.lock().standalone.get_or_insert_with(made).clone()
    }

    /// Whether somebody reads that stream.
    pub(super) fn is_heard(&self) -> bool {
        self.lock().standalone.as_ref().is_some_and(|(log, _)| log.is_read())
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
        !self.is_heard() && self.lock().running.is_empty()
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

/// Ends sessions that nobody uses, and tells other instances of those that somebody does; ends itself with the last of
/// them.
async fn sweep(sessions: Weak<Sessions>, pause: Duration) {
    let mut since = 0;
    loop {
        tokio::time::sleep(pause).await;
        let Some(sessions) = sessions.upgrade() else { return };
        let now = sessions.now();
        for used in sessions.forget_unused(now, since) {
            sessions.renew(&used).await;
        }
        since = now;
        if sessions.is_done() {
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
/// Whether it looks like an id of ours: others are not asked for.
pub(super) fn is_id(id: &str) -> bool {
    key(id).is_some_and(|id| id.iter().all(u8::is_ascii_hexdigit))
}

fn key(id: &str) -> Option<[u8; ID]> {
    id.as_bytes().try_into().ok()
}

/// Where numbers begin that others count, too: far enough from all others, and small enough for every client.
fn random_start() -> Option<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).ok()?;
    Some(u64::from_le_bytes(bytes) >> 14)
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
