//! Tools: what a model can call.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/server/tools>

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::content::Content;
use crate::icon::Icon;
use crate::lifecycle::{CacheScope, ResultType};

/// One tool, as it stands in the list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// Name to call it by: 1 to 128 of `A-Z a-z 0-9 _ . -`.
    pub name: String,
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it does, for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema of the arguments; its root says `"type": "object"`.
    pub input_schema: Map<String, Value>,
    /// JSON Schema of the structured result: not before 2025-06-18.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Map<String, Value>>,
    /// How it behaves: not before 2025-03-26.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<ToolAnnotations>,
    /// How it runs: 2025-11-25 only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<ToolExecution>,
    /// Icons of the tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icons: Option<Vec<Icon>>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Hints about a tool's behaviour, which a client must not trust.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolAnnotations {
    /// Name for people, if the tool has no `title`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// It changes nothing; absent is `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only_hint: Option<bool>,
    /// It may delete or overwrite; absent is `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destructive_hint: Option<bool>,
    /// Calling it again with the same arguments changes nothing more; absent is `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotent_hint: Option<bool>,
    /// It reaches into an open world, such as the web; absent is `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_world_hint: Option<bool>,
}

/// How a tool runs in 2025-11-25.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolExecution {
    /// Whether a call may become a task of that version; absent is `forbidden`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_support: Option<TaskSupport>,
}

/// Whether calls of a tool become tasks of 2025-11-25.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TaskSupport {
    /// Never.
    Forbidden,
    /// If the client asks for it.
    Optional,
    /// Always.
    Required,
}

/// Result of `tools/list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListToolsResult {
    /// What kind of result it is: not before 2026-07-28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// This page of the list.
    pub tools: Vec<Tool>,
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

/// Parameters of `tools/call`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallToolParams {
    /// Name of the tool.
    pub name: String,
    /// The arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Map<String, Value>>,
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

/// Result of `tools/call`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallToolResult {
    /// What kind of result it is: not before 2026-07-28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// The result for the model; read as empty if a server leaves it out.
    #[serde(default)]
    pub content: Vec<Content>,
    /// The result as data, `null` included: not before 2025-06-18, an object before 2026-07-28.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub structured_content: Option<Value>,
    /// The tool failed, and `content` says how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_error: Option<bool>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Reads a member that may be absent, but keeps an explicit `null` apart from absence.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::icon::round_trip;

    fn tool() -> Value {
        json!({
            "name": "add", "title": "Add", "description": "Adds two numbers",
            "inputSchema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
                "properties": {"a": {"type": "integer"}}, "required": ["a"]
            },
            "outputSchema": {"type": "object", "properties": {"sum": {"type": "integer"}}},
            "annotations": {
                "title": "Add", "readOnlyHint": true, "destructiveHint": false, "idempotentHint": true,
                "openWorldHint": false
            },
            "icons": [{"src": "https://example.com/i.png"}], "_meta": {"k": 1}
        })
    }

    #[test]
    fn a_tool_keeps_all_its_members() {
        round_trip::<Tool>(&tool());
        round_trip::<Tool>(&json!({"name": "x", "inputSchema": {"type": "object"}}));
        round_trip::<ToolAnnotations>(&tool()["annotations"]);
        for support in ["forbidden", "optional", "required"] {
            let execution = json!({"taskSupport": support});
            round_trip::<ToolExecution>(&execution);
            round_trip::<Tool>(
                &json!({"name": "x", "inputSchema": {"type": "object"}, "execution": execution}),
            );
        }
    }

    #[test]
    fn a_list_belongs_to_either_era() {
        round_trip::<ListToolsResult>(&json!({"tools": [tool()], "nextCursor": "2"}));
        round_trip::<ListToolsResult>(&json!({
            "resultType": "complete", "tools": [tool()], "nextCursor": "2", "ttlMs": 0, "cacheScope": "private",
            "_meta": {"k": 1}
        }));
    }

    #[test]
    fn a_call_may_carry_answers() {
        round_trip::<CallToolParams>(&json!({"name": "add"}));
        round_trip::<CallToolParams>(&json!({
            "name": "add", "arguments": {"a": 1}, "inputResponses": {"who": {"action": "decline"}},
            "requestState": "s",
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {}
            }
        }));
    }

    #[test]
    fn a_result_keeps_all_its_members() {
        round_trip::<CallToolResult>(&json!({"content": [{"type": "text", "text": "3"}]}));
        round_trip::<CallToolResult>(&json!({
            "resultType": "complete", "content": [{"type": "text", "text": "3"}], "structuredContent": {"sum": 3},
            "isError": false, "_meta": {"k": 1}
        }));
    }

    #[test]
    fn structured_content_may_be_any_value() {
        for value in [json!(null), json!(3), json!("x"), json!([1, 2]), json!(true)] {
            let result: CallToolResult =
                round_trip(&json!({"resultType": "complete", "content": [], "structuredContent": value}));
            assert_eq!(result.structured_content, Some(value));
        }
        assert_eq!(round_trip::<CallToolResult>(&json!({"content": []})).structured_content, None);
    }

    #[test]
    fn a_result_without_content_is_read_as_empty() {
        let result: CallToolResult = serde_json::from_str(r#"{"structuredContent":{"sum":3}}"#).unwrap();
        assert!(result.content.is_empty());
    }
}
