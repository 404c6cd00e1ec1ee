//! Completion: suggestions for an argument while the user types it.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/completion>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::lifecycle::ResultType;

/// Parameters of `completion/complete`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompleteParams {
    /// Whose argument it is.
    #[serde(rename = "ref")]
    pub reference: Reference,
    /// The argument, as far as it is typed.
    pub argument: CompletionArgument,
    /// What is settled already: not before 2025-06-18.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<CompletionContext>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// What has the argument that is completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[non_exhaustive]
pub enum Reference {
    /// A prompt.
    #[serde(rename = "ref/prompt")]
    Prompt {
        /// Name of the prompt.
        name: String,
        /// Name for people.
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// A resource template.
    #[serde(rename = "ref/resource")]
    Resource {
        /// The URI template, or a URI.
        uri: String,
    },
}

/// An argument that is being typed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompletionArgument {
    /// Name of the argument.
    pub name: String,
    /// What is typed so far.
    pub value: String,
}

/// What is settled already when an argument is completed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompletionContext {
    /// The other arguments: text by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<BTreeMap<String, String>>,
}

/// Result of `completion/complete`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompleteResult {
    /// What kind of result it is: not before 2026-07-28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// The suggestions.
    pub completion: Completion,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Suggestions for an argument.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Completion {
    /// Up to 100 values, best first.
    pub values: Vec<String>,
    /// How many there are in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// There are more than these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_more: Option<bool>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::icon::round_trip;

    #[test]
    fn a_reference_is_told_by_its_type() {
        let prompt = json!({"type": "ref/prompt", "name": "review", "title": "Review"});
        assert!(matches!(round_trip(&prompt), Reference::Prompt { .. }));
        let resource = json!({"type": "ref/resource", "uri": "file:///{path}"});
        assert!(matches!(round_trip(&resource), Reference::Resource { .. }));
        assert!(serde_json::from_str::<Reference>(r#"{"type":"ref/tool","name":"x"}"#).is_err());
    }

    #[test]
    fn a_request_keeps_all_its_members() {
        let (reference, argument) =
            (json!({"type": "ref/prompt", "name": "x"}), json!({"name": "lang", "value": "py"}));
        round_trip::<CompleteParams>(&json!({"ref": reference, "argument": argument}));
        round_trip::<CompleteParams>(&json!({
            "ref": reference, "argument": argument, "context": {"arguments": {"framework": "flask"}},
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {}
            }
        }));
    }

    #[test]
    fn a_result_keeps_all_its_members() {
        let completion = json!({"values": ["python", "pytorch"], "total": 10, "hasMore": true});
        round_trip::<Completion>(&completion);
        round_trip::<CompleteResult>(&json!({"completion": {"values": []}}));
        round_trip::<CompleteResult>(&json!({
            "resultType": "complete", "completion": completion, "_meta": {"k": 1}
        }));
    }
}
