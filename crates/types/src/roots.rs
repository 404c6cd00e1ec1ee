//! Roots: the places a client works in. Deprecated since 2026-07-28.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/client/roots>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One place, for information only: it grants nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Root {
    /// `file:` URI of a directory or a file.
    pub uri: String,
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Result of `roots/list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListRootsResult {
    /// The places.
    pub roots: Vec<Root>,
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
    fn roots_keep_all_their_members() {
        let root = json!({"uri": "file:///home/me", "name": "Home", "_meta": {"k": 1}});
        round_trip::<Root>(&root);
        round_trip::<ListRootsResult>(&json!({"roots": [root, {"uri": "file:///tmp"}]}));
        round_trip::<ListRootsResult>(&json!({"roots": [], "_meta": {"k": 1}}));
    }
}
