//! What a call is that became a task: it goes on after its answer, and is asked for by its id (rules X1 to X10).
//!
//! <https://modelcontextprotocol.io/extensions/tasks/overview>

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{self, Poll};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};
use toolwright_types::capability::ClientCapabilities;
use toolwright_types::input::{InputRequest, InputRequests, InputResponses};
use toolwright_types::jsonrpc::ErrorObject;
use toolwright_types::tasks::{EXTENSION, Task};

use crate::error::ToolError;
use crate::request::{Request, read_or_default, undeclared};

/// How a tool's calls become tasks, for clients that declared the extension.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskSupport {
    /// Other clients cannot call the tool; without this, they get an ordinary call.
    pub required: bool,
    /// A call becomes a task where its handler says so, with `Context::begin_task`; without this, at its beginning.
    pub deferred: bool,
}

/// What a keeper of tasks owes.
pub type Owed<T> = Pin<Box<dyn Future<Output = Result<T, ErrorObject>> + Send>>;

/// Who keeps tasks and runs them: each id belongs to the caller that it was given to, if that is known.
pub trait TaskHost: Send + Sync + 'static {
    /// Room for one more task; none when there are enough.
    fn admit(&self, principal: Option<&str>) -> Option<Box<dyn TaskPlace>>;

    /// How a task stands.
    fn get(&self, id: &str, principal: Option<&str>) -> Owed<Task>;

    /// Gives a task answers to its questions; what it did not ask is left alone.
    fn update(&self, id: &str, principal: Option<&str>, answers: InputResponses) -> Owed<()>;

    /// Wants a task to stop.
    fn cancel(&self, id: &str, principal: Option<&str>) -> Owed<()>;
}

/// Room for a task.
pub trait TaskPlace: Send {
    /// Keeps the task and lets it run; ready when it can be asked for (rule X4).
    fn begin(self: Box<Self>, work: TaskWork) -> Owed<Task>;
}

/// A handler that goes on as a task. Dropping it stops the handler at its `await`.
pub struct TaskWork {
    handler: Box<Handling>,
    life: Arc<Life>,
}

/// Goes on with a handler; writes the result, or gives the error.
pub(crate) type Handling =
    dyn FnMut(&mut task::Context<'_>, &mut Vec<u8>) -> Poll<Result<(), ErrorObject>> + Send;

impl fmt::Debug for TaskWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskWork").finish_non_exhaustive()
    }
}

impl TaskWork {
    pub(crate) fn new(life: Arc<Life>, handler: Box<Handling>) -> Self {
        Self { handler, life }
    }

    /// Goes on with the handler; writes the result behind what `out` holds, or gives the error.
    pub fn poll(&mut self, cx: &mut task::Context<'_>, out: &mut Vec<u8>) -> Poll<Result<(), ErrorObject>> {
        (self.handler)(cx, out)
    }

    /// All that is to be answered now, if that is something else than when it was last asked for.
    pub fn questions(&self) -> Option<InputRequests> {
        let mut inner = self.life.lock();
        std::mem::take(&mut inner.changed)
            .then(|| inner.open.iter().map(|(key, open)| (key.clone(), open.question.clone())).collect())
    }

    /// Whether the handler has said how it stands since that was last taken.
    pub fn has_said(&self) -> bool {
        self.life.lock().said.is_some()
    }

    /// Takes what the handler said last of how it stands.
    pub fn take_said(&self) -> Option<String> {
        self.life.lock().said.take()
    }

    /// Gives answers to those who asked.
    pub fn answer(&self, answers: InputResponses) {
        let mut inner = self.life.lock();
        for (key, answer) in answers {
            if let Some(open) = inner.open.remove(&key) {
                // Who asked may have given up just now.
                let _ = open.asker.send(answer);
            }
        }
    }
}

/// A call that may become a task, is to become one, or is one.
pub(crate) struct Life {
    host: Arc<dyn TaskHost>,
    principal: Option<Box<str>>,
    /// The longest the handler may take as a task: the host's own limit holds in any case.
    pub(crate) timeout: Duration,
    inner: Mutex<Inner>,
    begun: Notify,
}

#[derive(Default)]
struct Inner {
    stage: Stage,
    open: BTreeMap<String, Open>,
    /// What the handler said of itself last, until it is taken.
    said: Option<String>,
    /// Every key there ever was (rule X7).
    used: HashSet<String>,
    changed: bool,
}

#[derive(Default, PartialEq)]
enum Stage {
    #[default]
    Call,
    Wanted,
    Task,
}

struct Open {
    question: InputRequest,
    asker: oneshot::Sender<Value>,
}

impl Life {
    pub(crate) fn new(host: &Arc<dyn TaskHost>, principal: Option<&str>, timeout: Duration) -> Arc<Self> {
        Arc::new(Self {
            host: Arc::clone(host),
            principal: principal.map(Into::into),
            timeout,
            inner: Mutex::default(),
            begun: Notify::new(),
        })
    }

    pub(crate) fn admit(&self) -> Option<Box<dyn TaskPlace>> {
        self.host.admit(self.principal.as_deref())
    }

    /// The handler wants it; false when it is a task already.
    pub(crate) fn want(&self) -> bool {
        let mut inner = self.lock();
        if inner.stage == Stage::Call {
            inner.stage = Stage::Wanted;
        }
        inner.stage == Stage::Wanted
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.lock().stage == Stage::Wanted
    }

    pub(crate) fn is_task(&self) -> bool {
        self.lock().stage == Stage::Task
    }

    /// From now on it is a task.
    pub(crate) fn begin(&self) {
        self.lock().stage = Stage::Task;
        self.begun.notify_waiters();
    }

    /// Waits until it is a task.
    pub(crate) async fn begun(&self) {
        let mut begun = std::pin::pin!(self.begun.notified());
        begun.as_mut().enable();
        if !self.is_task() {
            begun.await;
        }
    }

    /// How the handler stands, in its own words; false when what it said before was not taken yet.
    pub(crate) fn say(&self, message: String) -> bool {
        self.lock().said.replace(message).is_none()
    }

    /// Asks under this key, or one like it if there was a question of this key before.
    pub(crate) fn ask(self: &Arc<Self>, key: &str, question: InputRequest) -> Asked {
        let (asker, answer) = oneshot::channel();
        let mut inner = self.lock();
        let mut unique = key.to_owned();
        let mut more = 1;
        while !inner.used.insert(unique.clone()) {
            more += 1;
            unique = format!("{key}-{more}");
        }
        inner.open.insert(unique.clone(), Open { question, asker });
        inner.changed = true;
        drop(inner);
        Asked { key: unique, answer, life: Arc::clone(self) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question of a task. Dropping it takes it back.
pub(crate) struct Asked {
    key: String,
    answer: oneshot::Receiver<Value>,
    life: Arc<Life>,
}

impl Asked {
    /// The answer; none when the task ends.
    pub(crate) async fn answer(&mut self) -> Option<Value> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let mut inner = self.life.lock();
        if inner.open.remove(&self.key).is_some() {
            inner.changed = true;
        }
    }
}

/// Whether this very request declared the extension (rules X1, X10).
pub(crate) fn is_declared(request: &Request<'_>) -> bool {
    let declared = || {
        let client: ClientCapabilities = read_or_default(request.client_capabilities);
        client.extensions.is_some_and(|extensions| extensions.contains_key(EXTENSION))
    };
    request.dialect.stateless && declared()
}

/// Refuses a request that did not declare the extension (rule X2).
///
/// # Errors
///
/// The protocol's error for it.
pub fn check_declared(request: &Request<'_>) -> Result<(), ErrorObject> {
    if is_declared(request) {
        return Ok(());
    }
    let message = format!("this needs a client with the extension `{EXTENSION}`");
    Err(undeclared(message, &json!({"extensions": {EXTENSION: {}}})))
}

pub(crate) fn no_room() -> ToolError {
    ToolError::new("too many tasks run already; try again when one of them has ended")
}
