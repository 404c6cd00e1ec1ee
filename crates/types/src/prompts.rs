//! Prompts: messages that a server keeps ready for the user to start from.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/server/prompts>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::content::{Content, Role};
use crate::icon::Icon;
use crate::lifecycle::{CacheScope, ResultType};

/// One prompt, as it stands in the list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Prompt {
    /// Name to get it by.
    pub name: String,
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it can be filled in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Vec<PromptArgument>>,
    /// Icons of the prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icons: Option<Vec<Icon>>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// One argument of a prompt: always text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromptArgument {
    /// Name to give it by.
    pub name: String,
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// It must be given; absent is `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
}

/// One message of a filled-in prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromptMessage {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: Content,
}

/// Result of `prompts/list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPromptsResult {
    /// What kind of result it is: not before 2026-07-28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// This page of the list.
    pub prompts: Vec<Prompt>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
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

/// Parameters of `prompts/get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetPromptParams {
    /// Name of the prompt.
    pub name: String,
    /// The arguments: text by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<BTreeMap<String, String>>,
    /// Answers by the key of their question: not before 2026-07-28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_responses: Option<Map<String, Value>>,
    /// What the questions came with, sent back as it was: not before 2026-07-28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_state: Option<String>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Result of `prompts/get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetPromptResult {
    /// What kind of result it is: not before 2026-07-28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// What the prompt is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The prompt, filled in.
    pub messages: Vec<PromptMessage>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::icon::round_trip;

    fn prompt() -> Value {
        json!({
            "name": "review", "title": "Review", "description": "Reviews code",
            "arguments": [
                {"name": "code", "title": "Code", "description": "The code", "required": true}, {"name": "style"}
            ],
            "icons": [{"src": "https://example.com/i.png"}], "_meta": {"k": 1}
        })
    }

    #[test]
    fn a_prompt_keeps_all_its_members() {
        round_trip::<Prompt>(&prompt());
        round_trip::<Prompt>(&json!({"name": "review"}));
        round_trip::<PromptArgument>(&prompt()["arguments"][0]);
    }

    #[test]
    fn a_list_belongs_to_either_era() {
        round_trip::<ListPromptsResult>(&json!({"prompts": [prompt()], "nextCursor": "2"}));
        round_trip::<ListPromptsResult>(&json!({
            "resultType": "complete", "prompts": [prompt()], "nextCursor": "2", "ttlMs": 5, "cacheScope": "public",
            "_meta": {"k": 1}
        }));
    }

    #[test]
    fn getting_a_prompt_keeps_all_members() {
        round_trip::<GetPromptParams>(&json!({"name": "review"}));
        round_trip::<GetPromptParams>(&json!({
            "name": "review", "arguments": {"code": "x"}, "inputResponses": {"who": {"action": "cancel"}},
            "requestState": "s",
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {}
            }
        }));
        let message = json!({"role": "user", "content": {"type": "text", "text": "Review x"}});
        round_trip::<PromptMessage>(&message);
        round_trip::<GetPromptResult>(&json!({"messages": [message]}));
        round_trip::<GetPromptResult>(&json!({
            "resultType": "complete", "description": "d", "messages": [message], "_meta": {"k": 1}
        }));
    }

    #[test]
    fn arguments_of_a_prompt_are_text() {
        assert!(serde_json::from_str::<GetPromptParams>(r#"{"name":"x","arguments":{"n":1}}"#).is_err());
    }
}
