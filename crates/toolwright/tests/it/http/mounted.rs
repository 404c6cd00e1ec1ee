//! The endpoint in an application of the user's own.

use serde_json::json;
use toolwright::{Http, Limits};

use super::client::service;
use crate::peer::text;

#[tokio::test]
async fn an_axum_router_can_carry_the_endpoint() {
    let (service, _) = service(Limits::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().route_service("/tools", service.endpoint(&Http::default()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let call = crate::peer::modern(1, "tools/call", json!({"name": "echo", "arguments": {"text": "hi"}}));
    let mut client = super::client::Client::new(&address.to_string()).await;
    let headers =
        [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "echo")];
    client.request("POST", "/tools", &headers, &call.to_string()).await;
    assert_eq!(text(&client.answer().await.json()), "hi");
    client.request("POST", "/tools", &[("host", "evil.example")], "{}").await;
    assert_eq!(client.answer().await.status, 403);
}
