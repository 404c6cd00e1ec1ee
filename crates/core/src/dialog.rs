//! What a call asked and was answered in its earlier rounds, and what it asks now (rules S31 to S35).
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr>

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json, value::RawValue};
use toolwright_types::input::{InputRequest, InputRequests};
use toolwright_types::jsonrpc::{ErrorObject, code};
use toolwright_types::method::Method;

use crate::error::{Error, Result, ToolError};
use crate::request::Request;

/// Closes what a call remembers, so that its client can carry it and only this server can read it.
pub trait Seal: Send + Sync + 'static {
    /// Seals a text for the call that `bound` describes; none when that is not possible.
    fn seal(&self, text: &[u8], bound: &[u8]) -> Option<String>;

    /// Opens what was sealed for the same call, not too long ago, and never opened before.
    fn open(&self, sealed: &str, bound: &[u8]) -> Option<Opened>;
}

/// What was sealed.
pub struct Opened {
    /// The text.
    pub text: Vec<u8>,
    /// Where it may have been opened on another instance: the handler waits for this.
    pub first: Option<First>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").finish_non_exhaustive()
    }
}

/// Whether a memory is opened for the first time; it is used up then.
pub type First = Pin<Box<dyn Future<Output = Result<bool>> + Send>>;

/// Refuses a memory that was opened before, or may have been.
pub(crate) fn refused(first: Result<bool>) -> Result<(), ErrorObject> {
    match first {
        Ok(true) => Ok(()),
        Ok(false) => Err(unusable()),
        Err(error) => {
            tracing::error!(?error, "nobody knows which memories of calls are used up");
            let why =
                "internal error: what this call was answered before cannot be checked now; try again later";
            Err(ErrorObject::new(code::INTERNAL_ERROR, why))
        }
    }
}

fn unusable() -> ErrorObject {
    invalid("`requestState` is not for this request, was used, or is too old")
}

fn invalid(why: &str) -> ErrorObject {
    ErrorObject::new(code::INVALID_PARAMS, format!("invalid parameters: {why}"))
}

/// What asking may cost.
#[derive(Debug, Clone, Copy)]
pub struct AskLimits {
    /// How often one call may come back with questions.
    pub rounds: u32,
    /// The longest sealed memory of a call, in bytes.
    pub state: usize,
    /// How long a legacy client may take to answer.
    pub time: Duration,
}

impl Default for AskLimits {
    fn default() -> Self {
        Self { rounds: 16, state: 64 * 1024, time: Duration::from_secs(600) }
    }
}

/// What a call remembers from round to round.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Memory {
    round: u32,
    /// By key: which question it was, and the answer.
    answers: BTreeMap<String, (u64, Value)>,
    /// The questions that the client carries now.
    asked: BTreeMap<String, u64>,
    steps: Map<String, Value>,
}

/// The questions and answers of one call.
#[derive(Default)]
pub(crate) struct Dialog {
    memory: Memory,
    /// Whether its memory may be used, if that is not known yet.
    pub(crate) first: Option<First>,
    /// As they came with this round: what nobody asks for is left alone.
    fresh: Map<String, Value>,
    open: InputRequests,
    unnamed: u32,
    /// Side effects in progress: no round ends in the midst of one.
    steps: usize,
}

impl fmt::Debug for Dialog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialog").field("memory", &self.memory).finish_non_exhaustive()
    }
}

impl Dialog {
    /// Reads what a request brings with it from the round before.
    pub(crate) fn of(request: &Request<'_>, seal: Option<&dyn Seal>) -> Result<Self, ErrorObject> {
        let mut dialog = Self::default();
        if let Some(state) = request.params.request_state {
            let state: String = serde_json::from_str(state.get()).map_err(|_| unusable())?;
            let opened = seal.and_then(|seal| seal.open(&state, &Bound::of(request).text()));
            let Opened { text, first } = opened.ok_or_else(unusable)?;
            dialog.memory = serde_json::from_slice(&text).map_err(|_| unusable())?;
            dialog.first = first;
        }
        if let Some(responses) = request.params.input_responses {
            dialog.fresh = serde_json::from_str(responses.get())
                .map_err(|_| invalid("`inputResponses` must be an object"))?;
            if let Some((key, _)) = dialog.fresh.iter().find(|(_, answer)| !answer.is_object()) {
                return Err(invalid(&format!("the answer to {key:?} must be an object")));
            }
        }
        Ok(dialog)
    }

    /// A key for a question without one: the handler asks in the same order in every round.
    pub(crate) fn name(&mut self, kind: &str) -> String {
        self.unnamed += 1;
        format!("{kind}-{}", self.unnamed)
    }

    /// The answer, if it came in this round or before; else the question is open from now on.
    pub(crate) fn ask(&mut self, key: &str, question: &InputRequest) -> Result<Option<Value>> {
        let which = digest(question);
        if let Some((asked, answer)) = self.memory.answers.get(key)
            && *asked == which
        {
            return Ok(Some(answer.clone()));
        }
        // An answer to another question under this key is none.
        let is_for_this = self.memory.asked.get(key).is_none_or(|asked| *asked == which);
        if let Some(answer) = self.fresh.remove(key).filter(|_| is_for_this) {
            self.memory.answers.insert(key.to_owned(), (which, answer.clone()));
            return Ok(Some(answer));
        }
        if self.open.get(key).is_some_and(|open| open != question) {
            return Err(Error::msg(format!("two different questions are called `{key}`")));
        }
        self.open.insert(key.to_owned(), question.clone());
        Ok(None)
    }

    /// What a step gave in an earlier round.
    pub(crate) fn step(&self, key: &str) -> Option<&Value> {
        self.memory.steps.get(key)
    }

    pub(crate) fn begin_step(&mut self) {
        self.steps += 1;
    }

    /// A step came to its end, with something to remember if it succeeded.
    pub(crate) fn end_step(&mut self, done: Option<(&str, Value)>) {
        self.steps -= 1;
        if let Some((key, value)) = done {
            self.memory.steps.insert(key.to_owned(), value);
        }
    }

    /// The questions of this round with the sealed memory, when there is nothing else to wait for.
    pub(crate) fn round(
        &mut self,
        seal: Option<&dyn Seal>,
        bound: &Bound,
        limits: &AskLimits,
    ) -> Option<Result<Value>> {
        if self.open.is_empty() || self.steps > 0 {
            return None;
        }
        let open = std::mem::take(&mut self.open);
        self.memory.round += 1;
        if self.memory.round > limits.rounds {
            let why = format!("this took more than {} rounds of questions", limits.rounds);
            return Some(Err(ToolError::new(why).into()));
        }
        self.memory.asked = open.iter().map(|(key, question)| (key.clone(), digest(question))).collect();
        Some(
            self.sealed(seal, bound, limits)
                .map(|state| json!({"inputRequests": open, "requestState": state})),
        )
    }

    fn sealed(&self, seal: Option<&dyn Seal>, bound: &Bound, limits: &AskLimits) -> Result<String> {
        let seal = seal.ok_or_else(|| Error::msg("there is nothing to seal a call's memory with"))?;
        let text = serde_json::to_vec(&self.memory)?;
        if text.len() > limits.state {
            let why = format!("a call remembers {} bytes, and may {}", text.len(), limits.state);
            return Err(Error::msg(why));
        }
        seal.seal(&text, &bound.text()).ok_or_else(|| Error::msg("a call's memory could not be sealed"))
    }
}

/// What a sealed memory belongs to: who asked, which method, with which arguments.
///
/// Kept as it came: only a call that asks needs it read and put in order.
pub(crate) struct Bound {
    principal: Option<Box<str>>,
    method: Method,
    name: Option<Box<RawValue>>,
    uri: Option<Box<RawValue>>,
    arguments: Option<Box<RawValue>>,
}

impl Bound {
    pub(crate) fn of(request: &Request<'_>) -> Self {
        let params = request.params;
        Self {
            principal: request.principal.map(Into::into),
            method: request.method,
            name: params.name.map(ToOwned::to_owned),
            uri: params.uri.map(ToOwned::to_owned),
            arguments: params.arguments.map(ToOwned::to_owned),
        }
    }

    fn text(&self) -> Vec<u8> {
        let parse = |raw: &Option<Box<RawValue>>| -> Value {
            raw.as_deref().and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
        };
        let mut whole = json!([
            self.principal,
            self.method.name(),
            parse(&self.name),
            parse(&self.uri),
            parse(&self.arguments)
        ]);
        // A client may write its arguments in another order the next time.
        whole.sort_all_objects();
        whole.to_string().into_bytes()
    }
}

/// The same in every process of one build; another build may ask again.
fn digest(question: &InputRequest) -> u64 {
    let mut hasher = DefaultHasher::new();
    json!(question).to_string().hash(&mut hasher);
    hasher.finish()
}
