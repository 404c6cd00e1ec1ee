//! Who hears of which change: listen requests, legacy subscriptions, changes at run time.

use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};
use toolwright::prelude::*;
use toolwright::{Limits, Service};

use crate::peer::{LEGACY, Peer, call, cancel, code, legacy, modern};
use crate::tools::{self, echo, everything, note, point, scalar};

const ID: &str = "io.modelcontextprotocol/subscriptionId";

fn listen(id: impl Into<Value>, filter: Value) -> Value {
    modern(id, "subscriptions/listen", json!({"notifications": filter}))
}

async fn acknowledged(peer: &mut Peer, request: &Value) -> Value {
    peer.send(request).await;
    let first = peer.next().await;
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(first["params"]["_meta"][ID], request["id"]);
    first["params"]["notifications"].clone()
}

/// Rules S19, S39, S40, S44: an acknowledgement first, then what was asked for, under the id of the request.
#[tokio::test(start_paused = true)]
async fn a_listener_hears_what_it_asked_for_under_its_own_id() {
    let service = tools::service();
    let mut peer = Peer::new(&service);
    for id in [json!(7), json!("7"), json!(9_007_199_254_740_993_u64), json!("a\"b")] {
        let filter = json!({"toolsListChanged": true, "promptsListChanged": false, "resourceSubscriptions": ["note://1"]});
        let honoured = acknowledged(&mut peer, &listen(id.clone(), filter)).await;
        assert_eq!(honoured, json!({"toolsListChanged": true, "resourceSubscriptions": ["note://1"]}));
        service.resource_updated("note://2");
        service.resource_updated("note://1");
        let updated = peer.next().await;
        assert_eq!(updated["method"], "notifications/resources/updated");
        assert_eq!(updated["params"], json!({"uri": "note://1", "_meta": {ID: id}}));
        assert!(service.remove_prompt("greet"));
        assert!(service.remove_tool("scalar"));
        let changed = peer.next().await;
        assert_eq!(
            (&changed["method"], &changed["params"]["_meta"][ID]),
            (&json!("notifications/tools/list_changed"), &id)
        );
        service.add(toolset![scalar, tools::greet]).unwrap();
        assert_eq!(peer.next().await["method"], "notifications/tools/list_changed");
        peer.send(&cancel(id)).await;
        peer.assert_quiet().await;
        service.resource_updated("note://1");
        peer.assert_quiet().await;
    }
}

/// Rule S39: two listeners on one connection each hear their own.
#[tokio::test(start_paused = true)]
async fn several_listeners_may_share_a_connection() {
    let service = tools::service();
    let mut peer = Peer::new(&service);
    acknowledged(&mut peer, &listen(1, json!({"toolsListChanged": true}))).await;
    acknowledged(&mut peer, &listen("1", json!({"toolsListChanged": true, "resourcesListChanged": true})))
        .await;
    acknowledged(&mut peer, &listen(3, json!({}))).await;
    assert_eq!(code(&peer.ask(listen(1, json!({}))).await), -32600, "an id in use");
    assert_eq!(code(&peer.ask(call("1", "echo", json!({"text": "x"}))).await), -32600);
    service.remove_tool("point");
    let ids = [peer.next().await, peer.next().await].map(|one| one["params"]["_meta"][ID].clone());
    assert_eq!(ids, [json!(1), json!("1")]);
    peer.send(&cancel(1)).await;
    service.remove_resource("contents://all");
    assert_eq!(peer.next().await["params"]["_meta"][ID], "1");
    peer.assert_quiet().await;
}

/// Rule S40 and protocol.md 1.11: what the server cannot tell of is left out of the acknowledgement.
#[tokio::test(start_paused = true)]
async fn an_acknowledgement_leaves_out_what_there_is_not() {
    let service = Server::new("tools only").tools(toolset![echo]).build().unwrap();
    let mut peer = Peer::new(&service);
    let all = json!({
        "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true,
        "resourceSubscriptions": ["a:b"], "taskIds": ["t"], "unheardOf": true
    });
    assert_eq!(acknowledged(&mut peer, &listen(1, all)).await, json!({"toolsListChanged": true}));
    assert_eq!(acknowledged(&mut peer, &listen(2, json!({}))).await, json!({}));
}

/// Rules S37 and S41: a server that ends says so on every subscription, and the others are answered.
#[tokio::test(start_paused = true)]
async fn a_server_that_ends_says_so_on_every_subscription() {
    let mut peer = Peer::new(&tools::service());
    for id in [json!(5), json!("five")] {
        acknowledged(&mut peer, &listen(id, json!({"toolsListChanged": true}))).await;
    }
    peer.send(&call(1, "slow", json!({"ms": 50}))).await;
    let said = peer.end().await;
    assert_eq!(said.len(), 5, "{said:?}");
    assert_eq!(said[0]["id"], 1);
    for (index, id) in [(1, json!(5)), (3, json!("five"))] {
        assert_eq!(said[index]["method"], "notifications/cancelled");
        assert_eq!(said[index]["params"]["requestId"], id);
        assert_eq!(said[index + 1]["id"], id);
        let result = &said[index + 1]["result"];
        assert_eq!((&result["resultType"], &result["_meta"][ID]), (&json!("complete"), &id));
    }
}

/// Removes the tool `point`.
#[tool]
async fn shrink(service: State<Arc<OnceLock<Service>>>) -> bool {
    tokio::task::yield_now().await;
    service.get().is_some_and(|service| service.remove_tool("point"))
}

/// Rules S37 and S41: what the last calls change is told before a subscription ends, even one that waited itself.
#[tokio::test(start_paused = true)]
async fn a_subscription_ends_after_the_last_call() {
    let known = Arc::new(OnceLock::new());
    let service = Server::new("ending").tools(toolset![shrink, point]).state(Arc::clone(&known));
    let service = service.limits(Limits { in_flight: 1, ..Limits::default() }).build().unwrap();
    known.set(service.clone()).unwrap();
    let mut peer = Peer::new(&service);
    acknowledged(&mut peer, &listen(1, json!({"toolsListChanged": true}))).await;
    peer.send(&call(2, "shrink", json!({}))).await;
    peer.send(&listen(3, json!({}))).await;
    let said = peer.end().await;
    let words: Vec<_> = said.iter().map(|one| one.get("id").or(one.get("method")).unwrap().clone()).collect();
    let [told, acknowledged, cancelled] = ["tools/list_changed", "subscriptions/acknowledged", "cancelled"]
        .map(|m| json!(format!("notifications/{m}")));
    assert_eq!(words.len(), 7, "{words:?}");
    assert_eq!(words[3..], [cancelled.clone(), json!(1), cancelled, json!(3)]);
    assert!([json!(2), told, acknowledged].iter().all(|word| words[..3].contains(word)), "{words:?}");
}

/// Rules S37 and S41: even when the last calls do not end in time.
#[tokio::test(start_paused = true)]
async fn a_subscription_ends_when_time_is_up() {
    let mut peer = Peer::new(&tools::service());
    acknowledged(&mut peer, &listen(1, json!({}))).await;
    peer.send(&call(2, "slow", json!({"ms": 20_000}))).await;
    let said = peer.end().await;
    assert!(said.len() == 2 && said[1]["id"] == 1, "{said:?}");
}

/// Protocol.md 2.1: a session hears of lists unasked, and of resources it subscribed to.
#[tokio::test(start_paused = true)]
async fn a_legacy_session_hears_of_lists_and_of_its_resources() {
    for version in LEGACY {
        let service = tools::service();
        let mut peer = Peer::new(&service);
        service.remove_tool("media");
        peer.assert_quiet().await;
        peer.begin(version).await;
        peer.assert_quiet().await;
        service.remove_tool("point");
        assert_eq!(
            peer.next().await,
            json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {}})
        );
        service.resource_updated("note://1");
        assert_eq!(
            peer.ask(legacy(1, "resources/subscribe", json!({"uri": "note://1"}))).await["result"],
            json!({})
        );
        service.resource_updated("note://1");
        let updated = peer.next().await;
        assert_eq!(updated["params"], json!({"uri": "note://1"}), "{version}");
        assert_eq!(
            peer.ask(legacy(2, "resources/unsubscribe", json!({"uri": "note://1"}))).await["result"],
            json!({})
        );
        service.resource_updated("note://1");
        peer.assert_quiet().await;
        let lost = peer.ask(legacy(3, "resources/subscribe", json!({"uri": "lost://x"}))).await;
        assert_eq!(code(&lost), -32002);
    }
}

/// Rule G2 and protocol.md 2.1: nothing is told before the client is ready, which any request but a ping shows too.
#[tokio::test(start_paused = true)]
async fn a_legacy_session_hears_nothing_before_it_is_ready() {
    let client = json!({"name": "test", "version": "1"});
    let params = json!({"protocolVersion": LEGACY[0], "capabilities": {}, "clientInfo": client});
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    for ready in [initialized, legacy("l", "tools/list", json!({})), legacy("l", "unheard/of", json!({}))] {
        let service = tools::service();
        let mut peer = Peer::new(&service);
        for begun in ["first", "again"] {
            peer.ask(legacy(begun, "initialize", params.clone())).await;
            peer.ask(legacy("p", "ping", json!({}))).await;
            service.remove_tool("point");
            peer.assert_quiet().await;
            peer.send(&ready).await;
            if ready.get("id").is_some() {
                peer.answer(&ready["id"]).await;
            }
            peer.assert_quiet().await;
            service.add(toolset![point]).unwrap();
            assert_eq!(peer.next().await["method"], "notifications/tools/list_changed", "{ready}");
        }
    }
}

/// Protocol.md 2.1: a session is told of the features that it was told of at its beginning.
#[tokio::test(start_paused = true)]
async fn a_legacy_session_hears_only_of_features_it_knows() {
    let service = Server::new("growing").tools(toolset![echo]).build().unwrap();
    let mut peer = Peer::new(&service);
    peer.begin(LEGACY[0]).await;
    peer.assert_quiet().await;
    service.add(toolset![note, tools::greet]).unwrap();
    peer.assert_quiet().await;
    service.add(toolset![point]).unwrap();
    assert_eq!(peer.next().await["method"], "notifications/tools/list_changed");
    peer.begin(LEGACY[0]).await;
    peer.assert_quiet().await;
    service.remove_prompt("greet");
    assert_eq!(peer.next().await["method"], "notifications/prompts/list_changed");
}

/// Rules S42, S43 and S44: what is added or removed is there or gone for the next call; a wrong change changes nothing.
#[tokio::test(start_paused = true)]
async fn tools_can_be_added_and_removed_while_serving() {
    let service = Server::new("changing").tools(toolset![echo, point]).build().unwrap();
    let mut peer = Peer::new(&service);
    assert_eq!(code(&peer.ask(call(1, "scalar", json!({}))).await), -32602);
    service.add(toolset![scalar, note]).unwrap();
    assert!(peer.ask(call(1, "scalar", json!({}))).await.get("result").is_some());
    assert_eq!(
        peer.ask(modern(2, "resources/read", json!({"uri": "note://1"}))).await["result"]["contents"][0]["text"],
        "first"
    );
    assert!(service.add(toolset![echo]).is_err(), "two tools of one name");
    assert!(service.add(toolset![tools::wait]).is_err(), "state that was not given");
    assert!(service.remove_tool("scalar") && !service.remove_tool("scalar"));
    assert_eq!(names(&mut peer).await, ["echo", "point"]);
    assert!(service.remove_tool("echo") && service.remove_tool("point"));
    assert_eq!(names(&mut peer).await, [""; 0], "tools were announced, so their list can be asked for");
}

async fn names(peer: &mut Peer) -> Vec<String> {
    let listed = peer.ask(modern("n", "tools/list", json!({}))).await;
    let tools = listed["result"]["tools"].as_array().unwrap_or_else(|| panic!("{listed}"));
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

/// Protocol.md 1.13: a client that does not read is told once of what changed often, and of nothing too little.
#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_not_drowned_and_misses_nothing() {
    let (service, _) = everything(Limits::default());
    let mut peer = Peer::with_room(&service, 1 << 16, 1 << 10);
    acknowledged(
        &mut peer,
        &listen(1, json!({"toolsListChanged": true, "resourceSubscriptions": ["note://1"]})),
    )
    .await;
    peer.send(&call(2, "big", json!({"bytes": 200_000}))).await;
    tokio::task::yield_now().await;
    for round in 0..300 {
        service.remove_tool("scalar");
        service.add(toolset![scalar]).unwrap();
        service.resource_updated(&format!("note://other{round}"));
        service.resource_updated("note://1");
        tokio::task::yield_now().await;
    }
    peer.answer(&json!(2)).await;
    peer.ask(call(3, "echo", json!({"text": "x"}))).await;
    let told = |method: &str| peer.told.iter().filter(|one| one["method"] == method).count();
    let (tools, updates) =
        (told("notifications/tools/list_changed"), told("notifications/resources/updated"));
    assert!((1..=20).contains(&tools) && (1..=20).contains(&updates), "{tools} and {updates}");
}

/// A connection that is gone is forgotten.
#[tokio::test(start_paused = true)]
async fn changes_are_told_to_every_connection_that_is_there() {
    let service: Service = tools::service();
    let mut peers: Vec<Peer> = (0..10).map(|_| Peer::new(&service)).collect();
    for peer in &mut peers {
        acknowledged(peer, &listen(1, json!({"toolsListChanged": true}))).await;
    }
    let gone = peers.pop().unwrap();
    assert_eq!(gone.end().await.len(), 2);
    service.remove_tool("point");
    for peer in &mut peers {
        assert_eq!(peer.next().await["method"], "notifications/tools/list_changed");
    }
}
