//! Sampling: a server asks the client's model. Deprecated since 2026-07-28.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/client/sampling>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::content::{AudioContent, Content, ImageContent, Role, TextContent};
use crate::tools::{Tool, present};

/// Parameters of `sampling/createMessage`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateMessageParams {
    /// The conversation so far.
    pub messages: Vec<SamplingMessage>,
    /// Which model would suit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_preferences: Option<ModelPreferences>,
    /// What to tell the model first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    /// Which context of servers to add; absent is `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_context: Option<IncludeContext>,
    /// How freely the model chooses; the range is the model's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// The most tokens to make.
    pub max_tokens: u64,
    /// Texts at which the model stops.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_sequences: Option<Vec<String>>,
    /// Settings for the model's provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// Tools the model may use: not before 2025-11-25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Tool>>,
    /// How the model uses the tools: not before 2025-11-25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// One message of a conversation with a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SamplingMessage {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: OneOrMany<SamplingContent>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Result of `sampling/createMessage`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateMessageResult {
    /// Who says it: the model.
    pub role: Role,
    /// What is said.
    pub content: OneOrMany<SamplingContent>,
    /// Name of the model.
    pub model: String,
    /// Why the model stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<StopReason>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// One block, or a list of blocks: the list not before 2025-11-25.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One, without a list around it.
    One(T),
    /// A list, of any length.
    Many(Vec<T>),
}

impl CreateMessageParams {
    /// Asks for an answer to a text, of at most so many tokens.
    pub fn text(prompt: impl Into<String>, max_tokens: u64) -> Self {
        let content = TextContent { text: prompt.into(), ..TextContent::default() };
        let content = OneOrMany::One(SamplingContent::Text(content));
        let message = SamplingMessage { role: Role::User, content, meta: None };
        Self { messages: vec![message], max_tokens, ..Self::default() }
    }
}

impl CreateMessageResult {
    /// All that the model said as text.
    pub fn text(&self) -> String {
        let text = |content: &SamplingContent| match content {
            SamplingContent::Text(text) => Some(text.text.clone()),
            _ => None,
        };
        self.content.as_slice().iter().filter_map(text).collect::<Vec<_>>().join("\n")
    }
}

impl<T> OneOrMany<T> {
    /// The blocks, however they are written.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// One block of a conversation with a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SamplingContent {
    /// Plain text.
    Text(TextContent),
    /// A picture.
    Image(ImageContent),
    /// Sound: not before 2025-03-26.
    Audio(AudioContent),
    /// The model calls a tool: not before 2025-11-25.
    ToolUse(ToolUse),
    /// The result of a call: not before 2025-11-25.
    ToolResult(ToolResult),
}

/// The model calls a tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolUse {
    /// Names this call, for its result.
    pub id: String,
    /// Name of the tool.
    pub name: String,
    /// The arguments.
    pub input: Map<String, Value>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// The result of a tool that the model called.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResult {
    /// The `id` of the call.
    pub tool_use_id: String,
    /// The result for the model.
    pub content: Vec<Content>,
    /// The result as data, `null` included.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub structured_content: Option<Value>,
    /// The tool failed, and `content` says how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_error: Option<bool>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Which model would suit: wishes, which the client may ignore.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelPreferences {
    /// Models to prefer, best first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hints: Option<Vec<ModelHint>>,
    /// How much low cost matters, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_priority: Option<f64>,
    /// How much speed matters, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_priority: Option<f64>,
    /// How much ability matters, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intelligence_priority: Option<f64>,
}

/// A model to prefer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelHint {
    /// Part of its name, such as `sonnet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Which context of servers a client adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum IncludeContext {
    /// None.
    None,
    /// That of the server which asks.
    ThisServer,
    /// That of every server.
    AllServers,
}

/// How the model uses the tools it is given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolChoice {
    /// Absent is `auto`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<ToolChoiceMode>,
}

/// Whether the model uses tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ToolChoiceMode {
    /// As it likes.
    Auto,
    /// At least one.
    Required,
    /// None.
    None,
}

/// Why a model stopped.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum StopReason {
    /// It had said all.
    EndTurn,
    /// It came to a stop sequence.
    StopSequence,
    /// It came to the most tokens allowed.
    MaxTokens,
    /// It calls tools.
    ToolUse,
    /// A reason of the model's provider.
    Other(String),
}

impl StopReason {
    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::EndTurn => "endTurn",
            Self::StopSequence => "stopSequence",
            Self::MaxTokens => "maxTokens",
            Self::ToolUse => "toolUse",
            Self::Other(name) => name,
        }
    }
}

impl From<String> for StopReason {
    fn from(name: String) -> Self {
        match name.as_str() {
            "endTurn" => Self::EndTurn,
            "stopSequence" => Self::StopSequence,
            "maxTokens" => Self::MaxTokens,
            "toolUse" => Self::ToolUse,
            _ => Self::Other(name),
        }
    }
}

impl From<StopReason> for String {
    fn from(reason: StopReason) -> Self {
        match reason {
            StopReason::Other(name) => name,
            known => known.as_str().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::icon::round_trip;

    fn text() -> Value {
        json!({"type": "text", "text": "hi"})
    }

    #[test]
    fn a_request_keeps_all_its_members() {
        round_trip::<CreateMessageParams>(&json!({
            "messages": [{"role": "user", "content": text()}], "maxTokens": 100
        }));
        round_trip::<CreateMessageParams>(&json!({
            "messages": [{"role": "user", "content": [text()], "_meta": {"k": 1}}],
            "modelPreferences": {
                "hints": [{"name": "sonnet"}, {}], "costPriority": 0.25, "speedPriority": 0.5, "intelligencePriority": 0.75
            },
            "systemPrompt": "Be kind", "includeContext": "thisServer", "temperature": 0.5, "maxTokens": 100,
            "stopSequences": ["END"], "metadata": {"k": 1},
            "tools": [{"name": "add", "inputSchema": {"type": "object"}}], "toolChoice": {"mode": "auto"},
            "_meta": {"k": 1}
        }));
    }

    #[test]
    fn every_kind_of_block_is_told_by_its_type() {
        assert!(matches!(round_trip(&text()), SamplingContent::Text(_)));
        let image = json!({"type": "image", "data": "AA==", "mimeType": "image/png"});
        assert!(matches!(round_trip(&image), SamplingContent::Image(_)));
        let audio = json!({"type": "audio", "data": "AA==", "mimeType": "audio/wav"});
        assert!(matches!(round_trip(&audio), SamplingContent::Audio(_)));
        let call =
            json!({"type": "tool_use", "id": "1", "name": "add", "input": {"a": 1}, "_meta": {"k": 1}});
        assert!(matches!(round_trip(&call), SamplingContent::ToolUse(_)));
        let result = json!({
            "type": "tool_result", "toolUseId": "1", "content": [text()], "structuredContent": {"sum": 3},
            "isError": false, "_meta": {"k": 1}
        });
        assert!(matches!(round_trip(&result), SamplingContent::ToolResult(_)));
    }

    #[test]
    fn a_resource_is_no_block_of_a_conversation() {
        let link = r#"{"type":"resource_link","uri":"a:b","name":"x"}"#;
        assert!(serde_json::from_str::<SamplingContent>(link).is_err());
    }

    #[test]
    fn one_block_and_a_list_of_one_are_told_apart() {
        let one: SamplingMessage = round_trip(&json!({"role": "user", "content": text()}));
        let many: SamplingMessage = round_trip(&json!({"role": "user", "content": [text()]}));
        assert_ne!(one, many);
        assert_eq!(one.content.as_slice(), many.content.as_slice());
    }

    #[test]
    fn a_result_keeps_all_its_members() {
        let result = json!({
            "role": "assistant", "content": [text()], "model": "m", "stopReason": "endTurn", "_meta": {"k": 1}
        });
        round_trip::<CreateMessageResult>(&result);
        round_trip::<CreateMessageResult>(&json!({"role": "assistant", "content": text(), "model": "m"}));
    }

    #[test]
    fn an_unknown_reason_to_stop_is_kept() {
        for name in ["endTurn", "stopSequence", "maxTokens", "toolUse", "refusal"] {
            assert_eq!(round_trip::<StopReason>(&json!(name)).as_str(), name);
        }
        assert_eq!(round_trip::<StopReason>(&json!("refusal")), StopReason::Other("refusal".into()));
    }

    #[test]
    fn choices_are_named_as_on_the_wire() {
        for mode in ["auto", "required", "none"] {
            round_trip::<ToolChoice>(&json!({"mode": mode}));
        }
        for context in ["none", "thisServer", "allServers"] {
            round_trip::<IncludeContext>(&json!(context));
        }
    }
}
