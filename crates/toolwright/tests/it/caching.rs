//! How long a client may keep what it was told: rules S63 to S65.

use std::time::Duration;

use serde_json::{Value, json};
use toolwright::Cache;
use toolwright::prelude::*;

use crate::peer::{LEGACY, Peer, legacy, modern};

/// Nothing is said.
#[resource("kept://not")]
fn not_kept() -> &'static str {
    "now"
}

/// The same for everyone.
#[resource("kept://long", ttl = "1h", public)]
fn kept_long() -> &'static str {
    "always"
}

/// For who asked.
#[resource("kept://{id}/mine", ttl = 90)]
async fn kept_by_one(id: u32, ctx: &Context) -> Json<u32> {
    let _ = ctx;
    Json(id)
}

/// A tool.
#[tool]
fn plain() {}

/// A prompt.
#[prompt]
fn opening() -> &'static str {
    "hello"
}

fn kept(cache: Cache) -> Peer {
    let server = Server::new("kept").tools(toolset![not_kept, kept_long, kept_by_one, plain, opening]);
    Peer::new(&server.cache(cache).page_size(1).build().unwrap())
}

fn hints(result: &Value) -> (&Value, &Value) {
    (&result["ttlMs"], &result["cacheScope"])
}

/// Rules S63 and S65: what nothing is said of is kept by nobody; a resource says for itself.
#[tokio::test(start_paused = true)]
async fn each_resource_says_how_long_it_may_be_kept() {
    let mut peer = kept(Cache::public(Duration::from_secs(5)));
    for (uri, ttl, scope) in [
        ("kept://not", 0, "private"),
        ("kept://long", 3_600_000, "public"),
        ("kept://7/mine", 90_000, "private"),
    ] {
        let answer = peer.ask(modern(1, "resources/read", json!({"uri": uri}))).await;
        assert_eq!(hints(&answer["result"]), (&json!(ttl), &json!(scope)), "{answer}");
    }
}

/// Rules S63 and S64: one hint for all lists, the same on each page.
#[tokio::test(start_paused = true)]
async fn the_server_says_how_long_its_lists_may_be_kept() {
    let mut peer = kept(Cache::public(Duration::from_millis(2500)));
    let methods =
        ["server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list"];
    for method in methods {
        let answer = peer.ask(modern(1, method, json!({}))).await;
        assert_eq!(hints(&answer["result"]), (&json!(2500), &json!("public")), "{answer}");
    }
    let second = peer.ask(modern(1, "resources/list", json!({"cursor": "p1"}))).await;
    assert_eq!(hints(&second["result"]), (&json!(2500), &json!("public")), "{second}");
}

/// Rule S63: no hint on a failure, none on what is no list and no read, none for older versions.
#[tokio::test(start_paused = true)]
async fn only_what_may_be_kept_carries_a_hint() {
    let mut peer = kept(Cache::public(Duration::from_secs(5)));
    let failure = peer.ask(modern(1, "resources/read", json!({"uri": "kept://nowhere"}))).await;
    assert!(failure.get("error").is_some() && !failure.to_string().contains("ttlMs"), "{failure}");
    for (method, params) in
        [("tools/call", json!({"name": "plain"})), ("prompts/get", json!({"name": "opening"}))]
    {
        let answer = peer.ask(modern(1, method, params)).await;
        assert_eq!(hints(&answer["result"]), (&Value::Null, &Value::Null), "{answer}");
    }
    for version in LEGACY {
        peer.begin(version).await;
        let read = peer.ask(legacy(1, "resources/read", json!({"uri": "kept://long"}))).await;
        let list = peer.ask(legacy(1, "tools/list", json!({}))).await;
        for answer in [read, list] {
            assert_eq!(hints(&answer["result"]), (&Value::Null, &Value::Null), "{answer}");
        }
    }
}

/// Rule S65: what looks at who asks is never for everyone.
#[tokio::test]
async fn a_resource_that_sees_its_caller_cannot_be_public() {
    /// Whose it is.
    #[resource("kept://mine", ttl = "60s", public)]
    fn mine(ctx: &Context) -> String {
        format!("{:?}", ctx.client())
    }
    let fault = Server::new("kept").tools(toolset![mine]).build().unwrap_err().to_string();
    assert!(
        fault.contains("`kept://mine` takes a `Context`") && fault.contains("take `public` off"),
        "{fault}"
    );
}
