//! How shared sessions are kept: whose they are, how many, how long, and what happens when their store fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use serde_json::{Value, json};
use toolwright::prelude::*;
use toolwright::sessions::{Heard, MemorySessions, SessionRecord, SessionStore};
use toolwright::tasks::Stored;
use toolwright::{Endpoint, Http, Limits, Principal};

use super::super::client::server;
use super::ready;
use crate::peer::legacy;

/// Where the page comes from that asks.
const PAGE: &str = "https://app.example";

/// An endpoint of an instance of its own.
fn endpoint(store: impl SessionStore, limits: Limits) -> Endpoint {
    let gate = Arc::default();
    let server = server(&gate).session_store(store).limits(limits);
    server.build().unwrap().endpoint(&Http::default().allow_origin(PAGE))
}

async fn ask(endpoint: &Endpoint, who: &str, session: Option<&str>, message: Value) -> (u16, Option<String>) {
    let request = match session {
        None => http::Request::post("/mcp"),
        Some(session) => http::Request::post("/mcp").header("mcp-session-id", session),
    };
    let request = request.header("host", "localhost").header("content-type", "application/json");
    let mut request =
        request.header("origin", PAGE).body(Full::new(Bytes::from(message.to_string()))).unwrap();
    request.extensions_mut().insert(Principal(who.into()));
    let answer = endpoint.answer(request).await;
    assert_eq!(answer.headers()["access-control-allow-origin"], PAGE, "whatever it is");
    let session = answer.headers().get("mcp-session-id").map(|id| id.to_str().unwrap().to_owned());
    (answer.status().as_u16(), session)
}

fn initialize() -> Value {
    let info = json!({"name": "c", "version": "1"});
    legacy(1, "initialize", json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info}))
}

fn ping() -> Value {
    legacy(2, "ping", json!({}))
}

/// Rule G16.
#[tokio::test]
async fn at_no_instance_another_principal_finds_a_session() {
    let sessions = MemorySessions::new(10);
    let limits = Limits::default();
    let (a, b) = (endpoint(sessions.clone(), limits.clone()), endpoint(sessions, limits));
    let (_, session) = ask(&a, "anna", None, initialize()).await;
    for (endpoint, who, status) in
        [(&b, "bert", 404), (&a, "bert", 404), (&b, "anna", 200), (&b, "bert", 404), (&a, "anna", 200)]
    {
        assert_eq!(ask(endpoint, who, session.as_deref(), ping()).await.0, status, "{who}");
    }
}

/// security.md S1: what an instance serves counts, wherever it began.
#[tokio::test]
async fn a_principal_has_so_many_sessions_at_each_instance() {
    let sessions = MemorySessions::new(4);
    let limits = Limits { sessions_per_principal: 2, ..Limits::default() };
    let (a, b) = (endpoint(sessions.clone(), limits.clone()), endpoint(sessions, limits));
    for _ in 0..2 {
        let (_, session) = ask(&a, "anna", None, initialize()).await;
        assert_eq!(ask(&b, "anna", session.as_deref(), ping()).await.0, 200);
    }
    for endpoint in [&a, &b] {
        assert_eq!(ask(endpoint, "anna", None, initialize()).await.0, 503);
    }
    for status in [200, 200, 503] {
        assert_eq!(ask(&a, "bert", None, initialize()).await.0, status);
    }
    assert_eq!(ask(&b, "carl", None, initialize()).await.0, 503, "the store has its limit, too");
}

/// Lets time pass, in steps, so that whoever waits for it has its turn.
async fn pass(seconds: u64) {
    for _ in 0..=seconds {
        tokio::task::yield_now().await;
        tokio::time::advance(Duration::from_secs(1)).await;
    }
}

/// security.md S1 and S6: a use anywhere counts.
#[tokio::test(start_paused = true)]
async fn a_session_that_is_used_nowhere_ends() {
    let sessions = MemorySessions::new(10);
    let limits = Limits::default();
    let (a, b) = (endpoint(sessions.clone(), limits.clone()), endpoint(sessions.clone(), limits));
    let (_, never_ready) = ask(&a, "anna", None, initialize()).await;
    pass(61).await;
    assert_eq!(ask(&b, "anna", never_ready.as_deref(), ping()).await.0, 404);
    let (_, session) = ask(&a, "anna", None, initialize()).await;
    assert_eq!(ask(&b, "anna", session.as_deref(), ready()).await.0, 202);
    for _ in 0..4 {
        pass(200).await;
        assert_eq!(ask(&b, "anna", session.as_deref(), ping()).await.0, 200, "it is used");
    }
    assert_eq!(ask(&a, "anna", session.as_deref(), ping()).await.0, 200, "here it was forgotten long ago");
    pass(345).await;
    assert_eq!(sessions.count(), 0);
    for endpoint in [&a, &b] {
        assert_eq!(ask(endpoint, "anna", session.as_deref(), ping()).await.0, 404);
    }
}

/// A store that can be out of reach, or lose what is told.
#[derive(Clone)]
struct Shaky {
    kept: MemorySessions,
    fails: Arc<AtomicBool>,
    is_mute: Arc<AtomicBool>,
}

impl Shaky {
    fn new() -> Self {
        Self { kept: MemorySessions::new(10), fails: Arc::default(), is_mute: Arc::default() }
    }

    fn or_fail<'a, T: Send + 'a>(&self, stored: Stored<'a, T>) -> Stored<'a, T> {
        if self.fails.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Err(Error::msg("out of reach"))));
        }
        stored
    }
}

impl SessionStore for Shaky {
    fn create(&self, record: SessionRecord, keep: Duration) -> Stored<'_, ()> {
        self.or_fail(self.kept.create(record, keep))
    }

    fn get<'a>(&'a self, id: &'a str) -> Stored<'a, Option<SessionRecord>> {
        self.or_fail(self.kept.get(id))
    }

    fn renew<'a>(&'a self, id: &'a str, keep: Duration) -> Stored<'a, Option<SessionRecord>> {
        self.or_fail(self.kept.renew(id, keep))
    }

    fn replace(&self, record: SessionRecord, keep: Duration) -> Stored<'_, bool> {
        self.or_fail(self.kept.replace(record, keep))
    }

    fn remove<'a>(&'a self, id: &'a str) -> Stored<'a, ()> {
        self.or_fail(self.kept.remove(id))
    }

    fn send(&self, message: String) -> Stored<'_, ()> {
        if self.is_mute.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Ok(())));
        }
        self.or_fail(self.kept.send(message))
    }

    fn listen(&self, heard: Heard) {
        self.kept.listen(heard);
    }
}

#[tokio::test]
async fn without_its_store_a_server_says_come_again() {
    let store = Shaky::new();
    let (a, b) = (endpoint(store.clone(), Limits::default()), endpoint(store.clone(), Limits::default()));
    let (_, session) = ask(&a, "anna", None, initialize()).await;
    store.fails.store(true, Ordering::Relaxed);
    assert_eq!(ask(&a, "anna", None, initialize()).await.0, 503);
    assert_eq!(ask(&b, "anna", session.as_deref(), ping()).await.0, 503);
    assert_eq!(ask(&a, "anna", session.as_deref(), ping()).await.0, 200, "what is known needs no store");
    let subscribe = legacy(2, "resources/subscribe", json!({"uri": "note://one"}));
    assert_eq!(ask(&a, "anna", session.as_deref(), subscribe.clone()).await.0, 503);
    store.fails.store(false, Ordering::Relaxed);
    assert_eq!(ask(&a, "anna", session.as_deref(), subscribe).await.0, 200);
    assert_eq!(ask(&b, "anna", session.as_deref(), ping()).await.0, 200);
}

/// What was told and lost is found out when the session is looked after.
#[tokio::test(start_paused = true)]
async fn an_end_that_was_not_heard_of_is_found_out() {
    let store = Shaky::new();
    let (a, b) = (endpoint(store.clone(), Limits::default()), endpoint(store.clone(), Limits::default()));
    let (_, session) = ask(&a, "anna", None, initialize()).await;
    store.is_mute.store(true, Ordering::Relaxed);
    let request = http::Request::delete("/mcp").header("host", "localhost");
    let mut request =
        request.header("mcp-session-id", session.as_deref().unwrap()).body(Full::new(Bytes::new())).unwrap();
    request.extensions_mut().insert(Principal("anna".into()));
    assert_eq!(b.answer(request).await.status(), 204);
    assert_eq!(ask(&a, "anna", session.as_deref(), ping()).await.0, 200, "it was not heard");
    pass(16).await;
    assert_eq!(ask(&a, "anna", session.as_deref(), ping()).await.0, 404);
}
