//! The `_meta` of a request, read by reference, and the reserved keys.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic#meta>

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// Result key: who answers.
pub const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// Key on everything that belongs to a subscription: the id of its listen request.
pub const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";
/// Request key: the version of this request.
pub const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// Request key: what the client can do for this request.
pub const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// The `_meta` of a request, without what only a tool might look at.
///
/// The reserved keys decide how the request is handled; a duplicate of any of them is refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RequestMeta<'a> {
    /// The version of this request: required from 2026-07-28 on.
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
    pub protocol_version: Option<Cow<'a, str>>,
    /// What the client can do for this request: required from 2026-07-28 on.
    #[serde(borrow, rename = "io.modelcontextprotocol/clientCapabilities")]
    pub client_capabilities: Option<&'a RawValue>,
    /// Who asks: for display and logs only.
    #[serde(borrow, rename = "io.modelcontextprotocol/clientInfo")]
    pub client_info: Option<&'a RawValue>,
    /// From which level on log messages are wanted.
    #[serde(borrow, rename = "io.modelcontextprotocol/logLevel")]
    pub log_level: Option<&'a RawValue>,
    /// Under which token progress is wanted.
    #[serde(borrow, rename = "progressToken")]
    pub progress_token: Option<&'a RawValue>,
    /// W3C trace context of the caller.
    #[serde(borrow)]
    pub traceparent: Option<Cow<'a, str>>,
}

impl RequestMeta<'_> {
    /// Whether the request describes itself, as requests do from 2026-07-28 on.
    pub fn is_self_contained(&self) -> bool {
        self.protocol_version.is_some() || self.client_capabilities.is_some()
    }
}

/// The member that every request may have: `{"_meta": …}` among others.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct WithMeta<'a> {
    /// The metadata.
    #[serde(borrow, rename = "_meta")]
    pub meta: Option<RequestMeta<'a>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_keys_make_a_request_self_contained() {
        let text = r#"{"name":"x","_meta":{"progressToken":1}}"#;
        let params: WithMeta<'_> = serde_json::from_str(text).unwrap();
        assert!(!params.meta.unwrap().is_self_contained());
        let text = r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#;
        let params: WithMeta<'_> = serde_json::from_str(text).unwrap();
        assert!(params.meta.unwrap().is_self_contained());
    }

    /// security.md P2: duplicates are refused, not resolved.
    #[test]
    fn a_duplicate_reserved_key_is_refused() {
        let text = r#"{"_meta":{"progressToken":1,"progressToken":2}}"#;
        assert!(serde_json::from_str::<WithMeta<'_>>(text).is_err());
    }
}
