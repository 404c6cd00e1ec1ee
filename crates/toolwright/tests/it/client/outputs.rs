//! Results that are not what was announced.

use serde_json::json;
use toolwright::client::{Client, Error};

use super::scripted::Scripted;
use super::{server, visit, ways};

/// Rule C17, once the tools are known.
#[tokio::test(start_paused = true)]
async fn a_result_that_does_not_fit_its_schema_is_refused() {
    let answer = |method: &str, params: &serde_json::Value| match method {
        "tools/list" => json!({"tools": [{"name": "t", "inputSchema": {"type": "object"}, "outputSchema": {
            "type": "object", "properties": {"total": {"type": "integer"}}, "required": ["total"]}}]}),
        _ if params["arguments"]["total"].is_null() => json!({"content": []}),
        _ => json!({"content": [], "structuredContent": params["arguments"]}),
    };
    let server = Scripted::start(Client::options(), answer).await;
    let client = &server.client;
    client.call_tool("t", json!({"total": "3"})).await.unwrap();
    client.list_tools().await.unwrap();
    client.call_tool("t", json!({"total": 3})).await.unwrap();
    let refused = client.call_tool("t", json!({"total": "3"})).await.unwrap_err();
    assert!(matches!(&refused, Error::Invalid(why) if why.contains("at /total")), "{refused}");
    let refused = client.call_tool("t", ()).await.unwrap_err();
    assert!(refused.to_string().contains("gives none"), "{refused}");
    let server = Scripted::start(Client::options().check_output(false), answer).await;
    server.client.list_tools().await.unwrap();
    server.client.call_tool("t", json!({"total": "3"})).await.unwrap();
}

/// What our own servers give fits, in every version: `visit` lists the tools and calls them.
#[tokio::test(start_paused = true)]
async fn our_own_results_fit_their_schemas() {
    for (options, version) in ways() {
        visit(&options.connect(server().0).await.unwrap(), version).await;
    }
}
