//! The client that the official conformance suite starts, as `conformance_client URL`.
//!
//! `cargo xtask conformance` runs the suite on it. It visits a server as a curious user would: it lists what there is
//! and tries everything once, answering what it is asked.

use std::error::Error;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use toolwright::client::Options;
use toolwright::client::oauth::{Authorization, Credentials, IdentityProvider};
use toolwright::types::content::{Role, TextContent};
use toolwright::types::elicitation::{ElicitAction, ElicitParams, ElicitResult};
use toolwright::types::sampling::{CreateMessageResult, OneOrMany, SamplingContent};
use toolwright::types::version::ProtocolVersion;
use toolwright::{BoxError, Client};

/// What a scenario tells its client.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Context {
    /// Calls to make, instead of one of each tool.
    #[serde(rename = "toolCalls")]
    tool_calls: Vec<ToolCall>,
    client_id: Option<String>,
    client_secret: Option<String>,
    private_key_pem: Option<String>,
    /// A token of the machine.
    valid_jwt: Option<String>,
    idp_client_id: Option<String>,
    idp_id_token: Option<String>,
    idp_token_endpoint: Option<String>,
}

/// Where the suite thinks that this client says who it is.
const DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";
/// Where the browser would come back to.
const CALLBACK: &str = "http://localhost:3000/callback";

#[derive(Debug, Deserialize)]
struct ToolCall {
    name: String,
    arguments: Map<String, Value>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: conformance_client URL")?;
    let scenario = std::env::var("MCP_CONFORMANCE_SCENARIO").unwrap_or_default();
    let context: Context = match std::env::var("MCP_CONFORMANCE_CONTEXT") {
        Ok(context) => serde_json::from_str(&context)?,
        Err(_) => Context::default(),
    };
    let client = options()?.authorize(authorization(&scenario, &context)?).connect(url).await?;
    match scenario.as_str() {
        "json-schema-2020-12-preservation" => echo_schema(&client).await?,
        // It offers a tool that cannot be called.
        "json-schema-ref-no-deref" => drop(client.list_tools().await?),
        _ => visit(&client, context.tool_calls).await?,
    }
    client.close().await;
    Ok(())
}

/// A client with everything that a server may ask for, speaking the version that is tried.
fn options() -> Result<Options, Box<dyn Error>> {
    let options = Client::options()
        .name("conformance-client", env!("CARGO_PKG_VERSION"))
        .roots(["file:///tmp"])
        .on_elicit(|question| async { Ok(accept(question)) })
        .on_sample(|_| async { Ok(say("Yes.")) });
    match std::env::var("MCP_CONFORMANCE_PROTOCOL_VERSION") {
        // The newest is found by asking, as any client would.
        Ok(version) if version != ProtocolVersion::LATEST.as_str() => Ok(options.version(version.parse()?)),
        _ => Ok(options),
    }
}

/// What the scenario gives to show; a user is asked by default.
fn authorization(scenario: &str, context: &Context) -> Result<Authorization, Box<dyn Error>> {
    let user = || Authorization::user(CALLBACK, say_yes).metadata_document(DOCUMENT);
    let Some(id) = context.client_id.as_deref() else { return Ok(user()) };
    if let Some(pem) = &context.private_key_pem {
        return Ok(Authorization::client_credentials(Credentials::private_key(id, pem)?));
    }
    if let Some(token) = context.valid_jwt.clone() {
        let assertion = move |_issuer| std::future::ready(Ok(token.clone()));
        return Ok(Authorization::workload(Credentials::public(id), assertion));
    }
    let credentials = Credentials::secret(id, context.client_secret.as_deref().unwrap_or_default());
    if let (Some(endpoint), Some(known_as), Some(token)) =
        (&context.idp_token_endpoint, &context.idp_client_id, context.idp_id_token.clone())
    {
        let id_token = move || std::future::ready(Ok(token.clone()));
        let provider = IdentityProvider::new(endpoint, Credentials::public(known_as), id_token);
        return Ok(Authorization::enterprise(credentials, provider));
    }
    Ok(match scenario {
        "auth/client-credentials-basic" => Authorization::client_credentials(credentials),
        _ => user().credentials(credentials),
    })
}

/// A user who says yes, at a page that asks for no more.
async fn say_yes(url: String) -> Result<String, BoxError> {
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let page = browser.get(url).send().await?;
    let onward = page.headers().get(reqwest::header::LOCATION).ok_or("the page does not lead back")?;
    Ok(onward.to_str()?.to_owned())
}

/// A user who takes what stands in the form.
fn accept(question: ElicitParams) -> ElicitResult {
    let content = match question {
        ElicitParams::Form(form) => Some(form.requested_schema.defaults()),
        _ => None,
    };
    ElicitResult { action: ElicitAction::Accept, content, meta: None }
}

/// A model that always says the same.
fn say(text: &str) -> CreateMessageResult {
    CreateMessageResult {
        role: Role::Assistant,
        content: OneOrMany::One(SamplingContent::Text(TextContent {
            text: text.into(),
            ..TextContent::default()
        })),
        model: "parrot".into(),
        stop_reason: None,
        meta: None,
    }
}

/// Tries everything once, or makes the calls that are asked for.
async fn visit(client: &Client, calls: Vec<ToolCall>) -> Result<(), Box<dyn Error>> {
    let tools = client.list_tools().await?;
    let tried = tools.iter().map(|tool| ToolCall {
        name: tool.name.clone(),
        arguments: made_up(&Value::Object(tool.input_schema.clone())),
    });
    let calls = if calls.is_empty() { tried.collect() } else { calls };
    for ToolCall { name, arguments } in calls {
        client.call_tool(&name, arguments).await?;
    }
    if client.server().capabilities.resources.is_some() {
        for resource in client.list_resources().await? {
            client.read_resource(&resource.uri).await?;
        }
    }
    if client.server().capabilities.prompts.is_some() {
        for prompt in client.list_prompts().await? {
            let required =
                prompt.arguments.unwrap_or_default().into_iter().map(|argument| (argument.name, "x"));
            client.get_prompt(&prompt.name, required).await?;
        }
    }
    Ok(())
}

/// Some value for each property.
fn made_up(schema: &Value) -> Map<String, Value> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let value = |property: &Value| match property["type"].as_str() {
        Some("integer" | "number") => json!(2),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        Some("null") => Value::Null,
        _ => json!("x"),
    };
    properties.map(|(name, property)| (name.clone(), value(property))).collect()
}

/// Calls one tool with the schema of another, as it was read.
async fn echo_schema(client: &Client) -> Result<(), Box<dyn Error>> {
    let tools = client.list_tools().await?;
    let other = tools.iter().find(|tool| tool.name != "json_schema_echo").ok_or("no other tool")?;
    client.call_tool("json_schema_echo", json!({ "schema": other.input_schema })).await?;
    Ok(())
}
