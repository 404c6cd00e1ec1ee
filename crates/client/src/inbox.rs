//! Where all comes that a server says: answers to who waits for them, the rest to the handlers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use futures_util::future::{AbortHandle, abortable};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use tokio::sync::{mpsc, oneshot};
use toolwright_types::jsonrpc::{self, Id, Incoming};
use toolwright_types::meta::{Params, SUBSCRIPTION_ID};
use toolwright_types::method::notification;
use toolwright_types::progress::ProgressParams;
use toolwright_types::subscriptions::SubscriptionFilter;
use toolwright_types::tasks::{Task, TaskParams};

use crate::cache::Cache;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::handlers::Handlers;
use crate::link::{Link, Outgoing};
use crate::record::{Recorder, Side};

/// How many questions of a server are answered at once, beside one for each request that it works on.
const QUESTIONS: usize = 64;

/// Hears how far a call has come.
pub(crate) type OnProgress = Arc<dyn Fn(ProgressParams) + Send + Sync>;

/// What a listener hears.
#[derive(Debug, Clone)]
pub(crate) enum Heard {
    /// The server tells it of changes now, and of these tasks.
    Acknowledged(Vec<String>),
    Change(Change),
    /// How a task stands; none if that is not understood.
    Task(Option<Arc<Task>>),
}

pub(crate) struct Inbox {
    handlers: Handlers,
    pub(crate) cache: Cache,
    recorder: Option<Arc<Recorder>>,
    state: Mutex<State>,
}

/// By our own numbers: no server can choose ones that collide.
type Numbered<T> = HashMap<u64, T, foldhash::fast::RandomState>;

#[derive(Default)]
struct State {
    last: u64,
    waiting: Numbered<Waiting>,
    /// By the number of the request that began to listen.
    listeners: Numbered<mpsc::Sender<Heard>>,
    /// The server's questions that are being answered, by their id.
    questions: HashMap<Box<str>, AbortHandle>,
    /// Why nothing more will come.
    closed: Option<String>,
    /// The server has forgotten the session: it may answer what it was asked before, and no more.
    expired: bool,
    /// Why changes are not told.
    deaf: Option<String>,
}

struct Waiting {
    answer: oneshot::Sender<Result<Box<RawValue>>>,
    progress: Option<OnProgress>,
}

impl Inbox {
    pub(crate) fn new(handlers: Handlers, cache: Cache, recorder: Option<Arc<Recorder>>) -> Arc<Self> {
        Arc::new(Self { handlers, cache, recorder, state: Mutex::default() })
    }

    /// Writes a message down, if that is wanted.
    pub(crate) fn note(&self, from: Side, text: &[u8]) {
        if let Some(recorder) = &self.recorder {
            recorder.note(from, text);
        }
    }

    pub(crate) fn handlers(&self) -> &Handlers {
        &self.handlers
    }

    /// Gives the next request its number, and what its answer will come by.
    pub(crate) fn expect(
        &self,
        progress: Option<OnProgress>,
    ) -> Result<(u64, oneshot::Receiver<Result<Box<RawValue>>>)> {
        let (answer, receiver) = oneshot::channel();
        let mut state = self.lock();
        if let Some(why) = &state.closed {
            return Err(Error::Gone(why.clone()));
        }
        state.last += 1;
        let number = state.last;
        state.waiting.insert(number, Waiting { answer, progress });
        Ok((number, receiver))
    }

    /// Nobody waits for it any more; false when it was answered already.
    pub(crate) fn forget(&self, number: u64) -> bool {
        let mut state = self.lock();
        state.listeners.remove(&number);
        state.waiting.remove(&number).is_some()
    }

    /// What is told about the request of that number goes to this listener, too.
    pub(crate) fn listen(&self, number: u64, listener: mpsc::Sender<Heard>) {
        self.lock().listeners.insert(number, listener);
    }

    /// Hears all that a legacy server tells.
    pub(crate) fn hear(&self, listener: mpsc::Sender<Heard>) -> Result {
        let mut state = self.lock();
        if let Some(why) = &state.closed {
            return Err(Error::Gone(why.clone()));
        }
        if let Some(why) = &state.deaf {
            return Err(Error::Invalid(why.clone()));
        }
        state.last += 1;
        let number = state.last;
        state.listeners.insert(number, listener);
        Ok(())
    }

    /// Why changes are not told, if they are not.
    pub(crate) fn deaf(&self) -> Option<String> {
        self.lock().deaf.clone()
    }

    /// Changes are not told from now on.
    #[cfg(feature = "http")]
    pub(crate) fn deafen(&self, why: String) {
        let mut state = self.lock();
        state.deaf = Some(why);
        state.listeners.clear();
    }

    /// The session is over, and what listens must do so in another.
    #[cfg(feature = "http")]
    pub(crate) fn expire(&self) {
        let mut state = self.lock();
        state.expired = true;
        state.listeners.clear();
    }

    /// Whether nothing more can be asked.
    pub(crate) fn has_ended(&self) -> bool {
        let state = self.lock();
        state.expired || state.closed.is_some()
    }

    pub(crate) fn why_closed(&self) -> Option<String> {
        self.lock().closed.clone()
    }

    /// Whether an answer is still to come.
    #[cfg(feature = "http")]
    pub(crate) fn waits_for(&self, number: u64) -> bool {
        self.lock().waiting.contains_key(&number)
    }

    #[cfg(feature = "http")]
    pub(crate) fn fail(&self, number: u64, error: Error) {
        self.answered(number, Err(error));
    }

    /// Nothing more will come.
    pub(crate) fn close(&self, why: &str) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.closed = Some(why.to_owned());
        }
        let waiting = std::mem::take(&mut state.waiting);
        state.listeners.clear();
        for (_, question) in state.questions.drain() {
            question.abort();
        }
        drop(state);
        for (_, waiting) in waiting {
            let _ = waiting.answer.send(Err(Error::Gone(why.to_owned())));
        }
    }

    /// Takes one message, or a batch of them; questions are answered over the link.
    pub(crate) fn take(self: &Arc<Self>, text: &[u8], link: &Weak<dyn Link>) {
        let text = text.trim_ascii();
        self.note(Side::Server, text);
        self.take_noted(text, link);
    }

    fn take_noted(self: &Arc<Self>, text: &[u8], link: &Weak<dyn Link>) {
        if text.first() == Some(&b'[') {
            let messages: Vec<&RawValue> = serde_json::from_slice(text).unwrap_or_default();
            return messages.iter().for_each(|message| self.take_noted(message.get().as_bytes(), link));
        }
        match jsonrpc::read(text) {
            Ok(Incoming::Response { id, outcome }) => {
                let Some(number) = id.and_then(|id| id.as_json().parse().ok()) else { return };
                self.answered(number, outcome.map(ToOwned::to_owned).map_err(refused));
            }
            Ok(Incoming::Notification { method, params }) => self.told(&method, &params),
            Ok(Incoming::Request { id, method, params }) => self.asked(id, &method, &params, link),
            Ok(Incoming::Void) | Err(_) => match &self.handlers.stray {
                Some(hear) => hear(&String::from_utf8_lossy(text)),
                None => tracing::debug!("the server said what is no message"),
            },
        }
    }

    fn answered(&self, number: u64, answer: Result<Box<RawValue>>) {
        let mut state = self.lock();
        state.listeners.remove(&number);
        // A late answer to what nobody waits for is ignored (rule C11).
        let Some(waiting) = state.waiting.remove(&number) else { return };
        drop(state);
        let _ = waiting.answer.send(answer);
    }

    fn told(&self, method: &str, params: &Params<'_>) {
        match method {
            notification::PROGRESS => self.progressed(params),
            notification::MESSAGE => {
                if let (Some(log), Ok(message)) = (&self.handlers.log, params.read()) {
                    Handlers::tell(log.as_ref(), message);
                }
            }
            notification::CANCELLED => {
                let cancelled: Option<Cancelled<'_>> = params.read().ok();
                let id = cancelled.and_then(|cancelled| Id::from_json(cancelled.request_id));
                if let Some(question) = id.and_then(|id| self.lock().questions.remove(id.key().as_ref())) {
                    question.abort();
                }
            }
            _ => self.changed(method, params),
        }
    }

    fn progressed(&self, params: &Params<'_>) {
        let Ok(progress) = params.read::<ProgressParams>() else { return };
        let toolwright_types::progress::ProgressToken::Integer(token) = progress.progress_token else {
            return;
        };
        let Ok(number) = u64::try_from(token) else { return };
        let hear = self.lock().waiting.get(&number).and_then(|waiting| waiting.progress.clone());
        if let Some(hear) = hear {
            Handlers::tell(hear.as_ref(), progress);
        }
    }

    /// A change goes to the listener it is meant for, or to all when it does not say.
    fn changed(&self, method: &str, params: &Params<'_>) {
        #[derive(Deserialize)]
        struct Told {
            #[serde(default)]
            uri: String,
            #[serde(default)]
            notifications: SubscriptionFilter,
            #[serde(default, rename = "_meta")]
            meta: serde_json::Map<String, Value>,
        }
        let Ok(told) = params.read::<Told>() else { return };
        let heard = match method {
            notification::ACKNOWLEDGED => {
                Heard::Acknowledged(told.notifications.task_ids.unwrap_or_default())
            }
            notification::TOOLS_CHANGED => Heard::Change(Change::Tools),
            notification::PROMPTS_CHANGED => Heard::Change(Change::Prompts),
            notification::RESOURCES_CHANGED => Heard::Change(Change::Resources),
            notification::RESOURCE_UPDATED => Heard::Change(Change::Resource(told.uri)),
            notification::TASK => {
                let told: Option<TaskParams> = params.read().ok();
                Heard::Task(told.map(|told| Arc::new(told.task)))
            }
            _ => return,
        };
        if let Heard::Change(change) = &heard {
            self.cache.changed(change);
        }
        let meant = told.meta.get(SUBSCRIPTION_ID).map(Value::as_u64);
        self.lock().listeners.retain(|number, listener| {
            let is_meant = meant.is_none_or(|meant| meant == Some(*number));
            match is_meant.then(|| listener.try_send(heard.clone())) {
                Some(Err(mpsc::error::TrySendError::Full(_))) => {
                    tracing::warn!("a listener is too far behind: it misses a change");
                    true
                }
                Some(Err(mpsc::error::TrySendError::Closed(_))) => false,
                _ => true,
            }
        });
    }

    /// Answers a question of a legacy server, on a task: its answer may take a person's time.
    fn asked(self: &Arc<Self>, id: Id<'_>, method: &str, params: &Params<'_>, link: &Weak<dyn Link>) {
        let key: Box<str> = id.key().into();
        let mut state = self.lock();
        if state.questions.len() >= QUESTIONS + state.waiting.len() || state.questions.contains_key(&key) {
            // Answering these, too, is what would never end.
            tracing::warn!("a question is not answered: the server asks too much at once");
            return;
        }
        let (inbox, method, link) = (Arc::clone(self), method.to_owned(), Weak::clone(link));
        let params: Value = params.read().unwrap_or_default();
        let (id, asked) = (id.as_json().to_owned(), key.clone());
        let (answering, abort) = abortable(async move {
            let text = match inbox.handlers.answer(&method, params).await {
                Ok(result) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#),
                Err(error) => format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{}}}"#, json!(error)),
            };
            inbox.note(Side::Client, text.as_bytes());
            if let Some(link) = link.upgrade()
                && let Err(error) = link.send(Outgoing { text, ..Outgoing::default() }).await
            {
                tracing::debug!("a question could not be answered: {error}");
            }
            inbox.lock().questions.remove(&asked);
        });
        state.questions.insert(key, abort);
        drop(state);
        tokio::spawn(answering);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
struct Cancelled<'a> {
    #[serde(borrow, rename = "requestId")]
    request_id: &'a RawValue,
}

pub(crate) fn refused(error: &RawValue) -> Error {
    serde_json::from_str(error.get()).map_or_else(|error| Error::invalid("an error", error), Error::Refused)
}
