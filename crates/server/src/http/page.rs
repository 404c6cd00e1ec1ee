//! The page for people who open the endpoint in a browser: what this is, and how to connect to it.
//!
//! It runs no script and loads nothing.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{Response, StatusCode};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};
use toolwright_types::dialect::Dialect;
use toolwright_types::method::Method;
use toolwright_types::version::ProtocolVersion;

use super::body::Body;
use super::shared::Shared;
use crate::service::Service;

const STYLE: &str = "
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { line-height: 1.2; } h1 small, .hint { font-weight: normal; opacity: .7; font-size: .875rem; }
pre { background: color-mix(in srgb, currentColor 8%, transparent); padding: .8rem; border-radius: .4rem;
      white-space: pre-wrap; user-select: all; font-size: .875rem; margin: .5rem 0 1rem; }
summary { cursor: pointer; padding: .3rem 0; } summary code { font-weight: 600; }
details > :not(summary) { margin-left: 1rem; } section { margin-top: 2rem; }
";

/// The page.
pub(super) fn answer(shared: &Shared, parts: &Parts) -> Response<Body> {
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = parts.uri.authority().map(http::uri::Authority::as_str).or(host).unwrap_or("localhost");
    // A proxy that has TLS says so. Who makes it up deceives himself alone.
    let is_secure = parts.headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let scheme = if is_secure { "https" } else { shared.scheme };
    // The guard has let this host in, so it may stand on the page.
    let path = shared.path.as_deref().unwrap_or_else(|| parts.uri.path());
    let page = write(&shared.service, &format!("{scheme}://{host}{path}"));
    let mut response = text(StatusCode::OK, &page.into_string());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    response
}

/// Plain text that is not to be kept.
pub(super) fn text(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::whole(text.to_owned()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn write(service: &Service, url: &str) -> Markup {
    let server = service.core().server();
    let dialect = Dialect::of(ProtocolVersion::LATEST);
    let list = |method, member: &str| {
        let mut listed = service.core().listed(method, dialect);
        listed.get_mut(member).and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default()
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (server.title.as_deref().unwrap_or(&server.name)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (server.title.as_deref().unwrap_or(&server.name)) " " small { (server.version) } }
                @if let Some(description) = &server.description { p { (description) } }
                p { "A " a href="https://modelcontextprotocol.io" { "Model Context Protocol" }
                    " server, for models and the programs around them. Its address:" }
                pre { (url) }
                @if let Some(instructions) = service.instructions() { p { (instructions) } }
                (connect(&server.name, url))
                (components("Tools", "name", &list(Method::ListTools, "tools")))
                (components("Resources", "uri", &list(Method::ListResources, "resources")))
                (components("Resource templates", "uriTemplate", &list(Method::ListResourceTemplates, "resourceTemplates")))
                (components("Prompts", "name", &list(Method::ListPrompts, "prompts")))
            }
        }
    }
}

fn components(title: &str, key: &str, listed: &[Value]) -> Markup {
    let text = |component: &Value, key: &str| component[key].as_str().unwrap_or_default().to_owned();
    html! {
        @if !listed.is_empty() {
            section {
                h2 { (title) }
                @for component in listed {
                    details {
                        summary { code { (text(component, key)) } " " (text(component, "title")) }
                        p { (text(component, "description")) }
                        @for (schema, what) in [("inputSchema", "Input"), ("outputSchema", "Output"), ("arguments", "Arguments")] {
                            @if let Some(schema) = component.get(schema) {
                                p.hint { (what) }
                                pre { (format!("{schema:#}")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn connect(name: &str, url: &str) -> Markup {
    let id: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let entry = |value: Value| format!("{:#}", json!({ "mcpServers": { id.as_str(): value } }));
    let ways = [
        ("Claude Code", "", format!("claude mcp add --transport http {id} {url}")),
        (
            "Claude Desktop",
            "claude_desktop_config.json",
            entry(json!({"command": "npx", "args": ["-y", "mcp-remote", url]})),
        ),
        ("Cursor", ".cursor/mcp.json", entry(json!({ "url": url }))),
        (
            "VS Code",
            ".vscode/mcp.json",
            format!("{:#}", json!({"servers": { id.as_str(): {"type": "http", "url": url} }})),
        ),
        ("Gemini CLI", ".gemini/settings.json", entry(json!({ "httpUrl": url }))),
        (
            "MCP Inspector",
            "",
            format!("npx @modelcontextprotocol/inspector --transport http --server-url {url}"),
        ),
    ];
    html! {
        section {
            h2 { "Connect" }
            p.hint { "A click on a box selects all of it." }
            @for (client, file, text) in ways {
                details open[client == "Claude Code"] {
                    summary { b { (client) } " " span.hint { (file) } }
                    pre { (text) }
                }
            }
        }
    }
}
