//! Sessions of older clients, which no instance has to itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;
use toolwright::Client;
use toolwright::client::{Change, Interest, Subscription};
use toolwright::types::elicitation::ElicitParams;
use toolwright::types::version::ProtocolVersion;

use super::wire::{Session, ask, plain};
use super::{Shop, accepted};

/// How many sessions there are when an instance is killed.
const SESSIONS: usize = 100;
const VERSIONS: [ProtocolVersion; 2] = [ProtocolVersion::V2025_06_18, ProtocolVersion::V2025_11_25];

/// How often each question was asked.
type Asked = Arc<Mutex<BTreeMap<String, usize>>>;

/// A client of a session, and what it hears.
struct Visitor {
    client: Client,
    told: Subscription,
    own: String,
}

impl Visitor {
    async fn come(shop: &Shop, number: usize, asked: Asked) -> Self {
        let options = Client::options().version(VERSIONS[number % 2]).timeout(Duration::from_secs(600));
        let options = options.on_elicit(move |params| {
            let ElicitParams::Form(form) = params else { panic!("a form") };
            *asked.lock().unwrap().entry(form.message).or_default() += 1;
            async { Ok(accepted()) }
        });
        let client = options.connect(shop.proxy.url.as_str()).await.unwrap();
        let own = format!("shelf://{number}");
        let told = client.subscribe(Interest::only(own.as_str()).resource("shelf://all")).await.unwrap();
        Self { client, told, own }
    }

    async fn order(self, item: String) -> Self {
        let said = self.client.call::<String>("order", json!({"item": item})).await.unwrap();
        assert_eq!(said, format!("{item} is on its way, wrapped: true"));
        self
    }

    /// Each change once, in any order: they happened at two instances.
    async fn hears(&mut self, uris: [&str; 2]) {
        let mut heard = Vec::new();
        for _ in uris {
            let Some(Change::Resource(uri)) = self.told.next().await.unwrap() else {
                panic!("another change")
            };
            heard.push(uri);
        }
        heard.sort_unstable();
        assert_eq!(heard, uris);
    }
}

async fn all(visitors: Vec<Visitor>, what: &str) -> Vec<Visitor> {
    let mut orders = JoinSet::new();
    for visitor in visitors {
        let item = format!("{what} of {}", visitor.own);
        orders.spawn(visitor.order(item));
    }
    orders.join_all().await
}

async fn restock(shop: &Shop, item: &str) {
    let call = plain("tools/call", json!({"name": "restock", "arguments": {"item": item}}));
    assert!(ask(shop.proxy.address, &call).await["result"].is_object());
}

/// Rules G1, G8 and G10, behind a proxy that goes around: none of many sessions is lost with an instance.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_at_the_other_instance() {
    let Some(mut shop) = Shop::open("sessions").await else { return };
    let asked = Asked::default();
    let mut visitors = Vec::new();
    for number in 0..SESSIONS {
        visitors.push(Visitor::come(&shop, number, Arc::clone(&asked)).await);
    }
    // Its answers come to whatever instance has its turn.
    let mut visitors = all(visitors, "tea").await;
    for number in 0..SESSIONS {
        restock(&shop, &number.to_string()).await;
    }
    restock(&shop, "all").await;
    for visitor in &mut visitors {
        let own = visitor.own.clone();
        // Digits sort before letters.
        visitor.hears([&own, "shelf://all"]).await;
    }
    let before = shop.proxy.served();
    shop.first.kill();
    let killed = Instant::now();
    // A client whose session were lost would be told that it is, and say so.
    let mut visitors = all(visitors, "salt").await;
    println!(
        "{SESSIONS} sessions went on in {:?} after the kill; requests by instance {before:?} before",
        killed.elapsed()
    );
    for number in 0..SESSIONS {
        restock(&shop, &number.to_string()).await;
    }
    for visitor in &mut visitors {
        // Whose stream was lost is told first that anything may have changed.
        while visitor.told.next().await.unwrap() != Some(Change::Resource(visitor.own.as_str().into())) {}
    }
    let (asked, done, after) = (asked.lock().unwrap(), shop.done(), shop.proxy.served());
    assert_eq!((asked.len(), asked.values().max()), (4 * SESSIONS, Some(&1)), "each is asked all, once");
    assert_eq!((done.len(), done.values().max()), (6 * SESSIONS, Some(&1)), "all is done, once");
    assert!(before[0] > 2 * SESSIONS && before[1] > 2 * SESSIONS, "{before:?}");
    assert_eq!(after[0], before[0]);
}

/// protocol.md 2.4: one instance asks, the other is answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_through_the_other_instance() {
    let Some(shop) = Shop::open("answers").await else { return };
    let (here, there) = (shop.first.address, shop.second.address);
    for version in VERSIONS {
        let session = Session::begin(here, version.as_str()).await;
        session.tell(there, &json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        let params = json!({"name": "order", "arguments": {"item": version.as_str()}});
        let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params});
        let mut stream = session.open(here, &call).await;
        for question in ["Order", "Wrap"] {
            let asked = stream.next().await;
            let said = asked["params"]["message"].as_str().unwrap();
            assert!(said.starts_with(question), "{asked}");
            let answer: Value = json!({"jsonrpc": "2.0", "id": asked["id"], "result": accepted()});
            session.tell(there, &answer).await;
        }
        let text = stream.next().await["result"]["content"][0]["text"].clone();
        assert!(text.as_str().unwrap().ends_with("wrapped: true"), "{text}");
    }
}
