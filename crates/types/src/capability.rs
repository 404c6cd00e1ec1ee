//! What each side can do: declared once in the legacy handshake, with every request since 2026-07-28.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The ids of official extensions.
pub mod extension {
    /// MCP Apps: pages that a client shows with a tool's results.
    pub const UI: &str = "io.modelcontextprotocol/ui";
    /// Skills: instructions for agents, with their files.
    pub const SKILLS: &str = "io.modelcontextprotocol/skills";
}

/// What a client can do for a server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientCapabilities {
    /// Non-standard capabilities: settings objects by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<Map<String, Value>>,
    /// It can list its roots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roots: Option<RootsCapability>,
    /// It can ask a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampling: Option<SamplingCapability>,
    /// It can ask the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elicitation: Option<ElicitationCapability>,
    /// Extensions: settings objects by extension id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Map<String, Value>>,
    /// Members that have no field here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// How a client lists its roots.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RootsCapability {
    /// Legacy: it tells when the list changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_changed: Option<bool>,
}

/// How a client asks a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SamplingCapability {
    /// It can include context of servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Map<String, Value>>,
    /// It can let the model use tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Map<String, Value>>,
}

/// How a client asks the user; without any member it can show forms.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ElicitationCapability {
    /// It can show forms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<Map<String, Value>>,
    /// It can open URLs: not before 2025-11-25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Map<String, Value>>,
}

/// What a server can do for a client.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerCapabilities {
    /// Non-standard capabilities: settings objects by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<Map<String, Value>>,
    /// It sends log messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging: Option<Map<String, Value>>,
    /// It completes arguments: not declared before 2025-03-26.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completions: Option<Map<String, Value>>,
    /// It has prompts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompts: Option<PromptsCapability>,
    /// It has resources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourcesCapability>,
    /// It has tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<ToolsCapability>,
    /// Extensions: settings objects by extension id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Map<String, Value>>,
    /// Members that have no field here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl ServerCapabilities {
    /// Promises to tell of nothing outside an answer: there is no stream to do it on.
    pub fn forget_changes(&mut self) {
        self.logging = None;
        if let Some(tools) = &mut self.tools {
            tools.list_changed = None;
        }
        if let Some(prompts) = &mut self.prompts {
            prompts.list_changed = None;
        }
        if let Some(resources) = &mut self.resources {
            (resources.subscribe, resources.list_changed) = (None, None);
        }
    }
}

/// How a server has prompts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromptsCapability {
    /// It tells when the list changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_changed: Option<bool>,
}

/// How a server has resources.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourcesCapability {
    /// It tells when a resource changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscribe: Option<bool>,
    /// It tells when the list changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_changed: Option<bool>,
}

/// How a server has tools.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolsCapability {
    /// It tells when the list changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_changed: Option<bool>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::icon::round_trip;

    #[test]
    fn no_capabilities_are_an_empty_object() {
        assert_eq!(round_trip::<ClientCapabilities>(&json!({})), ClientCapabilities::default());
        assert_eq!(round_trip::<ServerCapabilities>(&json!({})), ServerCapabilities::default());
    }

    #[test]
    fn client_capabilities_keep_all_their_members() {
        let client: ClientCapabilities = round_trip(&json!({
            "experimental": {"x": {"y": 1}}, "roots": {"listChanged": true},
            "sampling": {"context": {}, "tools": {}}, "elicitation": {"form": {}, "url": {}},
            "extensions": {"io.modelcontextprotocol/tasks": {}}
        }));
        assert!(client.other.is_empty());
    }

    #[test]
    fn server_capabilities_keep_all_their_members() {
        let server: ServerCapabilities = round_trip(&json!({
            "experimental": {"x": {}}, "logging": {}, "completions": {}, "prompts": {"listChanged": true},
            "resources": {"subscribe": true, "listChanged": false}, "tools": {"listChanged": true},
            "extensions": {"io.modelcontextprotocol/ui": {}}
        }));
        assert!(server.other.is_empty());
    }

    #[test]
    fn unknown_capabilities_are_kept() {
        let tasks =
            json!({"tasks": {"list": {}, "cancel": {}, "requests": {"sampling": {"createMessage": {}}}}});
        assert!(round_trip::<ClientCapabilities>(&tasks).other.contains_key("tasks"));
        let tasks = json!({"tasks": {"list": {}, "requests": {"tools": {"call": {}}}}});
        assert!(round_trip::<ServerCapabilities>(&tasks).other.contains_key("tasks"));
    }

    #[test]
    fn an_empty_capability_differs_from_none() {
        let client: ClientCapabilities = round_trip(&json!({"roots": {}, "sampling": {}, "elicitation": {}}));
        assert_eq!(client.elicitation, Some(ElicitationCapability::default()));
    }
}
