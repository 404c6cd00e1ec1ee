//! Idempotency keys: how a caller says "this is the same request again".

use std::borrow::Cow;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::invalid::Invalid;
use super::text::checked_text;

/// A key of 1 to 128 characters that makes a repeated write happen only once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey {
    caller: String,
    key: String,
}

impl IdempotencyKey {
    /// Binds the key to a caller, so that two callers may use the same key apart from each other.
    #[must_use]
    pub fn for_caller(self, caller: impl Into<String>) -> Self {
        Self { caller: caller.into(), ..self }
    }

    /// The key as the caller wrote it.
    pub fn as_str(&self) -> &str {
        &self.key
    }

    pub(crate) fn caller(&self) -> &str {
        &self.caller
    }
}

impl FromStr for IdempotencyKey {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        checked_text("idempotency key", text, 128)?;
        Ok(Self { caller: String::new(), key: text.to_owned() })
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> Self {
        key.key
    }
}

impl JsonSchema for IdempotencyKey {
    fn schema_name() -> Cow<'static, str> {
        "IdempotencyKey".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": 128,
            "description": "Send the same key when repeating a request after a lost answer: \
                it then happens only once. Use a new key for a new request.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_1_to_128_characters() {
        assert!("k".repeat(128).parse::<IdempotencyKey>().is_ok());
        for text in [String::new(), "k".repeat(129), "a\0".to_owned()] {
            assert!(text.parse::<IdempotencyKey>().is_err(), "{text:?}");
        }
    }
}
