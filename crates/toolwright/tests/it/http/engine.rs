//! Instances that share an engine, as a proxy before them sees it.

use std::sync::atomic::Ordering;

use toolwright::{Http, Server};

use super::client::serve;
use crate::engine::{Part, instance, shared};

/// Nobody sends requests to an instance that cannot reach what it shares with the others.
#[tokio::test]
async fn an_instance_is_ready_with_its_engine() {
    let shared = shared();
    let running = serve(&instance(1, &shared).0, Http::new("127.0.0.1:0")).await;
    let mut client = running.connect().await;
    for (is_away, status) in [(false, 200), (true, 503), (false, 200)] {
        shared.is_away.store(is_away, Ordering::Relaxed);
        client.request("GET", "/readyz", &[], "").await;
        assert_eq!(client.answer().await.status, status);
    }
    let keyless = Server::new("keyless").engine(Part(2, shared)).build().unwrap();
    let refused = keyless.bind_http(Http::new("127.0.0.1:0")).await.unwrap_err();
    assert!(refused.to_string().contains("TOOLWRIGHT_KEYS"), "{refused}");
}
