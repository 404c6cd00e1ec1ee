//! A server behind a URL.

use serde_json::json;
use tokio::sync::oneshot;
use toolwright::client::{Change, Error, Interest};
use toolwright::{Client, Http, Legacy, Service};

use super::{server, visit, ways};

/// Serves until the sender is dropped or used; gives the URL.
pub(crate) async fn serving(service: &Service, http: Http) -> (String, oneshot::Sender<()>) {
    let server = service.bind_http(http).await.unwrap();
    let (url, (stop, stopped)) = (server.url(), oneshot::channel::<()>());
    tokio::spawn(server.run_until(async {
        let _ = stopped.await;
    }));
    (url, stop)
}

/// Serves at a URL that was served before.
pub(crate) async fn serving_again(
    service: &Service,
    url: &str,
    http: impl Fn(String) -> Http,
) -> oneshot::Sender<()> {
    let address = url.trim_start_matches("http://").split('/').next().unwrap().to_owned();
    loop {
        // The one before may not be gone yet.
        match service.bind_http(http(address.clone())).await {
            Ok(server) => {
                let (stop, stopped) = oneshot::channel::<()>();
                tokio::spawn(server.run_until(async {
                    let _ = stopped.await;
                }));
                return stop;
            }
            Err(_) => tokio::task::yield_now().await,
        }
    }
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
    let (url, _stop) = serving(&service, Http::new("127.0.0.1:0")).await;
    for (options, _) in ways().into_iter().filter(|(_, version)| version.as_str() > "2024-11-05") {
        let client = options.connect(url.as_str()).await.unwrap();
        let mut changes = client.subscribe(Interest::lists()).await.unwrap();
        client.close().await;
        assert_eq!(changes.next().await.unwrap(), None, "and so did the client");
    }
}

/// Rule G10: a session that the server has forgotten is begun anew, and what listens listens there.
#[tokio::test]
async fn a_session_that_is_forgotten_is_begun_anew() {
    let (service, _) = server();
    let (url, stop) = serving(&service, Http::new("127.0.0.1:0")).await;
    let client =
        Client::options().version("2025-11-25".parse().unwrap()).connect(url.as_str()).await.unwrap();
    let mut changes = client.subscribe(Interest::only("note://one")).await.unwrap();
    drop(stop);
    // The same place, and none of its sessions.
    let (service, _) = server();
    let _stop = serving_again(&service, &url, Http::new).await;
    let calls = (0..10).map(|n| client.call::<super::Sum>("add", json!({"a": n, "b": 2})));
    let sums = futures_util::future::try_join_all(calls).await.unwrap();
    assert_eq!(sums.len(), 10, "all are repeated, in one session");
    let told = async {
        loop {
            service.resource_updated("note://one");
            client.ping().await.unwrap();
        }
    };
    tokio::select! {
        change = changes.next() => assert_eq!(change.unwrap(), Some(Change::Resource("note://one".into()))),
        () = told => {}
    }
}

/// Rule G6: a server may have no stream for changes; who wants to hear of them is told, and does not wait.
#[tokio::test]
async fn who_listens_is_told_that_there_is_no_stream() {
    let (service, _) = server();
    let (url, _stop) = serving(&service, Http::new("127.0.0.1:0").legacy(Legacy::Stateless)).await;
    let client =
        Client::options().version("2025-11-25".parse().unwrap()).connect(url.as_str()).await.unwrap();
    let refused = match client.subscribe(Interest::lists()).await {
        Ok(mut changes) => changes.next().await.unwrap_err(),
        Err(refused) => refused,
    };
    assert!(refused.to_string().contains("HTTP 405"), "{refused}");
    client.ping().await.unwrap();
}

/// protocol.md 1.7, rule G14: where both kinds of POST are turned away, the stream of 2024-11-05 is opened.
#[cfg(feature = "sse")]
#[tokio::test]
async fn a_server_of_http_and_sse_is_found_and_spoken_to() {
    let (service, gone) = server();
    let (url, stop) = serving(&service, Http::new("127.0.0.1:0").sse()).await;
    let url = url.replace("/mcp", "/sse");
    for (options, version) in ways().into_iter().filter(|(_, version)| version.as_str() < "2026-07-28") {
        let client = options.connect(url.as_str()).await.unwrap();
        visit(&client, version).await;
        assert_eq!(client.call::<String>("look", json!({})).await.unwrap(), "there", "it answers questions");
        let call = client.call_tool("hang", json!({})).timeout(std::time::Duration::from_millis(50));
        assert!(matches!(call.await, Err(Error::TimedOut(_))));
        gone.notified().await;
        let mut changes = client.subscribe(Interest::only("note://one")).await.unwrap();
        service.resource_updated("note://one");
        assert_eq!(changes.next().await.unwrap(), Some(Change::Resource("note://one".into())));
        client.close().await;
    }
    let client = Client::connect(url.as_str()).await.unwrap();
    assert_eq!(client.server().version, toolwright::types::version::ProtocolVersion::LATEST_LEGACY);
    let forced = Client::options().version(toolwright::types::version::ProtocolVersion::LATEST);
    assert!(forced.connect(url.as_str()).await.is_err(), "nothing older than what was asked for");
    drop(stop);
    // It is cut off, or it finds nobody any more.
    let ended = client.call_tool("hang", json!({})).await.unwrap_err();
    assert!(matches!(ended, Error::Gone(_)), "{ended}");
    let _stop = serving_again(&service, &url, |address| Http::new(address).sse()).await;
    client.ping().await.unwrap();
}

/// Answers connections one after the other with these bytes, as they stand.
async fn scripted(answers: Vec<String>) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/sse", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for answer in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 4096]).await;
            socket.write_all(answer.as_bytes()).await.unwrap();
            if answer.contains("close") {
                continue;
            }
            tokio::spawn(async move { socket.read(&mut [0; 4096]).await });
        }
    });
    url
}

/// Rule G14, security.md C1: a server cannot have the messages sent to somebody else.
#[tokio::test]
async fn an_endpoint_of_another_origin_is_refused() {
    let not_allowed = "HTTP/1.1 405 no\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    for endpoint in ["http://evil.example/messages", "//evil.example/x", "ftp://h/"] {
        let stream = format!(
            "HTTP/1.1 200 ok\r\ncontent-type: text/event-stream\r\n\r\nevent: endpoint\ndata: {endpoint}\n\n"
        );
        let url = scripted(vec![not_allowed.into(), not_allowed.into(), stream]).await;
        let refused = Client::connect(url).await.unwrap_err();
        assert!(refused.to_string().contains("not of the origin"), "{refused}");
    }
    let gone = "HTTP/1.1 404 no\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let url = scripted(vec![not_allowed.into(), gone.into(), not_allowed.into()]).await;
    let refused = Client::connect(url).await.unwrap_err();
    assert!(refused.to_string().contains("404"), "what the handshake was answered: {refused}");
}

/// Rule G10: a method that is not there is no session that is not there, though some answer both with 404.
#[tokio::test]
async fn an_unknown_method_ends_no_session() {
    let answer = |status: &str, headers: &str, body: &str| {
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
        )
    };
    let begun = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}"#;
    let unknown = r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"no"}}"#;
    // The stream for changes is asked for at the same time as the first request.
    let url = scripted(vec![
        answer("200 OK", "mcp-session-id: a\r\n", begun),
        answer("202 Accepted", "", ""),
        answer("404 Not Found", "", unknown),
        answer("404 Not Found", "", unknown),
    ]);
    let client = Client::options().version("2025-06-18".parse().unwrap()).connect(url.await).await.unwrap();
    assert_eq!(client.list_tools().await.unwrap_err().code(), Some(-32601));
}
