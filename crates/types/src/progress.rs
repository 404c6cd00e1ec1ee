//! What is said about a request while it runs: how far it is, and that it is no longer wanted.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/progress>

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

/// What ties progress to its request: text or an integer, chosen by who asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProgressToken {
    /// An integer of up to 64 bits, signed or not.
    Integer(i128),
    /// Text.
    String(String),
}

/// A request id, owned: of the same form as a progress token.
pub type RequestId = ProgressToken;

impl From<i64> for ProgressToken {
    fn from(token: i64) -> Self {
        Self::Integer(token.into())
    }
}

impl From<u64> for ProgressToken {
    fn from(token: u64) -> Self {
        Self::Integer(token.into())
    }
}

impl From<String> for ProgressToken {
    fn from(token: String) -> Self {
        Self::String(token)
    }
}

impl From<&str> for ProgressToken {
    fn from(token: &str) -> Self {
        Self::String(token.into())
    }
}

impl fmt::Display for ProgressToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(token) => token.fmt(f),
            Self::String(token) => token.fmt(f),
        }
    }
}

impl Serialize for ProgressToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(token) => match (i64::try_from(*token), u64::try_from(*token)) {
                (Ok(token), _) => serializer.serialize_i64(token),
                (_, Ok(token)) => serializer.serialize_u64(token),
                _ => Err(serde::ser::Error::custom("an id has at most 64 bits")),
            },
            Self::String(token) => serializer.serialize_str(token),
        }
    }
}

impl<'de> Deserialize<'de> for ProgressToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = ProgressToken;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an integer")
            }

            fn visit_i64<E: de::Error>(self, token: i64) -> Result<ProgressToken, E> {
                Ok(token.into())
            }

            fn visit_u64<E: de::Error>(self, token: u64) -> Result<ProgressToken, E> {
                Ok(token.into())
            }

            fn visit_str<E: de::Error>(self, token: &str) -> Result<ProgressToken, E> {
                Ok(token.into())
            }

            fn visit_string<E: de::Error>(self, token: String) -> Result<ProgressToken, E> {
                Ok(token.into())
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// Parameters of `notifications/progress`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgressParams {
    /// The token that the request gave.
    pub progress_token: ProgressToken,
    /// How far it is, in any unit; it only rises.
    pub progress: f64,
    /// How far it goes, in the same unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
    /// What is going on, for people: not before 2025-03-26.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Parameters of `notifications/cancelled`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelledParams {
    /// Id of the request that is no longer wanted; only 2025-11-25 lets it be absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// Why, for logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::icon::round_trip;

    #[test]
    fn a_token_is_text_or_an_integer() {
        for token in [json!("a"), json!(""), json!(0), json!(-7), json!(i64::MIN), json!(u64::MAX)] {
            round_trip::<ProgressToken>(&token);
        }
        assert_eq!(round_trip::<ProgressToken>(&json!(7)), ProgressToken::from(7_i64));
        assert_eq!(round_trip::<ProgressToken>(&json!("7")).to_string(), "7");
    }

    #[test]
    fn a_token_of_another_kind_is_refused() {
        for text in ["1.5", "1.0", "1e3", "null", "true", "[]", "{}", "18446744073709551616"] {
            assert!(serde_json::from_str::<ProgressToken>(text).is_err(), "{text}");
        }
        assert!(serde_json::to_string(&ProgressToken::Integer(i128::MAX)).is_err());
    }

    #[test]
    fn progress_is_fractional() {
        round_trip::<ProgressParams>(&json!({"progressToken": "p", "progress": 0.5}));
        round_trip::<ProgressParams>(&json!({
            "progressToken": 7, "progress": 0.5, "total": 1.5, "message": "Half way", "_meta": {"k": 1}
        }));
        let whole: ProgressParams =
            serde_json::from_str(r#"{"progressToken":7,"progress":50,"total":100}"#).unwrap();
        assert_eq!((whole.progress, whole.total), (50.0, Some(100.0)));
    }

    #[test]
    fn a_cancellation_names_its_request() {
        round_trip::<CancelledParams>(&json!({"requestId": 7}));
        round_trip::<CancelledParams>(
            &json!({"requestId": "a", "reason": "Took too long", "_meta": {"k": 1}}),
        );
        assert!(serde_json::from_str::<CancelledParams>(r#"{"requestId":1.5}"#).is_err());
    }
}
