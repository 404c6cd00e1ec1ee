//! Subscriptions: one long request on which a server tells of changes, since 2026-07-28.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Parameters of `subscriptions/listen`, whose result is empty but for its metadata.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenParams {
    /// What the client wants to hear of.
    pub notifications: SubscriptionFilter,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Parameters of `notifications/subscriptions/acknowledged`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AcknowledgedParams {
    /// What the client will hear of: the part of its wishes that the server can fulfil.
    pub notifications: SubscriptionFilter,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Kinds of change to hear of; what is absent is not wanted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionFilter {
    /// The list of tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools_list_changed: Option<bool>,
    /// The list of prompts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompts_list_changed: Option<bool>,
    /// The list of resources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources_list_changed: Option<bool>,
    /// Resources, by URI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_subscriptions: Option<Vec<String>>,
    /// Tasks, by id: the tasks extension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_ids: Option<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::icon::round_trip;

    #[test]
    fn a_filter_keeps_all_its_members() {
        let filter = json!({
            "toolsListChanged": true, "promptsListChanged": false, "resourcesListChanged": true,
            "resourceSubscriptions": ["file:///a"], "taskIds": ["t1"]
        });
        round_trip::<SubscriptionFilter>(&filter);
        round_trip::<ListenParams>(&json!({
            "notifications": filter,
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {}
            }
        }));
        round_trip::<AcknowledgedParams>(&json!({
            "notifications": filter, "_meta": {"io.modelcontextprotocol/subscriptionId": "l1"}
        }));
    }

    #[test]
    fn an_empty_filter_is_a_filter() {
        round_trip::<AcknowledgedParams>(&json!({"notifications": {}}));
        assert!(serde_json::from_str::<ListenParams>("{}").is_err());
    }
}
