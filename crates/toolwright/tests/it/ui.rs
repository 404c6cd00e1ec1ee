//! What the compiler says of mistakes: each is one error, at the author's own tokens. And what is no mistake.
//!
//! `TRYBUILD=overwrite cargo test -p toolwright ui` writes the expected words anew; read every one of them then.

use serde_json::{Value, json};
use toolwright::Server;

use crate::peer::{self, Peer};

#[path = "../ui/pass/attributes.rs"]
mod attributes;
#[path = "../ui/pass/block.rs"]
mod block;
#[path = "../ui/pass/names.rs"]
mod names;
#[path = "../ui/pass/parameters.rs"]
mod parameters;
#[path = "../ui/pass/returns.rs"]
mod returns;

const TOPICS: [&str; 10] = [
    "argument",
    "attribute",
    "block",
    "item",
    "main",
    "names",
    "prompt",
    "receiver",
    "resource",
    "return_value",
];

#[test]
fn mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    // The attribute of the feature `testing`.
    let more = cfg!(feature = "testing").then_some("test");
    for topic in TOPICS.into_iter().chain(more) {
        cases.compile_fail(format!("tests/ui/{topic}/*.rs"));
    }
}

/// The result of one call of a tool.
async fn call(server: Server, tool: &str, arguments: Value) -> Value {
    let mut peer = Peer::new(&server.build().expect("the server can be built"));
    let answer = peer.ask(peer::call(1, tool, arguments)).await;
    answer.get("result").cloned().unwrap_or_else(|| panic!("{tool}: {answer}"))
}

/// The text that one call of a tool gives.
async fn text(server: Server, tool: &str, arguments: Value) -> String {
    let result = call(server, tool, arguments).await;
    assert!(result["isError"] != json!(true), "{tool}: {result}");
    result["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

/// The tools as they are listed, by name.
async fn listed(server: Server) -> std::collections::BTreeMap<String, Value> {
    let mut peer = Peer::new(&server.build().expect("the server can be built"));
    let answer = peer.ask(peer::modern(1, "tools/list", json!({}))).await;
    let tools = answer["result"]["tools"].as_array().cloned().unwrap_or_default();
    tools.into_iter().map(|tool| (tool["name"].as_str().unwrap_or_default().to_owned(), tool)).collect()
}
