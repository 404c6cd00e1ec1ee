//! Log messages from a server to a client: deprecated since 2026-07-28.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/logging>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How severe a log message is: the levels of RFC 5424, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum LogLevel {
    /// Details for debugging.
    Debug,
    /// The normal course of things.
    Info,
    /// Normal but of note.
    Notice,
    /// Something may go wrong.
    Warning,
    /// Something went wrong.
    Error,
    /// Something essential fails.
    Critical,
    /// Somebody must act at once.
    Alert,
    /// Nothing works.
    Emergency,
}

impl LogLevel {
    /// Every level, in rising order.
    pub const ALL: [Self; 8] = [
        Self::Debug,
        Self::Info,
        Self::Notice,
        Self::Warning,
        Self::Error,
        Self::Critical,
        Self::Alert,
        Self::Emergency,
    ];
}

/// Parameters of `logging/setLevel`: legacy only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetLevelParams {
    /// The least severe level to send.
    pub level: LogLevel,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Parameters of `notifications/message`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogMessageParams {
    /// How severe it is.
    pub level: LogLevel,
    /// Which part of the server says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logger: Option<String>,
    /// What is said: text or any other value.
    pub data: Value,
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
    fn levels_are_ordered_by_severity() {
        let names = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
        let levels = names.map(|name| round_trip::<LogLevel>(&json!(name)));
        assert!(levels.is_sorted());
        assert!(LogLevel::Error > LogLevel::Warning);
    }

    #[test]
    fn an_unknown_level_is_refused() {
        assert!(serde_json::from_str::<SetLevelParams>(r#"{"level":"verbose"}"#).is_err());
    }

    #[test]
    fn messages_keep_all_their_members() {
        round_trip::<SetLevelParams>(&json!({"level": "info", "_meta": {"progressToken": 1}}));
        round_trip::<LogMessageParams>(&json!({"level": "error", "data": "disk full"}));
        round_trip::<LogMessageParams>(&json!({
            "level": "error", "logger": "db", "data": {"code": 5}, "_meta": {"k": 1}
        }));
    }

    #[test]
    fn the_data_of_a_message_must_be_there_but_may_be_null() {
        round_trip::<LogMessageParams>(&json!({"level": "error", "data": null}));
        assert!(serde_json::from_str::<LogMessageParams>(r#"{"level":"error"}"#).is_err());
    }
}
