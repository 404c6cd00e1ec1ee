//! A server by another framework, rmcp, for our own client to visit: `cargo xtask cli`.

use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, ResourceContents,
    ResourceUpdatedNotificationParam, ServerCapabilities, ServerConfig, SubscribeRequestParams,
    SubscriptionFilter,
};
use rmcp::service::{Peer, RequestContext, RoleServer, SubscriptionContext};
use rmcp::{ErrorData, ServerHandler, ServiceExt as _, schemars, tool, tool_handler, tool_router};

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
struct Sum {
    /// The first number.
    a: i64,
    /// The second number.
    b: i64,
}

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
struct Who {
    /// A name.
    name: String,
}

rmcp::elicit_safe!(Who);

struct Visited;

#[tool_router]
impl Visited {
    /// Adds two numbers.
    #[tool]
    fn sum(&self, Parameters(Sum { a, b }): Parameters<Sum>) -> String {
        (a + b).to_string()
    }

    /// Asks in the midst of a call: clients of before 2026-07-28.
    #[tool]
    async fn ask(&self, peer: Peer<RoleServer>) -> String {
        match peer.elicit::<Who>("Who are you?").await {
            Ok(Some(who)) => format!("accept {}", who.name),
            Ok(None) => "nothing".into(),
            Err(error) => error.to_string(),
        }
    }
}

/// A note that changes as soon as somebody wants to hear of it.
const NOTE: &str = "note://one";

#[tool_handler]
impl ServerHandler for Visited {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_resources();
        ServerConfig::new(capabilities.enable_resources_subscribe().build())
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        Ok(ReadResourceResult::new(vec![ResourceContents::text("first note", request.uri)]).into())
    }

    async fn subscribe(
        &self,
        _: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let changed = ResourceUpdatedNotificationParam::new(NOTE);
        tokio::spawn(async move { context.peer.notify_resource_updated(changed).await });
        Ok(())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let told = context.sink().notify_resource_updated(NOTE).await;
        told.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        context.cancelled().await;
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    Visited.serve(rmcp::transport::stdio()).await?.waiting().await?;
    Ok(())
}
