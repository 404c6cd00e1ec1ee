//! Another implementation of the protocol works with the server, in both eras and over both transports.

use std::path::Path;
use std::process::Stdio;

use rmcp::model::{CallToolRequestParams, ProtocolVersion, ReadResourceRequestParams};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RoleClient, RunningService};
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::support::Folder;

type Client = RunningService<RoleClient, ()>;

async fn call(client: &Client, tool: &'static str, arguments: Value) -> Value {
    let arguments = arguments.as_object().unwrap().clone();
    let result = client.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await.unwrap();
    assert_ne!(result.is_error, Some(true), "{result:?}");
    result.structured_content.unwrap()
}

async fn an_order_lives(client: Client) {
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

async fn lives_on_stdio(lifecycle: ClientLifecycleMode) {
    let folder = Folder::new();
    // A recorder may stand between us and the server.
    let server = std::env::var_os("ORDERS_UNDER_TEST").unwrap_or_else(|| env!("CARGO_BIN_EXE_orders").into());
    let mut command = Command::new(server);
    command.args(["serve", "--seed", "--db"]).arg(folder.file());
    let transport = TokioChildProcess::new(command).unwrap();
    an_order_lives(().serve_with_lifecycle(transport, lifecycle).await.unwrap()).await;
}

async fn lives_over_http(lifecycle: ClientLifecycleMode) {
    // The client asks for no TLS, but an example does, and then reqwest wants to know whose even where it needs none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = Folder::new();
    // A recorder's URL may be given, before a server that runs already.
    let (url, _server) = match std::env::var("ORDERS_URL_UNDER_TEST") {
        Ok(url) => (url, None),
        Err(_) => start(&folder.file()).await,
    };
    let transport = StreamableHttpClientTransport::from_uri(url);
    an_order_lives(().serve_with_lifecycle(transport, lifecycle).await.unwrap()).await;
}

/// Starts the server on HTTP; it names its URL on standard error, and ends when it is dropped.
async fn start(database: &Path) -> (String, Option<Child>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orders"));
    command.args(["serve", "--http", "127.0.0.1:0", "--seed", "--db"]).arg(database);
    let mut server = command.stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    let url = loop {
        let line = log.next_line().await.unwrap().expect("a URL on standard error");
        if let Some(url) = line.split_whitespace().find(|word| word.starts_with("http://")) {
            break url.to_owned();
        }
    };
    // Read on, so that the server never writes to a closed pipe.
    tokio::spawn(async move { while log.next_line().await.is_ok_and(|line| line.is_some()) {} });
    (url, Some(server))
}

fn stateless() -> ClientLifecycleMode {
    let preferred_versions = vec![serde_json::from_value::<ProtocolVersion>(json!("2026-07-28")).unwrap()];
    ClientLifecycleMode::Discover { preferred_versions }
}

#[tokio::test]
async fn an_order_lives_after_the_handshake() {
    lives_on_stdio(ClientLifecycleMode::Initialize).await;
}

#[tokio::test]
async fn an_order_lives_in_the_stateless_version() {
    lives_on_stdio(stateless()).await;
}

#[tokio::test]
async fn an_order_lives_over_http_after_the_handshake() {
    lives_over_http(ClientLifecycleMode::Initialize).await;
}

#[tokio::test]
async fn an_order_lives_over_http_in_the_stateless_version() {
    lives_over_http(stateless()).await;
}
