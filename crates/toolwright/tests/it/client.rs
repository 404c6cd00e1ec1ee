//! Our client, against our servers: in this process, as a child, and over HTTP.

mod asking;
#[cfg(feature = "client-oauth")]
mod authority;
#[cfg(feature = "client-oauth")]
mod authorization;
#[cfg(feature = "client-oauth")]
mod traces;
#[cfg(feature = "client-http")]
mod clients;
#[cfg(feature = "client-http")]
mod http;
mod cache;
mod memory;
#[cfg(feature = "client-validate")]
mod outputs;
mod sampling;
mod scripted;
mod tasks;
#[cfg(feature = "testing")]
mod testing;
mod process;

use toolwright::Client;
use toolwright::client::Options;
use toolwright::prelude::*;
use toolwright::types::version::ProtocolVersion;

/// Two numbers.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Sum {
    total: i64,
}

/// Adds two numbers.
#[tool]
fn add(a: i64, b: i64) -> Sum {
    Sum { total: a + b }
}

/// Counts to a number.
#[tool]
async fn count(to: u32, ctx: Context) -> u32 {
    for step in 1..=to {
        ctx.progress(f64::from(step), f64::from(to), format!("step {step}"));
    }
    ctx.info("counted");
    to
}

/// Fails.
#[tool]
fn fail() -> Result<String> {
    Err(tool_error!("give it up"))
}

/// Waits until it is cancelled.
#[tool]
async fn hang(gone: State<std::sync::Arc<tokio::sync::Notify>>, ctx: Context) {
    let (gone, seen) = (gone.clone(), ctx.clone());
    tokio::spawn(async move {
        seen.cancelled().await;
        gone.notify_one();
    });
    std::future::pending::<()>().await;
}

/// Says a tenant's greeting.
#[tool]
fn greet(#[arg(header = "Tenant")] tenant: String) -> String {
    format!("Hello, {tenant}!")
}

/// A note.
#[resource("note://one")]
fn note() -> &'static str {
    "one"
}

/// Any note.
#[resource("note://by/{name}")]
fn any_note(name: String) -> String {
    name
}

/// Asks for a poem.
#[prompt]
fn poem(about: String) -> String {
    format!("Write about {about}.")
}

/// The server, and what hears of a cancelled call.
fn server() -> (toolwright::Service, std::sync::Arc<tokio::sync::Notify>) {
    let gone = std::sync::Arc::<tokio::sync::Notify>::default();
    let tools = toolset![add, count, fail, hang, greet, crate::asking::look, note, any_note, poem];
    let server = Server::new("peer").version("1.2.3").instructions("Be kind").page_size(2).tools(tools);
    (server.state(std::sync::Arc::clone(&gone)).build().unwrap(), gone)
}

/// Ways to speak, by the version that must come of it.
fn ways() -> Vec<(Options, ProtocolVersion)> {
    let forced = ProtocolVersion::ALL.map(|version| (Client::options().version(version), version));
    [(Client::options(), ProtocolVersion::LATEST)].into_iter().chain(forced).collect()
}

/// All operations, whatever carries them.
async fn visit(client: &Client, version: ProtocolVersion) {
    use serde_json::json;
    assert_eq!(client.server().version, version);
    assert_eq!(
        (client.server().server.name.as_str(), client.server().instructions.as_deref()),
        ("peer", Some("Be kind"))
    );
    client.ping().await.unwrap();
    let tools: Vec<_> = client.list_tools().await.unwrap().into_iter().map(|tool| tool.name).collect();
    assert_eq!(tools, ["add", "count", "fail", "hang", "greet", "look"], "from all pages");
    assert_eq!(client.list_resources().await.unwrap()[0].uri, "note://one");
    assert_eq!(client.list_resource_templates().await.unwrap()[0].uri_template, "note://by/{name}");
    assert_eq!(client.list_prompts().await.unwrap()[0].name, "poem");
    let sum: Sum = client.call("add", json!({"a": 1, "b": 2})).await.unwrap();
    assert_eq!(sum, Sum { total: 3 });
    let count: u32 = client.call("count", json!({"to": 3})).await.unwrap();
    assert_eq!(count, 3, "a number, in whatever way the version says it");
    let text: String = client.call("greet", json!({"tenant": "Åsa"})).await.unwrap();
    assert_eq!(text, "Hello, Åsa!");
    let failed = client.call::<String>("fail", json!({})).await.unwrap_err();
    assert_eq!(failed.to_string(), "give it up");
    assert_eq!(client.call_tool("fail", ()).await.unwrap().is_error, Some(true));
    assert_eq!(client.call::<String>("nothing", json!({})).await.unwrap_err().code(), Some(-32602));
    let read = client.read_resource("note://by/me").await.unwrap();
    assert!(format!("{read:?}").contains("\"me\""), "{read:?}");
    assert!(client.read_resource("other://x").await.unwrap_err().code().is_some());
    let prompt = client.get_prompt("poem", [("about", "rain")]).await.unwrap();
    assert!(format!("{prompt:?}").contains("Write about rain."));
}
