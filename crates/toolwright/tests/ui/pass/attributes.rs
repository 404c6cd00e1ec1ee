//! Attributes: those of others stay, and ours say what they should.

use serde_json::json;
use toolwright::prelude::*;

use super::listed;

/// Finds an order.
///
/// Use it when the user names one.
///
/// # Errors
///
/// This is for readers of the code.
#[tool]
#[must_use]
#[inline]
fn find(
    /// Which one,
    /// such as ORD-101.
    id: String,
) -> String {
    id
}

#[deprecated = "for the test"]
#[tool(
    name = "old-find",
    title = "Old",
    description = "",
    read_only,
    idempotent = false,
    timeout = 30,
    tags("a", "b")
)]
#[cfg_attr(all(), allow(dead_code, reason = "for the test"))]
fn old(id: String) -> String {
    id
}

/// Is there on no system.
#[tool]
#[cfg(any())]
fn missing() -> Nothing {}

/// Says all about an argument.
#[tool(blocking, strict, no_output_schema, meta("example.com/a" = 1))]
fn bounded(
    #[arg(range(1..=500), multiple_of = 5, description = "A number.")] number: u32,
    #[arg(length(1..=20), pattern = "^[A-Z]+$", example = "ABC", rename = "word")] text: &str,
    #[arg(length(..=3), default = vec![1])] list: Vec<u8>,
    #[arg(range(0.0..1.0))] share: Option<f64>,
) -> u32 {
    number + text.len() as u32 + list.len() as u32 + share.map_or(0, |_| 1)
}

/// Must be awaited.
#[tool]
#[must_use]
pub(crate) async fn awaited() -> u8 {
    1
}

fn server() -> Server {
    Server::new("attributes").tools(toolset![find, old, bounded, awaited])
}

#[tokio::test]
async fn attributes_are_told() {
    let tools = listed(server()).await;
    assert_eq!(tools["find"]["description"], "Finds an order.\n\nUse it when the user names one.");
    assert_eq!(
        tools["find"]["inputSchema"]["properties"]["id"]["description"],
        "Which one, such as ORD-101."
    );
    assert_eq!(tools["old-find"]["annotations"], json!({"readOnlyHint": true, "idempotentHint": false}));
    assert_eq!(tools["old-find"]["description"], json!(null));
    assert_eq!(tools["old-find"]["_meta"], json!({"dev.toolwright/tags": ["a", "b"]}));
    let properties = &tools["bounded"]["inputSchema"]["properties"];
    assert_eq!(properties["number"]["maximum"], 500);
    assert_eq!(properties["word"]["maxLength"], 20);
    assert_eq!(properties["list"]["default"], json!([1]));
    assert_eq!(properties["share"]["exclusiveMaximum"], 1.0);
    assert_eq!(tools["bounded"]["_meta"], json!({"example.com/a": 1}));
    assert_eq!(tools["bounded"]["outputSchema"], json!(null));
}

#[test]
fn they_can_still_be_called() {
    assert_eq!(find("a".into()), "a");
    assert_eq!(bounded(5, "A", vec![], None), 6);
    #[expect(deprecated, reason = "the attribute was kept")]
    let old = old("a".into());
    assert_eq!(old, "a");
}
