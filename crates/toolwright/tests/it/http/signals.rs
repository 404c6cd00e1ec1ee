//! The fixture as a real process that serves HTTP, and is told to stop.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use super::client::Client;
use super::http2;
use crate::process::Process;

/// Longer than anything here takes, so that a hang is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts the fixture with a drain of so many milliseconds; says where it listens.
fn serving(drain: &str) -> (Process, String) {
    let mut process =
        Process::with(|command| command.args(["--http", "127.0.0.1:0"]).env("FIXTURE_DRAIN_MS", drain));
    loop {
        // It prints before it serves, too.
        let line = process.error();
        if let Some((_, rest)) = line.split_once("http://") {
            return (process, rest.split_once("/mcp").unwrap().0.to_owned());
        }
        assert_ne!(line, "", "it says where it listens");
    }
}

/// A client that listens to changes.
async fn listening(address: &str) -> Client {
    let mut client = Client::new(address).await;
    let wishes = json!({"notifications": {"toolsListChanged": true}});
    assert_eq!(client.modern("subscriptions/listen", wishes).await.status, 200);
    assert_eq!(client.message().await["method"], "notifications/subscriptions/acknowledged");
    client
}

/// A client whose call of a tool has begun, as one that came behind it was answered.
async fn calling(address: &str, tool: &str, arguments: serde_json::Value) -> http2::Client {
    let mut client = http2::Client::new(address, &[]).await;
    client.send(&http2::call(1, &json!({"name": tool, "arguments": arguments}))).await.unwrap();
    let echo = json!({"name": "echo", "arguments": {"text": "begun"}});
    client.send(&http2::call(3, &echo)).await.unwrap();
    assert!(client.answer(3).await.1.contains("begun"));
    client
}

/// security.md H10.
#[tokio::test]
async fn a_signal_ends_the_server_after_its_answers() {
    for signal in [Signal::TERM, Signal::INT] {
        let (mut process, address) = serving("10000");
        let mut listener = listening(&address).await;
        let mut caller = calling(&address, "slow", json!({"ms": 300})).await;
        process.signal(signal);
        assert_eq!(listener.message().await["result"]["resultType"], "complete");
        assert_eq!(listener.event().await, None);
        assert!(caller.answer(1).await.1.contains("slept 300"));
        assert_eq!(process.wait().0.code(), Some(0), "{signal:?}");
    }
}

/// security.md H10: on a thread, too.
#[tokio::test]
async fn a_call_longer_than_the_drain_is_dropped() {
    for (tool, arguments) in [("slow", json!({"ms": 3_600_000})), ("stuck", json!({}))] {
        let (mut process, address) = serving("100");
        let mut caller = calling(&address, tool, arguments).await;
        process.signal(Signal::TERM);
        assert_eq!(process.wait().0.code(), Some(0), "{tool}");
        caller.end().await;
    }
}

/// security.md H10: who says it again does not want to wait.
#[tokio::test]
async fn a_second_signal_ends_the_server_at_once() {
    let (mut process, address) = serving("3600000");
    let mut listener = listening(&address).await;
    let _caller = calling(&address, "stuck", json!({})).await;
    process.signal(Signal::TERM);
    assert_eq!(listener.message().await["result"]["resultType"], "complete", "it was heard once");
    let ended = async {
        loop {
            process.signal(Signal::TERM);
            if let Some(status) = process.child.try_wait().unwrap() {
                return status;
            }
            tokio::task::yield_now().await;
        }
    };
    let status = tokio::time::timeout(PATIENCE, ended).await.expect("it ends");
    assert_eq!(status.code(), Some(0));
}
