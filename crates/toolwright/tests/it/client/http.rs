//! A server behind a URL.

use serde_json::json;
use tokio::sync::oneshot;
use toolwright::client::{Change, Error, Interest};
use toolwright::{Client, Http, Legacy, Service};

use super::{server, visit, ways};

/// Serves until the sender is dropped or used; gives the URL.
pub(super) async fn serving(service: &Service, http: Http) -> (String, oneshot::Sender<()>) {
    let server = service.bind_http(http).await.unwrap();
    let (url, (stop, stopped)) = (server.url(), oneshot::channel::<()>());
    tokio::spawn(server.run_until(async {
        let _ = stopped.await;
    }));
    (url, stop)
}

/// protocol.md 1.7, rules H4 to H23 from the other side.
#[tokio::test]
async fn every_version_is_spoken_over_http() {
    let (service, gone) = server();
    let (url, _stop) = serving(&service, Http::new("127.0.0.1:0")).await;
    for (options, version) in ways().into_iter().filter(|(_, version)| version.as_str() > "2024-11-05") {
        let client = options.connect(url.as_str()).await.unwrap();
        visit(&client, version).await;
        let call = client.call_tool("hang", json!({})).timeout(std::time::Duration::from_millis(50));
        assert!(matches!(call.await, Err(Error::TimedOut(_))));
        gone.notified().await;
        client.close().await;
    }
}

/// Without a session a legacy client is served, too; where nothing is spoken that is known, it is told.
#[tokio::test]
async fn what_a_server_does_not_speak_is_told() {
    let (service, _) = server();
    let (url, _stop) = serving(&service, Http::new("127.0.0.1:0").legacy(Legacy::Stateless)).await;
    let (options, version) = ways().swap_remove(2);
    visit(&options.clone().connect(url.as_str()).await.unwrap(), version).await;
    let (url, _stop) = serving(&service, Http::new("127.0.0.1:0").legacy(Legacy::Off)).await;
    assert_eq!(options.connect(url.as_str()).await.unwrap_err().code(), Some(-32022));
    let refused = Client::connect("http://localhost:1/mcp").await.unwrap_err();
    assert!(matches!(refused, Error::Gone(_)), "{refused}");
}

/// Rules C13, G8 and S41.
#[tokio::test]
async fn changes_are_heard_over_http() {
    let (service, _) = server();
    let (url, stop) = serving(&service, Http::new("127.0.0.1:0")).await;
    let client = Client::connect(url.as_str()).await.unwrap();
    let mut changes = client.subscribe(Interest::lists().resource("note://one")).await.unwrap();
    service.resource_updated("note://one");
    assert_eq!(changes.next().await.unwrap(), Some(Change::Resource("note://one".into())));
    drop(stop);
    assert_eq!(changes.next().await.unwrap(), None, "the server ended it");
}
