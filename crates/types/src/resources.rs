//! Resources: what a server lets a client read.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/server/resources>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::content::{Annotations, ResourceContents, ResourceLink};
use crate::icon::Icon;
use crate::lifecycle::{CacheScope, ResultType};

/// One resource, as it stands in the list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// URI to read it by.
    pub uri: String,
    /// Name for programs.
    pub name: String,
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it holds, for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// MIME type of the contents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Size in bytes, before any encoding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// For whom it is, and how much it matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// Icons of the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icons: Option<Vec<Icon>>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

impl From<Resource> for ResourceLink {
    fn from(resource: Resource) -> Self {
        let Resource { uri, name, title, description, mime_type, size, annotations, icons, meta } = resource;
        Self { uri, name, title, description, mime_type, size, annotations, icons, meta }
    }
}

/// A family of resources whose URIs follow one pattern.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceTemplate {
    /// The pattern: an RFC 6570 URI template.
    pub uri_template: String,
    /// Name for programs.
    pub name: String,
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What its resources hold, for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// MIME type, if all its resources share one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// For whom it is, and how much it matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// Icons of the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icons: Option<Vec<Icon>>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Result of `resources/list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListResourcesResult {
    /// What kind of result it is: not before 2026-07-28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// This page of the list.
    pub resources: Vec<Resource>,
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

/// Result of `resources/templates/list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListResourceTemplatesResult {
    /// What kind of result it is: not before 2026-07-28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// This page of the list.
    pub resource_templates: Vec<ResourceTemplate>,
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

/// Parameters of `resources/read`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadResourceParams {
    /// URI of the resource.
    pub uri: String,
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

/// Result of `resources/read`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadResourceResult {
    /// What kind of result it is: not before 2026-07-28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// The contents: several for a resource with parts.
    pub contents: Vec<ResourceContents>,
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

/// Parameters of `resources/subscribe` and `resources/unsubscribe`: legacy only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscribeParams {
    /// URI of the resource.
    pub uri: String,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Parameters of `notifications/resources/updated`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceUpdatedParams {
    /// URI of what changed: at times a part of what was subscribed to.
    pub uri: String,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::content::Content;
    use crate::icon::round_trip;

    fn resource() -> Value {
        json!({
            "uri": "file:///a", "name": "a", "title": "A", "description": "d", "mimeType": "text/plain", "size": 3,
            "annotations": {"audience": ["user"], "priority": 0.5}, "icons": [{"src": "https://e.com/i.png"}],
            "_meta": {"k": 1}
        })
    }

    fn template() -> Value {
        json!({
            "uriTemplate": "file:///{path}", "name": "files", "title": "Files", "description": "d",
            "mimeType": "text/plain", "annotations": {"priority": 0.5}, "icons": [{"src": "https://e.com/i.png"}],
            "_meta": {"k": 1}
        })
    }

    #[test]
    fn resources_and_templates_keep_all_their_members() {
        round_trip::<Resource>(&resource());
        round_trip::<Resource>(&json!({"uri": "file:///a", "name": "a"}));
        round_trip::<ResourceTemplate>(&template());
        round_trip::<ResourceTemplate>(&json!({"uriTemplate": "file:///{path}", "name": "files"}));
    }

    #[test]
    fn a_resource_becomes_a_link_with_the_same_members() {
        let link = ResourceLink::from(round_trip::<Resource>(&resource()));
        let mut written = serde_json::to_value(Content::ResourceLink(link)).unwrap();
        assert_eq!(written.as_object_mut().unwrap().remove("type"), Some(json!("resource_link")));
        assert_eq!(written, resource());
    }

    #[test]
    fn lists_belong_to_either_era() {
        round_trip::<ListResourcesResult>(&json!({"resources": [resource()], "nextCursor": "2"}));
        round_trip::<ListResourcesResult>(&json!({
            "resultType": "complete", "resources": [resource()], "nextCursor": "2", "ttlMs": 5, "cacheScope": "public",
            "_meta": {"k": 1}
        }));
        round_trip::<ListResourceTemplatesResult>(
            &json!({"resourceTemplates": [template()], "nextCursor": "2"}),
        );
        round_trip::<ListResourceTemplatesResult>(&json!({
            "resultType": "complete", "resourceTemplates": [template()], "nextCursor": "2", "ttlMs": 5,
            "cacheScope": "public", "_meta": {"k": 1}
        }));
    }

    #[test]
    fn reading_keeps_all_its_members() {
        round_trip::<ReadResourceParams>(&json!({"uri": "file:///a"}));
        round_trip::<ReadResourceParams>(&json!({
            "uri": "file:///a", "inputResponses": {"who": {"action": "cancel"}}, "requestState": "s",
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {}
            }
        }));
        let contents = json!([{"uri": "file:///a", "text": "abc"}, {"uri": "file:///b", "blob": "AA=="}]);
        round_trip::<ReadResourceResult>(&json!({"contents": contents}));
        round_trip::<ReadResourceResult>(&json!({
            "resultType": "complete", "contents": contents, "ttlMs": 5, "cacheScope": "private", "_meta": {"k": 1}
        }));
    }

    #[test]
    fn subscriptions_name_a_resource() {
        round_trip::<SubscribeParams>(&json!({"uri": "file:///a", "_meta": {"progressToken": 1}}));
        round_trip::<ResourceUpdatedParams>(&json!({"uri": "file:///a"}));
        round_trip::<ResourceUpdatedParams>(&json!({
            "uri": "file:///a", "_meta": {"io.modelcontextprotocol/subscriptionId": 7}
        }));
    }
}
