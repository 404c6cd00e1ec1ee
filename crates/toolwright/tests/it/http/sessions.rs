//! Sessions: whose they are, how many there are, how long they live.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use serde_json::json;
use toolwright::{Endpoint, Http, Limits, Principal};

use super::client::{service, start, started};
use crate::peer::legacy;

/// Rule G10.
#[tokio::test]
async fn a_session_is_begun_named_and_ended() {
    let running = started().await;
    let mut client = running.connect().await;
    let ping = legacy(2, "ping", json!({}));
    assert_eq!(client.post(&[], &ping).await.status, 400, "without a session");
    assert_eq!(client.post(&[("mcp-session-id", "no-such")], &ping).await.status, 404);
    let session = client.begin("2025-11-25").await;
    assert!(session.len() >= 32 && session.bytes().all(|byte| byte.is_ascii_graphic()), "{session}");
    let headers = [("mcp-session-id", session.as_str())];
    assert_eq!(client.post(&headers, &ping).await.status, 200);
    client.request("DELETE", "/mcp", &headers, "").await;
    assert_eq!(client.answer().await.status, 204);
    assert_eq!(client.post(&headers, &ping).await.status, 404);
    client.request("DELETE", "/mcp", &headers, "").await;
    assert_eq!(client.answer().await.status, 404);
}

async fn ask(
    endpoint: &Endpoint,
    who: &str,
    session: Option<&str>,
    message: serde_json::Value,
) -> (u16, Option<String>) {
    let mut request =
        http::Request::post("/mcp").header("host", "localhost").header("content-type", "application/json");
    if let Some(session) = session {
        request = request.header("mcp-session-id", session);
    }
    let mut request = request.body(Full::new(Bytes::from(message.to_string()))).unwrap();
    request.extensions_mut().insert(Principal(who.into()));
    let answer = endpoint.answer(request).await;
    let session = answer.headers().get("mcp-session-id").map(|id| id.to_str().unwrap().to_owned());
    (answer.status().as_u16(), session)
}

fn initialize() -> serde_json::Value {
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}});
    legacy(1, "initialize", params)
}

/// Rule G16, security.md S4.
#[tokio::test]
async fn to_another_principal_a_session_does_not_exist() {
    let (service, _) = service(Limits::default());
    let endpoint = service.endpoint(&Http::default());
    let (_, session) = ask(&endpoint, "anna", None, initialize()).await;
    let ping = || legacy(2, "ping", json!({}));
    assert_eq!(ask(&endpoint, "anna", session.as_deref(), ping()).await.0, 200);
    assert_eq!(ask(&endpoint, "bert", session.as_deref(), ping()).await.0, 404);
}

/// security.md S1.
#[tokio::test]
async fn a_principal_has_so_many_sessions() {
    let (service, _) = service(Limits { sessions_per_principal: 3, ..Limits::default() });
    let endpoint = service.endpoint(&Http::default());
    for (begun, status) in [(1, 200), (2, 200), (3, 200), (4, 503)] {
        assert_eq!(ask(&endpoint, "anna", None, initialize()).await.0, status, "{begun}");
    }
    assert_eq!(ask(&endpoint, "bert", None, initialize()).await.0, 200);
}

/// security.md S1.
#[tokio::test]
async fn sessions_beyond_the_limit_are_refused() {
    let running = start(Http::new("127.0.0.1:0"), Limits { sessions: 3, ..Limits::default() }).await;
    let mut client = running.connect().await;
    for (begun, status) in [(1, 200), (2, 200), (3, 200), (4, 503)] {
        let answer = client.post(&[], &initialize()).await;
        assert_eq!(answer.status, status, "{begun}");
        assert_eq!(answer.header("retry-after").is_some(), status == 503);
    }
}

/// Lets time pass, in steps, so that whoever waits for it has its turn.
async fn pass(seconds: u64) {
    for _ in 0..=seconds {
        tokio::task::yield_now().await;
        tokio::time::advance(Duration::from_secs(1)).await;
    }
}

/// security.md S1 and S6.
#[tokio::test(start_paused = true)]
async fn a_session_that_is_not_used_ends() {
    let (service, _) = service(Limits { sessions: 1, ..Limits::default() });
    let endpoint = service.endpoint(&Http::default());
    let ping = || legacy(2, "ping", json!({}));
    let (_, never_ready) = ask(&endpoint, "anna", None, initialize()).await;
    pass(46).await;
    assert_eq!(ask(&endpoint, "anna", never_ready.as_deref(), ping()).await.0, 404);
    let (_, session) = ask(&endpoint, "anna", None, initialize()).await;
    let ready = || json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(ask(&endpoint, "anna", session.as_deref(), ready()).await.0, 202);
    for _ in 0..3 {
        pass(200).await;
        assert_eq!(ask(&endpoint, "anna", session.as_deref(), ping()).await.0, 200, "it is used");
    }
    pass(330).await;
    assert_eq!(ask(&endpoint, "anna", session.as_deref(), ping()).await.0, 404);
}
