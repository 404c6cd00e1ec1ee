//! What a call is about, and how its failures are told: the one place that decides.
//!
//! A tool's failure is a result, so that the model can read it; every other failure is a protocol error.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use toolwright_types::jsonrpc::{ErrorObject, code};

use crate::answer::{Answer, Place};
use crate::check::Problem;
use crate::component::Tool;
use crate::error::{BoxError, Told, reference};
use crate::request::undeclared;

/// What is called.
#[derive(Debug, Clone)]
pub(crate) struct Subject<'a> {
    kind: Kind,
    name: Cow<'a, str>,
    pub(crate) place: Option<Arc<Place>>,
    pub(crate) timeout: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Tool,
    Resource,
    Prompt,
}

impl<'a> Subject<'a> {
    pub(crate) fn tool(tool: &'a Tool, timeout: Duration) -> Self {
        let timeout = tool.timeout.unwrap_or(timeout);
        Self { kind: Kind::Tool, name: tool.name().into(), place: None, timeout }
    }

    pub(crate) fn resource(place: Place, timeout: Duration) -> Self {
        Self { kind: Kind::Resource, name: place.uri.clone().into(), place: Some(Arc::new(place)), timeout }
    }

    pub(crate) fn prompt(name: &'a str, timeout: Duration) -> Self {
        Self { kind: Kind::Prompt, name: name.into(), place: None, timeout }
    }

    /// The same with another limit.
    pub(crate) fn within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// For a call that waits.
    pub(crate) fn into_owned(self) -> Subject<'static> {
        let Self { kind, name, place, timeout } = self;
        Subject { kind, name: name.into_owned().into(), place, timeout }
    }

    /// The handler returned an error.
    pub(crate) fn fail(&self, error: BoxError, answer: &mut Answer<'_>) -> Result<(), ErrorObject> {
        answer.restart();
        let told = Told::of(error, &self.name);
        match (self.kind, &told) {
            (_, Told::MissingCapability { name, text }) if answer.dialect.stateless => {
                Err(undeclared(text.clone(), &nested(name)))
            }
            (Kind::Tool, told) => written(answer.tool_error(told.text())),
            (Kind::Resource, Told::NotFound(text)) => {
                Err(ErrorObject { message: text.clone().into(), ..answer.dialect.not_found(&self.name) })
            }
            (_, Told::Shown(text) | Told::NotFound(text) | Told::MissingCapability { text, .. }) => {
                Err(ErrorObject::new(code::INVALID_PARAMS, text.clone()))
            }
            (_, Told::Masked(text)) => Err(ErrorObject::new(code::INTERNAL_ERROR, text.clone())),
        }
    }

    /// The arguments do not fit: all that is wrong with them, at once.
    pub(crate) fn reject(&self, problems: &[Problem], answer: &mut Answer<'_>) -> Result<(), ErrorObject> {
        answer.restart();
        let lines: String = problems.iter().map(|problem| format!("\n- {problem}")).collect();
        let text = format!("invalid arguments for `{}`:{lines}", self.name);
        match self.kind {
            Kind::Tool => written(answer.tool_error(&text)),
            Kind::Prompt => Err(ErrorObject::new(code::INVALID_PARAMS, text)),
            // A URI whose variables are not what they should be names nothing.
            Kind::Resource => {
                Err(ErrorObject { message: text.into(), ..answer.dialect.not_found(&self.name) })
            }
        }
    }

    /// The handler panicked: the standard hook has told the operator, nobody else is told why.
    pub(crate) fn panicked(&self, answer: &mut Answer<'_>) -> Result<(), ErrorObject> {
        answer.restart();
        let reference = reference();
        tracing::error!(%reference, "`{}` panicked", self.name);
        Err(ErrorObject::new(code::INTERNAL_ERROR, format!("internal error (reference {reference})")))
    }

    /// The handler took too long and was dropped.
    pub(crate) fn timed_out(&self, answer: &mut Answer<'_>) -> Result<(), ErrorObject> {
        answer.restart();
        let text = format!("`{}` took longer than {:?} and was stopped", self.name, self.timeout);
        tracing::warn!("{text}");
        match self.kind {
            Kind::Tool => written(answer.tool_error(&text)),
            Kind::Resource | Kind::Prompt => Err(ErrorObject::new(code::INTERNAL_ERROR, text)),
        }
    }
}

fn written(result: Result<(), BoxError>) -> Result<(), ErrorObject> {
    result.map_err(|error| ErrorObject::new(code::INTERNAL_ERROR, error.to_string()))
}

/// A capability as clients declare it: `elicitation.url` is a member of `elicitation`.
fn nested(name: &str) -> Value {
    name.rsplit('.').fold(json!({}), |inner, part| json!({ part: inner }))
}
