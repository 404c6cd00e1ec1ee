//! Suggestions for the arguments of prompts and resource templates.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::error::BoxError;

/// The most values in one answer, by the protocol.
const MOST: usize = 100;

/// What the user has typed of an argument, and the arguments already given.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The beginning of the value.
    pub value: String,
    /// The other arguments, as far as they are known.
    pub arguments: BTreeMap<String, String>,
}

pub(crate) type Suggestions = Pin<Box<dyn Future<Output = Result<Vec<String>, BoxError>> + Send>>;

/// A source of suggestions.
#[derive(Clone)]
pub struct Completer(Arc<dyn Fn(Typed) -> Suggestions + Send + Sync>);

impl fmt::Debug for Completer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Completer")
    }
}

impl Completer {
    /// Suggestions from an async function.
    pub fn new<F, R>(suggest: F) -> Self
    where
        F: Fn(Typed) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Vec<String>, BoxError>> + Send + 'static,
    {
        Self(Arc::new(move |typed| Box::pin(suggest(typed))))
    }

    /// Suggestions from a fixed set, such as the values of an enum.
    pub(crate) fn fixed(values: Vec<String>) -> Self {
        Self::new(move |_| std::future::ready(Ok(values.clone())))
    }

    pub(crate) fn suggest(&self, typed: Typed) -> Suggestions {
        (self.0)(typed)
    }
}

/// What a completion function can return.
#[diagnostic::on_unimplemented(
    message = "a completion function cannot return `{Self}`",
    note = "return `Vec<String>` or a `Result` of it"
)]
pub trait IntoSuggestions {
    /// The suggestions.
    ///
    /// # Errors
    ///
    /// The function's own error, boxed.
    fn suggestions(self) -> Result<Vec<String>, BoxError>;
}

impl IntoSuggestions for Vec<String> {
    fn suggestions(self) -> Result<Vec<String>, BoxError> {
        Ok(self)
    }
}

impl<E: Into<BoxError>> IntoSuggestions for Result<Vec<String>, E> {
    fn suggestions(self) -> Result<Vec<String>, BoxError> {
        self.map_err(Into::into)
    }
}

/// The suggestions in whatever a completion function returned.
///
/// # Errors
///
/// The function's own error, boxed.
pub fn suggestions(returned: impl IntoSuggestions) -> Result<Vec<String>, BoxError> {
    returned.suggestions()
}

/// The values of a string enum, as a completer.
pub(crate) fn of_schema(schema: &Value) -> Option<Completer> {
    let values = schema.get("enum")?.as_array()?.iter();
    let values: Option<Vec<String>> = values.map(|value| value.as_str().map(str::to_owned)).collect();
    values.map(Completer::fixed)
}

/// The `completion` member: what contains the typed text, what begins with it first.
pub(crate) fn rank(values: Vec<String>, typed: &str) -> Value {
    let typed = typed.to_lowercase();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for value in values {
        let lower = value.to_lowercase();
        if lower.starts_with(&typed) {
            first.push(value);
        } else if lower.contains(&typed) {
            rest.push(value);
        }
    }
    first.append(&mut rest);
    let total = first.len();
    if total <= MOST {
        // How many the source itself left out is not known.
        return json!({"values": first});
    }
    first.truncate(MOST);
    json!({"values": first, "total": total, "hasMore": true})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_with_the_typed_text_comes_first() {
        let ranked = rank(["unpaid", "Paid", "PAID-LATE", "open"].map(String::from).into(), "pai");
        assert_eq!(ranked, json!({"values": ["Paid", "PAID-LATE", "unpaid"]}));
    }

    /// Rule S61.
    #[test]
    fn at_most_a_hundred_values_are_given() {
        let ranked = rank((0..250).map(|n| n.to_string()).collect(), "");
        assert_eq!(ranked["values"].as_array().unwrap().len(), 100);
        assert_eq!((&ranked["total"], &ranked["hasMore"]), (&json!(250), &json!(true)));
    }
}
