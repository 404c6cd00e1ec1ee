//! What a handler may ask through its client: the user, the model, where the client works.

use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::task::{Poll, Waker};

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use toolwright_types::elicitation::form::FormSchema;
use toolwright_types::elicitation::{
    ElicitAction, ElicitFormParams, ElicitParams, ElicitResult, ElicitUrlParams,
};
use toolwright_types::input::InputRequest;
use toolwright_types::lifecycle::EmptyParams;
use toolwright_types::roots::{ListRootsResult, Root};
use toolwright_types::sampling::{CreateMessageParams, CreateMessageResult};

use super::Context;
use crate::error::{Error, Result, ToolError};
use crate::form;
use crate::request::Unanswered;

/// What a user did with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elicited<T> {
    /// Answered it.
    Accepted(T),
    /// Said no.
    Declined,
    /// Went away without a choice.
    Cancelled,
}

impl<T> Elicited<T> {
    /// The answer, if there is one.
    pub fn accepted(self) -> Option<T> {
        match self {
            Self::Accepted(answer) => Some(answer),
            Self::Declined | Self::Cancelled => None,
        }
    }
}

/// A question to the client: await it.
///
/// A client since 2026-07-28 gets it as the result of the call, and calls again with the answer. The handler then
/// **runs again from the top**, and the questions that are answered are ready at once. What must not happen twice goes
/// into a [`Context::step`]. An older client is asked while the handler waits.
#[must_use = "a question is asked when it is awaited"]
pub struct Question<T> {
    context: Context,
    key: String,
    request: Result<InputRequest>,
    read: fn(Value) -> Result<T>,
}

impl<T> std::fmt::Debug for Question<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question").field("key", &self.key).finish_non_exhaustive()
    }
}

impl<T> Question<T> {
    /// Gives the question a name of its own; else it is known by its place among the call's questions.
    ///
    /// For a handler that does not ask in the same order each time it runs.
    pub fn named(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }
}

impl<T: 'static> IntoFuture for Question<T> {
    type Output = Result<T>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { context, key, request, read } = self;
        Box::pin(async move { read(context.answer(&key, request?).await?) })
    }
}

impl Context {
    /// Asks the user to fill in a form.
    ///
    /// `T` is a struct of text, numbers, booleans, enums of texts and lists of these; doc comments, defaults and
    /// constraints are shown. What comes back is checked against it.
    /// Never ask for a secret this way: that is what [`elicit_url`](Self::elicit_url) is for.
    ///
    /// # Errors
    ///
    /// When the client cannot show forms ([`can_elicit`](Self::can_elicit) tells before), when the answer does not fit,
    /// or when `T` is no form.
    ///
    /// ```
    /// use schemars::JsonSchema;
    /// use serde::Deserialize;
    /// use toolwright::Elicited;
    /// use toolwright::prelude::*;
    ///
    /// #[derive(Deserialize, JsonSchema)]
    /// struct Refund {
    ///     /// Why the money goes back.
    ///     reason: String,
    /// }
    ///
    /// /// Refunds an order.
    /// #[tool]
    /// async fn refund(order: String, ctx: Context) -> Result<String> {
    ///     match ctx.elicit::<Refund>(format!("Refund {order}?")).await? {
    ///         Elicited::Accepted(refund) => Ok(format!("Refunded: {}", refund.reason)),
    ///         Elicited::Declined | Elicited::Cancelled => Ok("Nothing was refunded.".into()),
    ///     }
    /// }
    /// # let _ = toolset![refund];
    /// ```
    pub fn elicit<T: JsonSchema + DeserializeOwned + 'static>(
        &self,
        message: impl Into<String>,
    ) -> Question<Elicited<T>> {
        let request = self.form(message.into(), form::of::<T>(self.0.dialect));
        self.question(self.dialog().name("form"), request, |answer| {
            let result: ElicitResult = read(answer)?;
            Ok(match result.action {
                ElicitAction::Accept => Elicited::Accepted(form::read(result.content.unwrap_or_default())?),
                ElicitAction::Decline => Elicited::Declined,
                _ => Elicited::Cancelled,
            })
        })
    }

    /// Asks the user for a yes: anything else is a no.
    ///
    /// # Errors
    ///
    /// When the client cannot ask its user.
    pub fn confirm(&self, message: impl Into<String>) -> Question<bool> {
        let request = self.form(message.into(), Ok(FormSchema::default()));
        self.question(self.dialog().name("confirm"), request, |answer| {
            Ok(read::<ElicitResult>(answer)?.action == ElicitAction::Accept)
        })
    }

    /// Asks the user to open a URL: for what must not pass through the client, such as a password or a payment.
    ///
    /// An accepted question says only that the user agreed to open it. What happens there, the server learns there:
    /// bind it to the user it is for, and put no secret and no personal data into the URL (rules S73 to S78).
    ///
    /// # Errors
    ///
    /// When the client cannot open URLs.
    pub fn elicit_url(&self, message: impl Into<String>, url: impl Into<String>) -> Question<Elicited<()>> {
        let key = self.dialog().name("url");
        // 2025-11-25 names its questions.
        let elicitation_id =
            self.0.dialect.names_elicitations.then(|| format!("{}-{key}", self.0.id.trim_matches('"')));
        let params = ElicitUrlParams { message: message.into(), url: url.into(), elicitation_id, meta: None };
        let elicitation = self.client_capabilities().elicitation;
        let request = match elicitation.and_then(|elicitation| elicitation.url) {
            Some(_) => Ok(InputRequest::Elicit(ElicitParams::Url(params))),
            None => Err(Error::missing_capability("elicitation.url")),
        };
        self.question(key, request, |answer| {
            Ok(match read::<ElicitResult>(answer)?.action {
                ElicitAction::Accept => Elicited::Accepted(()),
                ElicitAction::Decline => Elicited::Declined,
                _ => Elicited::Cancelled,
            })
        })
    }

    /// Asks the client's model.
    ///
    /// # Errors
    ///
    /// When the client cannot ask a model, or not let it use tools; when it refuses.
    ///
    /// ```
    /// use toolwright::prelude::*;
    /// use toolwright::types::sampling::CreateMessageParams;
    ///
    /// /// Summarises a text.
    /// #[tool]
    /// async fn summarise(text: String, ctx: Context) -> Result<String> {
    ///     let prompt = CreateMessageParams::text(format!("Summarise: {text}"), 200);
    ///     Ok(ctx.sample(prompt).await?.text())
    /// }
    /// # let _ = toolset![summarise];
    /// ```
    pub fn sample(&self, params: CreateMessageParams) -> Question<CreateMessageResult> {
        let key = self.dialog().name("sample");
        let uses_tools = params.tools.is_some() || params.tool_choice.is_some();
        let request = match self.client_capabilities().sampling {
            // Rule S80.
            Some(sampling) if !uses_tools || sampling.tools.is_some() => {
                Ok(InputRequest::CreateMessage(Box::new(params)))
            }
            Some(_) => Err(Error::missing_capability("sampling.tools")),
            None => Err(Error::missing_capability("sampling")),
        };
        self.question(key, request, read)
    }

    /// Asks the client where it works: for orientation, not for access control.
    ///
    /// # Errors
    ///
    /// When the client has no roots to tell.
    pub fn roots(&self) -> Question<Vec<Root>> {
        let key = self.dialog().name("roots");
        let request = match self.client_capabilities().roots {
            Some(_) => Ok(InputRequest::ListRoots(EmptyParams::default())),
            None => Err(Error::missing_capability("roots")),
        };
        self.question(key, request, |answer| Ok(read::<ListRootsResult>(answer)?.roots))
    }

    /// Whether the client can show its user a form.
    pub fn can_elicit(&self) -> bool {
        let elicitation = self.client_capabilities().elicitation;
        elicitation.is_some_and(|elicitation| elicitation.form.is_some() || elicitation.url.is_none())
    }

    /// Does something once, however often the handler runs: its result is kept across the questions of a call.
    ///
    /// A handler that asks a client since 2026-07-28 runs again from the top with each answer. Without a step, what
    /// stands before a question happens once for each round: a payment made twice, an order placed three times.
    /// The result travels with the client, sealed: keep it small. A step that fails is tried again.
    ///
    /// # Errors
    ///
    /// That of the step, or when its result cannot be written as JSON.
    ///
    /// ```
    /// use toolwright::prelude::*;
    ///
    /// # async fn place(item: &str) -> Result<u64> { Ok(7) }
    /// /// Orders an item.
    /// #[tool]
    /// async fn order(item: String, ctx: Context) -> Result<String> {
    ///     let number = ctx.step("place", place(&item)).await?;
    ///     let wrapped = ctx.confirm("Wrap it as a gift?").await?;
    ///     Ok(format!("order {number}, wrapped: {wrapped}"))
    /// }
    /// # let _ = toolset![order];
    /// ```
    pub async fn step<T: Serialize + DeserializeOwned>(
        &self,
        key: &str,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        if let Some(value) = self.dialog().step(key) {
            return Ok(serde_json::from_value(value.clone())?);
        }
        let running = Running::begin(self, key);
        let value = work.await?;
        running.done(serde_json::to_value(&value)?);
        Ok(value)
    }

    fn question<T>(
        &self,
        key: String,
        request: Result<InputRequest>,
        read: fn(Value) -> Result<T>,
    ) -> Question<T> {
        Question { context: self.clone(), key, request, read }
    }

    fn form(&self, message: String, form: Result<FormSchema>) -> Result<InputRequest> {
        if !self.can_elicit() {
            return Err(Error::missing_capability("elicitation"));
        }
        Ok(InputRequest::Elicit(ElicitParams::Form(ElicitFormParams {
            message,
            requested_schema: form?,
            meta: None,
        })))
    }

    /// What there is to ask, with all that is to be remembered, once the call waits for nothing else.
    pub(crate) fn round(&self, call: &Waker) -> Option<Result<Value>> {
        let bound = self.0.bound.as_ref()?;
        let mut known = self.0.call.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_none_or(|known| !known.will_wake(call)) {
            *known = Some(call.clone());
        }
        drop(known);
        if self.task().is_some_and(|life| life.is_task()) {
            return None;
        }
        let states = &self.0.states;
        self.dialog().round(states.seal.as_deref(), bound, &states.ask)
    }

    /// A question may be asked by a task that the call does not poll.
    pub(super) fn wake_call(&self) {
        if let Some(call) = &*self.0.call.lock().unwrap_or_else(PoisonError::into_inner) {
            call.wake_by_ref();
        }
    }

    /// The bare answer to a question, however this client is asked.
    async fn answer(&self, key: &str, question: InputRequest) -> Result<Value> {
        if let Some(life) = self.task().filter(|life| life.is_task()) {
            let mut asked = life.ask(key, question);
            let _waiting = Waiting::begin(self);
            self.wake_call();
            return asked.answer().await.ok_or_else(|| Error::msg("the task has ended"));
        }
        if self.0.dialect.stateless {
            // Nobody wakes this: the call ends here, and the next round begins with the answer.
            return poll_fn(|_| match self.dialog().ask(key, &question) {
                Ok(Some(answer)) => Poll::Ready(Ok(answer)),
                Ok(None) => {
                    self.wake_call();
                    Poll::Pending
                }
                Err(error) => Poll::Ready(Err(error)),
            })
            .await;
        }
        let question = serde_json::to_value(question)?;
        let method = question["method"].as_str().unwrap_or_default();
        let asking = self.ask(method, &question["params"])?;
        let _waiting = Waiting::begin(self);
        let time = self.0.states.ask.time;
        let answer = tokio::time::timeout(time, asking).await;
        match answer.map_err(|_| ToolError::new(format!("nobody answered `{method}` within {time:?}")))? {
            Ok(answer) => Ok(serde_json::from_str(answer.get())?),
            Err(Unanswered::Gone) => Err(Error::msg("the client is gone")),
            Err(Unanswered::Refused(error)) => {
                Err(ToolError::new(format!("the client refused `{method}`: {}", error.message)).into())
            }
        }
    }
}

/// Reads an answer, which may be anything.
fn read<T: DeserializeOwned>(answer: Value) -> Result<T> {
    serde_json::from_value(answer)
        .map_err(|error| ToolError::new(format!("the client's answer is none: {error}")).into())
}

/// A step in progress.
struct Running<'a> {
    context: &'a Context,
    key: &'a str,
    is_over: bool,
}

impl<'a> Running<'a> {
    fn begin(context: &'a Context, key: &'a str) -> Self {
        context.dialog().begin_step();
        Self { context, key, is_over: false }
    }

    fn done(mut self, value: Value) {
        self.is_over = true;
        self.context.dialog().end_step(Some((self.key, value)));
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.context.dialog().end_step(None);
        }
    }
}

/// A client that answers while the handler waits: its time is not the handler's.
struct Waiting<'a>(&'a Context);

impl<'a> Waiting<'a> {
    fn begin(context: &'a Context) -> Self {
        context.0.waiting.fetch_add(1, Ordering::Relaxed);
        Self(context)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
