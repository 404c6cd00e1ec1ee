//! How two sides meet: the legacy handshake, discovery, and what all parameters and results share.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/server/discover>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::capability::{ClientCapabilities, ServerCapabilities};
use crate::icon::Implementation;

/// Parameters of `initialize`: legacy only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitializeParams {
    /// The newest version the client speaks.
    pub protocol_version: String,
    /// What the client can do.
    pub capabilities: ClientCapabilities,
    /// Which program the client is.
    pub client_info: Implementation,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Result of `initialize`: legacy only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitializeResult {
    /// The version to speak from now on.
    pub protocol_version: String,
    /// What the server can do.
    pub capabilities: ServerCapabilities,
    /// Which program the server is.
    pub server_info: Implementation,
    /// How to use the server, for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Result of `server/discover`: not before 2026-07-28.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscoverResult {
    /// What kind of result it is: not before 2026-07-28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// Every version the server speaks.
    pub supported_versions: Vec<String>,
    /// What the server can do.
    pub capabilities: ServerCapabilities,
    /// How to use the server, for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// Milliseconds it stays fresh: not before 2026-07-28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
    /// Who may be given it from a cache: not before 2026-07-28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_scope: Option<CacheScope>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// What kind of result a result is; absent, as in legacy versions, is `complete`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum ResultType {
    /// The answer.
    #[default]
    Complete,
    /// Questions to answer before the request is sent again.
    InputRequired,
    /// The handle of a task that goes on: an extension.
    Task,
    /// A kind that is not known here; a client must not use such a result.
    Other(String),
}

impl ResultType {
    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Complete => "complete",
            Self::InputRequired => "input_required",
            Self::Task => "task",
            Self::Other(name) => name,
        }
    }
}

impl From<String> for ResultType {
    fn from(name: String) -> Self {
        match name.as_str() {
            "complete" => Self::Complete,
            "input_required" => Self::InputRequired,
            "task" => Self::Task,
            _ => Self::Other(name),
        }
    }
}

impl From<ResultType> for String {
    fn from(kind: ResultType) -> Self {
        match kind {
            ResultType::Other(name) => name,
            known => known.as_str().into(),
        }
    }
}

/// Who may be given a result from a cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CacheScope {
    /// Everyone.
    Public,
    /// Only the user who asked.
    #[default]
    Private,
}

/// Parameters of the four list methods.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListParams {
    /// Where to go on: `nextCursor` of the page before, which may be empty text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Parameters with no members of their own, such as those of `ping` or `server/discover`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmptyParams {
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Result with no members of its own, such as that of `ping` or `subscriptions/listen`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmptyResult {
    /// What kind of result it is: not before 2026-07-28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::icon::round_trip;

    /// The least that a request of 2026-07-28 says about itself.
    fn self_contained() -> Value {
        json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {}
        })
    }

    #[test]
    fn the_handshake_keeps_all_its_members() {
        round_trip::<InitializeParams>(&json!({
            "protocolVersion": "2025-11-25", "capabilities": {"roots": {"listChanged": true}},
            "clientInfo": {"name": "c", "version": "1"}, "_meta": {"progressToken": "p"}
        }));
        round_trip::<InitializeResult>(&json!({
            "protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
            "serverInfo": {"name": "s", "version": "1"}, "instructions": "Be kind", "_meta": {"k": 1}
        }));
    }

    #[test]
    fn a_discovery_keeps_all_its_members() {
        let found: DiscoverResult = round_trip(&json!({
            "resultType": "complete", "supportedVersions": ["2026-07-28", "2025-11-25"], "capabilities": {"tools": {}},
            "instructions": "Be kind", "ttlMs": 60000, "cacheScope": "public",
            "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "s", "version": "1"}}
        }));
        assert_eq!(found.cache_scope, Some(CacheScope::Public));
        assert_eq!(found.result_type, Some(ResultType::Complete));
    }

    #[test]
    fn an_unknown_result_type_is_kept() {
        for kind in ["complete", "input_required", "task", "later"] {
            let result: EmptyResult = round_trip(&json!({"resultType": kind, "_meta": {"k": 1}}));
            assert_eq!(result.result_type.unwrap().as_str(), kind);
        }
        round_trip::<EmptyResult>(&json!({}));
    }

    #[test]
    fn an_empty_cursor_is_a_cursor() {
        let params: ListParams = round_trip(&json!({"cursor": "", "_meta": {"progressToken": 1}}));
        assert_eq!(params.cursor.as_deref(), Some(""));
        assert_eq!(round_trip::<ListParams>(&json!({"_meta": self_contained()})).cursor, None);
        assert_eq!(round_trip::<ListParams>(&json!({})).cursor, None);
    }

    #[test]
    fn empty_parameters_may_have_metadata() {
        round_trip::<EmptyParams>(&json!({"_meta": self_contained()}));
        round_trip::<EmptyParams>(&json!({"_meta": {"progressToken": 1}}));
        round_trip::<EmptyParams>(&json!({}));
    }

    #[test]
    fn a_scope_is_public_or_private() {
        assert_eq!(round_trip::<CacheScope>(&json!("private")), CacheScope::Private);
        assert!(serde_json::from_str::<CacheScope>(r#""shared""#).is_err());
    }
}
