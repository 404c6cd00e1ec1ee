//! What a handler may ask of its call: progress, log messages, cancellation, who is asking, shared state.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt::{self, Display};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;

use serde::Serialize;
use serde_json::{Value, json, value::RawValue};
use tokio::sync::Notify;
use toolwright_types::capability::ClientCapabilities;
use toolwright_types::dialect::Dialect;
use toolwright_types::icon::Implementation;
use toolwright_types::logging::LogLevel;
use toolwright_types::method::notification;
use toolwright_types::version::ProtocolVersion;

use crate::change::Changes;
use crate::dialog::{AskLimits, Bound, Dialog, Seal};
use crate::error::{Error, Result};
use crate::request::{Asking, Peer, Request, Unanswered, read_or_default};
use crate::task::{Life, TaskHost};

mod ask;
mod reports;
mod task;

pub use ask::{Elicited, Question};
use reports::{Reports, is_token};

const PING: &str = "ping";

/// The call that a handler serves.
///
/// Take it as a parameter, `ctx: Context` or `ctx: &Context`; it stays out of the tool's schema. Cheap to clone.
/// Its methods work with every client: what the client did not ask for, or cannot show, is left out.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    id: Box<str>,
    dialect: &'static Dialect,
    progress_token: Option<Box<RawValue>>,
    log_level: Option<LogLevel>,
    meta: Option<Box<RawValue>>,
    trace_parent: Option<Box<str>>,
    client_info: Option<Box<RawValue>>,
    client_capabilities: Option<Box<RawValue>>,
    peer: Arc<dyn Peer>,
    states: Arc<States>,
    cancelled: AtomicBool,
    wake: Notify,
    dialog: Mutex<Dialog>,
    /// What the memory of this call belongs to, if it can have any.
    bound: Option<Bound>,
    /// Of a call that is or may become a task.
    task: OnceLock<Arc<Life>>,
    /// How many questions are to be answered while the handler waits.
    waiting: AtomicUsize,
    /// Whose call this is: woken when a question is asked elsewhere.
    call: Mutex<Option<Waker>>,
    /// Held while sending, so that nothing follows the answer.
    gate: Mutex<Gate>,
}

/// Whether the call still runs, and how far it has come.
struct Gate {
    open: bool,
    reports: Reports,
}

impl Context {
    pub(crate) fn new(request: &Request<'_>, states: &Arc<States>, dialog: Dialog) -> Self {
        Self(Arc::new(Inner {
            id: request.id.as_json().into(),
            dialect: request.dialect,
            progress_token: request
                .params
                .meta
                .progress_token
                .filter(|token| is_token(token))
                .map(ToOwned::to_owned),
            log_level: request.log_level,
            meta: request.raw_meta(),
            trace_parent: request.params.meta.traceparent.as_deref().map(Into::into),
            client_info: request.client_info.map(ToOwned::to_owned),
            client_capabilities: request.client_capabilities.map(ToOwned::to_owned),
            peer: (request.peer)(),
            states: Arc::clone(states),
            cancelled: AtomicBool::new(false),
            wake: Notify::new(),
            dialog: Mutex::new(dialog),
            bound: request.dialect.stateless.then(|| Bound::of(request)),
            task: OnceLock::new(),
            waiting: AtomicUsize::new(0),
            call: Mutex::default(),
            gate: Mutex::new(Gate { open: true, reports: Reports::new(states.reports) }),
        }))
    }

    /// A context that belongs to no call and tells nobody anything: for tests that call a tool as the function it is.
    ///
    /// ```
    /// use toolwright::Context;
    ///
    /// let ctx = Context::detached();
    /// ctx.progress(1.0, 2.0, "half way");
    /// assert!(!ctx.is_cancelled());
    /// ```
    pub fn detached() -> Self {
        struct Nobody;
        impl Peer for Nobody {
            fn notify(&self, _: Vec<u8>) {}
        }
        Self(Arc::new(Inner {
            id: "0".into(),
            dialect: Dialect::of(ProtocolVersion::LATEST),
            progress_token: None,
            log_level: None,
            meta: None,
            trace_parent: None,
            client_info: None,
            client_capabilities: None,
            peer: Arc::new(Nobody),
            states: Arc::default(),
            cancelled: AtomicBool::new(false),
            wake: Notify::new(),
            dialog: Mutex::default(),
            bound: None,
            task: OnceLock::new(),
            waiting: AtomicUsize::new(0),
            call: Mutex::default(),
            gate: Mutex::new(Gate { open: false, reports: Reports::new(0) }),
        }))
    }

    /// The JSON text of the request's id.
    pub fn request_id(&self) -> &str {
        &self.0.id
    }

    /// What the client says it is: for display and logs, never for trust.
    pub fn client(&self) -> Option<Implementation> {
        self.0.client_info.as_deref().and_then(|raw| serde_json::from_str(raw.get()).ok())
    }

    /// What the client can do for this call.
    pub fn client_capabilities(&self) -> ClientCapabilities {
        read_or_default(self.0.client_capabilities.as_deref())
    }

    /// A member of the request's `_meta`.
    pub fn meta(&self, key: &str) -> Option<Value> {
        let meta: Value = serde_json::from_str(self.0.meta.as_deref()?.get()).ok()?;
        meta.get(key).cloned()
    }

    /// The caller's W3C `traceparent`, if it sent one.
    pub fn trace_parent(&self) -> Option<&str> {
        self.0.trace_parent.as_deref()
    }

    /// State that was given to the server with `Server::state`.
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<State<T>> {
        self.0.states.get()
    }

    /// Tells every client that subscribed to it that a resource changed.
    pub fn resource_updated(&self, uri: impl Into<Arc<str>>) {
        self.0.states.changes.resource_updated(uri);
    }

    /// Ends the HTTP stream that this call is answered on: the client comes back for the answer by itself.
    ///
    /// For a call that takes long, so that no connection need be kept meanwhile. It does nothing where a stream cannot
    /// be resumed: on a pipe, and for clients before 2025-11-25 or since 2026-07-28.
    pub fn hang_up(&self) {
        if self.0.dialect.primes_streams {
            self.0.peer.hang_up();
        }
    }

    /// Sends the client a log message at the level `debug`, if it listens to that level.
    pub fn debug(&self, message: impl Display) {
        self.log(LogLevel::Debug, message.to_string());
    }

    /// Sends the client a log message at the level `info`, if it listens to that level.
    pub fn info(&self, message: impl Display) {
        self.log(LogLevel::Info, message.to_string());
    }

    /// Sends the client a log message at the level `warning`, if it listens to that level.
    pub fn warning(&self, message: impl Display) {
        self.log(LogLevel::Warning, message.to_string());
    }

    /// Sends the client a log message at the level `error`, if it listens to that level.
    pub fn error(&self, message: impl Display) {
        self.log(LogLevel::Error, message.to_string());
    }

    /// Sends the client any data as a log message, if it listens to that level.
    ///
    /// Never log secrets or personal data this way: the client may show it to anyone.
    pub fn log(&self, level: LogLevel, data: impl Serialize) {
        if self.0.log_level.is_none_or(|least| level < least) {
            return;
        }
        if let Ok(data) = serde_json::to_value(data) {
            let gate = self.gate();
            self.send(&gate, notification::MESSAGE, &json!({"level": level, "data": data}));
        }
    }

    /// Asks the client whether it is still there; ready when it answers.
    ///
    /// For a call that takes long, before it does what only a client that waits is worth.
    ///
    /// # Errors
    ///
    /// When the client is gone, answers with an error, or cannot be asked: a client since 2026-07-28 asks and is never
    /// asked, and one without a session or a stream cannot be reached.
    pub async fn ping(&self) -> Result {
        match self.ask(PING, &json!({}))?.await {
            Ok(_) => Ok(()),
            Err(Unanswered::Gone) => Err(Error::msg("the client is gone")),
            Err(Unanswered::Refused(error)) => {
                Err(Error::msg(format!("the client answered `{PING}` with an error: {}", error.message)))
            }
        }
    }

    /// Sends the client a request, unless the call is answered already.
    fn ask(&self, method: &str, params: &Value) -> Result<Asking> {
        let gate = self.gate();
        let asking = (gate.open && !self.0.dialect.stateless)
            .then(|| Arc::clone(&self.0.peer).ask(method, params))
            .flatten();
        asking.ok_or_else(|| Error::msg(format!("this client cannot be asked: `{method}` was not sent")))
    }

    /// Whether the client gave up on this call. A long computation asks now and then.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Waits until the client gives up on this call.
    ///
    /// An async handler is dropped at its next `await` anyway; this is for what it has started elsewhere.
    pub async fn cancelled(&self) {
        let mut wake = std::pin::pin!(self.0.wake.notified());
        wake.as_mut().enable();
        if !self.is_cancelled() {
            wake.await;
        }
    }

    /// The call is no longer wanted.
    pub(crate) fn cancel(&self) {
        self.gate().open = false;
        self.0.cancelled.store(true, Ordering::Release);
        self.0.wake.notify_waiters();
    }

    /// The call is about to be answered: nothing may follow.
    pub(crate) fn finish(&self) {
        let mut gate = self.gate();
        if let Some(params) = gate.reports.last() {
            self.send(&gate, notification::PROGRESS, &params);
        }
        gate.open = false;
    }

    /// Whether a client is to answer before the handler can go on.
    pub(crate) fn is_waiting(&self) -> bool {
        self.0.waiting.load(Ordering::Relaxed) > 0
    }

    fn dialog(&self) -> MutexGuard<'_, Dialog> {
        self.0.dialog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.0.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, gate: &Gate, method: &str, params: &Value) {
        if gate.open {
            let message = json!({"jsonrpc": "2.0", "method": method, "params": params});
            self.0.peer.notify(message.to_string().into_bytes());
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("request_id", &self.0.id).finish_non_exhaustive()
    }
}

/// State shared by all calls, given to the server with `Server::state`.
///
/// Take it as a parameter, `db: State<Database>`; it stays out of the tool's schema and derefs to the value.
#[derive(Debug)]
pub struct State<T>(Arc<T>);

impl<T> State<T> {
    /// Wraps a value: for tests that call a tool as the function it is.
    pub fn new(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// What all calls share: one value of each type, and where changes are told.
#[derive(Default)]
pub(crate) struct States {
    values: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    pub(crate) changes: Changes,
    pub(crate) seal: Option<Arc<dyn Seal>>,
    pub(crate) ask: AskLimits,
    /// How many reports of progress a call may send in a second.
    pub(crate) reports: u32,
    pub(crate) tasks: Option<Arc<dyn TaskHost>>,
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} states", self.values.len())
    }
}

impl States {
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        self.values.insert(TypeId::of::<T>(), Arc::new(value));
    }

    pub(crate) fn get<T: Send + Sync + 'static>(&self) -> Option<State<T>> {
        let value = self.values.get(&TypeId::of::<T>())?;
        Arc::clone(value).downcast().ok().map(State)
    }

    pub(crate) fn has(&self, id: TypeId) -> bool {
        self.values.contains_key(&id)
    }
}
