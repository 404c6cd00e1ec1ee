//! Pages that clients show with a tool's results: protocol.md 1.27.

use serde_json::json;
use toolwright::apps::{Apps, MIME_TYPE, Page, Permission};
use toolwright::prelude::*;

use crate::peer::{LEGACY, Peer, call, legacy, modern, text};

const UI: &str = "io.modelcontextprotocol/ui";

/// The weather.
#[tool(ui = "ui://weather/view")]
fn weather(ctx: &Context) -> &'static str {
    if Apps::are_shown_by(ctx) { "see above" } else { "sunny, 21 degrees" }
}

/// A page of its own.
#[resource("ui://weather/own")]
fn own() -> &'static str {
    "<!doctype html>"
}

fn server() -> Server {
    Server::new("weather").tools(toolset![weather, own])
}

fn peer() -> Peer {
    let page = Page::new("ui://weather/view", "<!doctype html><p>")
        .connects_to(["https://api.example.com"])
        .loads_from(["https://cdn.example.com"])
        .frames([])
        .permission(Permission::Geolocation)
        .permission(Permission::ClipboardWrite)
        .border(false);
    Peer::new(&server().extension(Apps::new().page(page)).build().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_page_is_a_resource_and_its_tool_names_it() {
    let mut peer = peer();
    let discovered = peer.ask(modern(1, "server/discover", json!({}))).await;
    assert_eq!(discovered["result"]["capabilities"]["extensions"], json!({UI: {}}));
    let tools = peer.ask(modern(2, "tools/list", json!({}))).await;
    assert_eq!(tools["result"]["tools"][0]["_meta"], json!({"ui": {"resourceUri": "ui://weather/view"}}));
    let read = peer.ask(modern(3, "resources/read", json!({"uri": "ui://weather/view"}))).await;
    let ui = json!({
        "csp": {
            "connectDomains": ["https://api.example.com"],
            "resourceDomains": ["https://cdn.example.com"],
            "frameDomains": []
        },
        "permissions": {"geolocation": {}, "clipboardWrite": {}},
        "prefersBorder": false
    });
    let page = json!({
        "uri": "ui://weather/view", "mimeType": MIME_TYPE, "text": "<!doctype html><p>", "_meta": {"ui": ui}
    });
    assert_eq!(read["result"]["contents"], json!([page]));
    let read = peer.ask(modern(4, "resources/read", json!({"uri": "ui://weather/own"}))).await;
    assert_eq!(read["result"]["contents"][0]["mimeType"], MIME_TYPE);
}

/// A client that shows no pages has an ordinary tool.
#[tokio::test(start_paused = true)]
async fn a_tool_with_a_page_is_an_ordinary_tool_for_others() {
    let mut peer = peer();
    assert_eq!(text(&peer.ask(call(1, "weather", json!({}))).await), "sunny, 21 degrees");
    for (settings, said) in [
        (json!({"mimeTypes": [MIME_TYPE]}), "see above"),
        (json!({"mimeTypes": ["text/html"]}), "sunny, 21 degrees"),
        (json!({}), "sunny, 21 degrees"),
        (json!(true), "sunny, 21 degrees"),
    ] {
        let capabilities = json!({"extensions": {UI: settings}});
        let meta = json!({"io.modelcontextprotocol/clientCapabilities": capabilities});
        let called = peer.ask(modern(2, "tools/call", json!({"name": "weather", "_meta": meta}))).await;
        assert_eq!(text(&called), said, "{capabilities}");
    }
}

/// Legacy clients negotiate the extension in the handshake.
#[tokio::test(start_paused = true)]
async fn a_legacy_client_declares_pages_when_it_begins() {
    let mut peer = peer();
    let capabilities = json!({"extensions": {UI: {"mimeTypes": [MIME_TYPE]}}});
    let client = json!({"name": "host", "version": "1"});
    let params = json!({"protocolVersion": LEGACY[0], "capabilities": capabilities, "clientInfo": client});
    let begun = peer.ask(legacy(1, "initialize", params)).await;
    assert_eq!(begun["result"]["capabilities"]["extensions"], json!({UI: {}}));
    let called = peer.ask(legacy(2, "tools/call", json!({"name": "weather"}))).await;
    assert_eq!(text(&called), "see above");
}

#[tokio::test]
async fn a_page_that_is_missing_or_not_asked_for_is_told_when_the_server_is_built() {
    let fault = |server: Server| server.build().unwrap_err().to_string();
    assert_eq!(
        fault(server()),
        "tool `weather` needs the extension `io.modelcontextprotocol/ui`: add it with `Server::extension`"
    );
    assert_eq!(
        fault(server().extension(Apps::new())),
        "tool `weather`: there is no resource `ui://weather/view`"
    );
    let apps = Apps::new().page(Page::new("ui://weather/view", "")).page(Page::new("http://x", ""));
    assert_eq!(fault(server().extension(apps)), "page `http://x`: its URI must begin with `ui://`");
}
