//! The end of a server with much going on.

use serde_json::json;
use tokio::net::TcpStream;
use toolwright::Limits;

use super::client::{Client, Running};
use super::crowd::{Crowd, all, holding, start};
use crate::peer::text;

/// How many there are of each. Both ends of a connection are in this process, and other tests run in it: together they
/// must stay below the 1,024 descriptors that a system may allow, so these are fewer than the 500 streams of H10.
const LISTENERS: usize = 120;
const SESSIONS: usize = 30;
const CALLS: usize = 100;

/// Clients of which each listens to a modern stream.
async fn listeners(running: &Running) -> Vec<Client> {
    let mut listeners = Vec::new();
    for _ in 0..LISTENERS {
        let mut client = running.connect().await;
        let wishes = json!({"notifications": {"toolsListChanged": true}});
        assert_eq!(client.modern("subscriptions/listen", wishes).await.status, 200);
        assert_eq!(client.message().await["method"], "notifications/subscriptions/acknowledged");
        listeners.push(client);
    }
    listeners
}

/// Clients of which each has a legacy session, and listens to its stream.
async fn sessions(running: &Running) -> Vec<Client> {
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        let mut client = running.connect().await;
        let session = client.begin("2025-11-25").await;
        let headers = [("mcp-session-id", session.as_str()), ("accept", "text/event-stream")];
        client.request("GET", "/mcp", &headers, "").await;
        assert_eq!(client.answer().await.status, 200);
        sessions.push(client);
    }
    sessions
}

/// Clients of which each has a call that runs.
async fn calls(running: &Running, crowd: &Crowd) -> Vec<Client> {
    let mut calls = Vec::new();
    for _ in 0..CALLS {
        let mut client = running.connect().await;
        client.ask("tools/call", holding()).await;
        calls.push(client);
    }
    all(&crowd.began, CALLS).await;
    calls
}

/// security.md H10.
#[tokio::test]
async fn streams_end_calls_finish_and_nobody_comes_in() {
    let (running, crowd) = start(Limits::default()).await;
    let (mut listeners, mut sessions) = (listeners(&running).await, sessions(&running).await);
    let mut calls = calls(&running, &crowd).await;
    let mut idle = running.connect().await;
    assert_eq!(idle.modern("tools/list", json!({})).await.status, 200);
    let address = running.address.clone();
    let served = running.stop();
    for listener in &mut listeners {
        assert_eq!(listener.message().await["result"]["resultType"], "complete");
        assert_eq!(listener.event().await, None);
        assert!(listener.is_cut().await);
    }
    for session in &mut sessions {
        assert_eq!(session.event().await, None);
        assert!(session.is_cut().await);
    }
    assert!(idle.is_cut().await, "who only might ask is not waited for");
    assert!(TcpStream::connect(&address).await.is_err(), "nobody comes in");
    assert!(!served.is_finished(), "calls are waited for");
    crowd.open.add_permits(CALLS);
    for call in &mut calls {
        assert_eq!(text(&call.answer().await.json()), "held");
        assert!(call.is_cut().await);
    }
    served.await.unwrap().unwrap();
    assert_eq!(crowd.ended.available_permits(), CALLS);
}

/// security.md H10: who cannot wait is told by the end of the connection, and the tool by its cancellation.
#[tokio::test]
async fn calls_that_do_not_finish_are_cancelled_in_the_end() {
    let drain = std::time::Duration::from_millis(500);
    let (running, crowd) = start(Limits { drain, ..Limits::default() }).await;
    let mut calls = calls(&running, &crowd).await;
    running.stop().await.unwrap().unwrap();
    all(&crowd.ended, CALLS).await;
    for call in &mut calls {
        assert!(call.is_cut().await);
    }
}
