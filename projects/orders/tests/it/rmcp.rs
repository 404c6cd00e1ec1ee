//! Another implementation of the protocol works with the server, in both eras.

use rmcp::model::{CallToolRequestParams, ProtocolVersion, ReadResourceRequestParams};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RoleClient, RunningService};
use rmcp::transport::TokioChildProcess;
use serde_json::{Value, json};

use crate::support::Folder;

type Client = RunningService<RoleClient, ()>;

async fn call(client: &Client, tool: &'static str, arguments: Value) -> Value {
    let arguments = arguments.as_object().unwrap().clone();
    let result = client.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await.unwrap();
    assert_ne!(result.is_error, Some(true), "{result:?}");
    result.structured_content.unwrap()
}

async fn lives(lifecycle: ClientLifecycleMode) {
    let folder = Folder::new();
    // A recorder may stand between us and the server.
    let server = std::env::var_os("ORDERS_UNDER_TEST").unwrap_or_else(|| env!("CARGO_BIN_EXE_orders").into());
    let mut command = tokio::process::Command::new(server);
    command.args(["serve", "--seed", "--db"]).arg(folder.file());
    let client = ().serve_with_lifecycle(TokioChildProcess::new(command).unwrap(), lifecycle).await.unwrap();

    assert_eq!(client.list_all_tools().await.unwrap().len(), 9);
    let new = json!({"customer_email": "dora@example.com", "total_amount": 12.5});
    let made = call(&client, "create_order", new).await;
    assert_eq!(made["order_id"], "ORD-105");
    let read = client.read_resource(ReadResourceRequestParams::new("orders://ORD-105")).await.unwrap();
    assert!(serde_json::to_string(&read.contents).unwrap().contains("dora@example.com"));
    let moved = json!({"order_id": "ORD-105", "status": "CANCELLED"});
    assert_eq!(call(&client, "update_order_status", moved).await["status"], "CANCELLED");
    let gone = call(&client, "delete_order", json!({"order_id": "ORD-105"})).await;
    assert_eq!(gone["status"], "CANCELLED");
    assert!(client.read_resource(ReadResourceRequestParams::new("orders://ORD-105")).await.is_err());
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn an_order_lives_after_the_handshake() {
    lives(ClientLifecycleMode::Initialize).await;
}

#[tokio::test]
async fn an_order_lives_in_the_stateless_version() {
    let preferred_versions = vec![serde_json::from_value::<ProtocolVersion>(json!("2026-07-28")).unwrap()];
    lives(ClientLifecycleMode::Discover { preferred_versions }).await;
}
