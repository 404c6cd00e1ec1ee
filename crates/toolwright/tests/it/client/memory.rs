//! A server in this process.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};
use toolwright::Client;
use toolwright::client::{Change, Error, Interest, LogLevel, Target};
use toolwright::prelude::*;
use toolwright::types::version::ProtocolVersion;

use super::{server, visit, ways};

/// protocol.md 1.7: the newest version is found, each can be forced.
#[tokio::test(start_paused = true)]
async fn every_version_is_spoken_and_the_newest_found() {
    for (options, version) in ways() {
        let client = options.connect(server().0).await.unwrap();
        visit(&client, version).await;
    }
}

/// Rules C8 and C12.
#[tokio::test(start_paused = true)]
async fn progress_and_log_are_heard_in_their_order() {
    for (options, version) in ways() {
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let (log, progress) = (Arc::clone(&heard), Arc::clone(&heard));
        let client = options
            .on_log(LogLevel::Info, move |message| log.lock().unwrap().push(message.data.to_string()))
            .connect(server().0)
            .await
            .unwrap();
        let call = client.call_tool("count", json!({"to": 2}));
        call.on_progress(move |now| progress.lock().unwrap().push(now.progress.to_string())).await.unwrap();
        assert_eq!(*heard.lock().unwrap(), ["1", "2", "\"counted\""], "{version}");
    }
}

/// Rule C11: out of time or no longer wanted, a call is cancelled.
#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_waits_for_is_cancelled() {
    for (options, _) in ways() {
        let (service, gone) = server();
        let client = options.connect(service).await.unwrap();
        let call = client.call_tool("hang", json!({})).timeout(Duration::from_secs(1)).await;
        assert!(matches!(call, Err(Error::TimedOut(_))), "{call:?}");
        gone.notified().await;
        let call = tokio::spawn({
            let call = client.call_tool("hang", json!({}));
            async move { call.await }
        });
        // A ping needs no turn of any other task: the call needs one to begin.
        tokio::task::yield_now().await;
        client.ping().await.unwrap();
        call.abort();
        gone.notified().await;
        client.ping().await.unwrap();
    }
}

/// A legacy server's question is answered in the middle of a call.
#[tokio::test(start_paused = true)]
async fn a_client_answers_what_it_is_asked() {
    for (options, version) in ways() {
        let client = options.connect(server().0).await.unwrap();
        let said: String = client.call("look", json!({})).await.unwrap();
        let is_legacy = version <= ProtocolVersion::LATEST_LEGACY;
        assert_eq!(said, if is_legacy { "there" } else { "cannot be asked" });
    }
}

/// Rules C13, G8 and S39.
#[tokio::test(start_paused = true)]
async fn changes_are_heard_by_who_wants_them() {
    for (options, version) in ways() {
        let (service, _) = server();
        let client = options.connect(&service).await.unwrap();
        client.ping().await.unwrap();
        let mut one = client.subscribe(Interest::only("note://one")).await.unwrap();
        let mut all = client.subscribe(Interest::lists().resource("note://one")).await.unwrap();
        service.remove_tool("fail");
        service.resource_updated("note://one");
        assert_eq!(one.next().await.unwrap(), Some(Change::Resource("note://one".into())), "{version}");
        let mut heard = [all.next().await.unwrap(), all.next().await.unwrap()];
        heard.sort_by_key(|change| format!("{change:?}"));
        assert_eq!(heard, [Some(Change::Resource("note://one".into())), Some(Change::Tools)], "{version}");
        drop(one);
        client.clone().close().await;
        assert_eq!(all.next().await.unwrap(), None);
        assert!(matches!(client.ping().await, Err(Error::Gone(_))));
    }
}

/// A server that ends is told to all who wait for it.
#[tokio::test(start_paused = true)]
async fn a_server_that_is_gone_answers_nobody() {
    let (ours, theirs) = tokio::io::duplex(1024);
    let (reader, writer) = tokio::io::split(ours);
    drop(theirs);
    let refused = Client::connect(Target::streams(reader, writer)).await.unwrap_err();
    assert!(matches!(refused, Error::Gone(_)), "{refused}");
}

/// Rule C8: a modern server that begins too late to answer the probe refuses the handshake, and is met all the same.
#[tokio::test(start_paused = true)]
async fn a_modern_server_that_is_slow_to_begin_is_met() {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    let (ours, theirs) = tokio::io::duplex(4096);
    let (reader, writer) = tokio::io::split(ours);
    tokio::spawn(async move {
        let (reader, mut writer) = tokio::io::split(theirs);
        let mut lines = BufReader::new(reader).lines();
        let found =
            json!({"supportedVersions": ["2026-07-28"], "capabilities": {}, "resultType": "complete"});
        let mut is_up = false;
        while let Ok(Some(line)) = lines.next_line().await {
            let asked: Value = serde_json::from_str(&line).unwrap();
            let id = &asked["id"];
            let answer = match asked["method"].as_str() {
                Some("initialize") => {
                    is_up = true;
                    json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32022, "message": "too old"}})
                }
                Some("server/discover") if is_up => json!({"jsonrpc": "2.0", "id": id, "result": found}),
                _ => continue,
            };
            writer.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
        }
    });
    let client = Client::connect(Target::streams(reader, writer)).await.unwrap();
    assert_eq!(client.server().version.as_str(), "2026-07-28");
}

/// Says what the same server says, asked by the same client.
#[tool]
async fn relay(text: String, same: State<Arc<OnceLock<Client>>>) -> Result<String> {
    let client = same.get().ok_or_else(|| tool_error!("there is nobody to ask"))?;
    Ok(client.call("echo", json!({ "text": text })).await?)
}

/// Says it again.
#[tool]
fn echo(text: String) -> String {
    text
}

/// Whoever asks lets the server go on: that may be one of its own tools meanwhile, and many threads at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_is_asked_from_within_and_from_everywhere() {
    for (options, version) in ways() {
        let same = Arc::<OnceLock<Client>>::default();
        let server = Server::new("echoes").tools(toolset![relay, echo]).state(Arc::clone(&same));
        let client = options.connect(server).await.unwrap();
        same.set(client.clone()).unwrap();
        let callers = (0..8).map(|caller| {
            let client = client.clone();
            tokio::spawn(async move {
                for call in 0..50 {
                    let text = format!("{caller}/{call}");
                    for tool in ["relay", "echo"] {
                        let said: String = client.call(tool, json!({ "text": text })).await.unwrap();
                        assert_eq!(said, text, "{tool}, {version}");
                    }
                }
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.unwrap();
        }
        client.close().await;
    }
}

/// What the caller's runtime does is not the server's: its calls go on, and end with the runtime where it began.
#[test]
fn a_server_lives_where_its_client_was_connected() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let home = runtime();
    let same = Arc::<OnceLock<Client>>::default();
    let server = || Server::new("echoes").tools(toolset![relay, echo]).state(Arc::clone(&same));
    let client = home.block_on(async { Client::connect(server()).await.unwrap() });
    for _ in 0..2 {
        let said: String = runtime().block_on(client.call("echo", json!({"text": "away"}))).unwrap();
        assert_eq!(said, "away");
    }
    let said: String = home.block_on(client.call("echo", json!({"text": "home"}))).unwrap();
    assert_eq!(said, "home");
    drop(home);
    let gone = runtime().block_on(client.call::<String>("echo", json!({"text": "nobody"}))).unwrap_err();
    assert!(matches!(gone, Error::Gone(_)), "{gone:?}");
}
