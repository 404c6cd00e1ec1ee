//! Two instances of a server behind a proxy, of which one is killed in the midst of everything.

mod instance;
#[path = "../../../crates/stores/tests/it/redis/server.rs"]
mod server;
mod sessions;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use toolwright::Client;
use toolwright::client::{Change, Interest};
use toolwright::types::elicitation::{ElicitAction, ElicitParams, ElicitResult};
use toolwright::types::version::ProtocolVersion;

use crate::client::folder;
use instance::{Instance, Proxy};
use server::Server;
use wire::{Stream, ask, task};

/// How much is in flight when an instance is killed.
const MANY: usize = 200;

/// A server of two instances.
struct Shop {
    _redis: Server,
    first: Instance,
    second: Instance,
    proxy: Proxy,
    ledger: PathBuf,
}

impl Shop {
    /// None where there is no Redis to test with.
    async fn open(name: &str) -> Option<Self> {
        let folder = folder(&format!("replicas-{name}"));
        let ledger = folder.join("ledger.txt");
        let redis = Server::start(folder.join("redis"))?;
        let first = Instance::start(&redis.url(), &ledger);
        let second = Instance::start(&redis.url(), &ledger);
        for instance in [&first, &second] {
            // It answers as soon as it has found its Redis.
            let unknown = ask(instance.address, &task("tasks/get", json!({"taskId": "none"}))).await;
            assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
        }
        let proxy = Proxy::start(vec![first.address, second.address]).await;
        Some(Self { _redis: redis, first, second, proxy, ledger })
    }

    /// What was done, and how often.
    fn done(&self) -> BTreeMap<String, usize> {
        let mut done = BTreeMap::new();
        for line in fs::read_to_string(&self.ledger).unwrap().lines() {
            *done.entry(line.to_owned()).or_default() += 1;
        }
        done
    }
}

fn accepted() -> ElicitResult {
    ElicitResult { action: ElicitAction::Accept, content: None, meta: None }
}

/// Everybody has answered the first of two questions when an instance is killed, and answers the second one then.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_asked_goes_on_at_the_other_instance() {
    let Some(mut shop) = Shop::open("elicitations").await else { return };
    let asked = Arc::<Mutex<BTreeMap<String, usize>>>::default();
    let (wait, mut waiting) = mpsc::unbounded_channel();
    let (open, gate) = watch::channel(false);
    let counted = Arc::clone(&asked);
    let options = Client::options().version(ProtocolVersion::LATEST).timeout(Duration::from_secs(600));
    let options = options.on_elicit(move |params| {
        let ElicitParams::Form(form) = params else { panic!("a form") };
        *counted.lock().unwrap().entry(form.message.clone()).or_default() += 1;
        let (wait, mut gate) = (wait.clone(), gate.clone());
        async move {
            if form.message.starts_with("Wrap") {
                wait.send(()).unwrap();
                gate.wait_for(|is_open| *is_open).await.unwrap();
            }
            Ok(accepted())
        }
    });
    let client = options.connect(shop.proxy.url.as_str()).await.unwrap();
    let mut calls = JoinSet::new();
    for number in 0..MANY {
        let client = client.clone();
        calls.spawn(async move {
            let item = format!("item-{number}");
            let said = client.call::<String>("order", json!({"item": item})).await.unwrap();
            assert_eq!(said, format!("{item} is on its way, wrapped: true"));
        });
    }
    for _ in 0..MANY {
        waiting.recv().await.unwrap();
    }
    let before = shop.proxy.served();
    shop.first.kill();
    let killed = Instant::now();
    open.send(true).unwrap();
    while let Some(done) = calls.join_next().await {
        done.unwrap();
    }
    let took = killed.elapsed();
    let asked = asked.lock().unwrap();
    assert_eq!((asked.len(), asked.values().max()), (2 * MANY, Some(&1)), "each is asked both, once");
    let done = shop.done();
    assert_eq!((done.len(), done.values().max()), (3 * MANY, Some(&1)), "all is done, once");
    let after = shop.proxy.served();
    println!(
        "{MANY} calls went on in {took:?} after the kill; requests by instance {before:?} before, {after:?} in all"
    );
    assert!(before[0] > MANY / 2 && before[1] > MANY / 2, "{before:?}");
    assert_eq!(after[0], before[0]);
}

/// Security.md R1: whatever instance sees an answer again, it was used.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_used_once_on_all_instances() {
    let Some(shop) = Shop::open("replays").await else { return };
    let order = |more: Value| {
        let mut params = json!({"name": "order", "arguments": {"item": "tea"}});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        wire::plain("tools/call", params)
    };
    for (asking, answered, replayed) in [
        (&shop.first, &shop.second, &shop.first),
        (&shop.first, &shop.first, &shop.second),
        (&shop.second, &shop.first, &shop.first),
    ] {
        let asked = ask(asking.address, &order(json!({}))).await;
        let answers = json!({"confirm-1": {"action": "accept"}});
        let retry =
            order(json!({"inputResponses": answers, "requestState": asked["result"]["requestState"]}));
        let next = ask(answered.address, &retry).await;
        assert!(next["result"]["inputRequests"]["confirm-2"].is_object(), "{next}");
        for _ in 0..2 {
            let refused = ask(replayed.address, &retry).await;
            assert_eq!(refused["error"]["code"], -32602, "{refused}");
        }
    }
}

/// Begins a task and gives its id.
async fn begin(instance: &Instance, number: usize) -> String {
    let params = json!({"name": "bake", "arguments": {"cake": format!("cake-{number}")}});
    let begun = ask(instance.address, &task("tools/call", params)).await;
    begun["result"]["taskId"].as_str().unwrap_or_else(|| panic!("{begun}")).to_owned()
}

impl Shop {
    /// Looks through whatever instance until a task has this status.
    async fn until(&self, id: &str, status: &str) -> Value {
        loop {
            let looked = ask(self.proxy.address, &task("tasks/get", json!({"taskId": id}))).await;
            if looked["result"]["status"] == status {
                return looked["result"].clone();
            }
            let is_over =
                ["completed", "failed", "cancelled"].iter().any(|end| looked["result"]["status"] == *end);
            assert!(!is_over && looked["error"].is_null(), "{looked}");
        }
    }
}

async fn answer(address: std::net::SocketAddr, id: &str) {
    let answers = json!({"confirm-1": {"action": "accept"}});
    let taken = ask(address, &task("tasks/update", json!({"taskId": id, "inputResponses": answers}))).await;
    assert_eq!(taken["result"]["resultType"], "complete", "{taken}");
}

/// Rules X3 to X7, across instances: a task is looked at and answered anywhere; those of a killed instance have failed.
#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_everybodys_and_fails_with_its_instance() {
    let Some(mut shop) = Shop::open("tasks").await else { return };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 0..MANY / 2 {
        ours.push(begin(&shop.first, number).await);
        theirs.push(begin(&shop.second, number + MANY / 2).await);
    }
    for id in ours.iter().chain(&theirs) {
        shop.until(id, "input_required").await;
    }
    // Half of them are answered through the instance that does not work on them.
    let (half, rest) = ours.split_at(MANY / 4);
    let (other_half, other_rest) = theirs.split_at(MANY / 4);
    for (ids, address) in [(half, shop.second.address), (other_half, shop.first.address)] {
        for id in ids {
            answer(address, id).await;
        }
    }
    for id in half.iter().chain(other_half) {
        let text = shop.until(id, "completed").await["result"]["content"][0]["text"].clone();
        assert!(text.as_str().unwrap().ends_with("is done, iced: true"), "{text}");
    }
    let mut listening = Stream::listen(shop.second.address, json!({"taskIds": rest})).await;
    shop.first.kill();
    let killed = Instant::now();
    for id in other_rest {
        answer(shop.proxy.address, id).await;
        shop.until(id, "completed").await;
    }
    let mut failed = BTreeSet::new();
    while failed.len() < rest.len() {
        let told = listening.next().await;
        if told["params"]["status"] == "failed" {
            failed.insert(told["params"]["taskId"].as_str().unwrap().to_owned());
        }
    }
    println!(
        "of {MANY} tasks, {} of the killed instance are told failed after {:?}",
        failed.len(),
        killed.elapsed()
    );
    for id in rest {
        assert!(failed.contains(id));
        assert!(shop.until(id, "failed").await["error"]["message"].as_str().unwrap().contains("gone"));
    }
}

/// A change is told on one instance and heard on both, once, by clients of either era.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_listens_anywhere_hears_what_is_told_on_one() {
    let Some(shop) = Shop::open("subscribers").await else { return };
    let mut subscriptions = Vec::new();
    for instance in [&shop.first, &shop.second] {
        for version in [ProtocolVersion::LATEST, ProtocolVersion::LATEST_LEGACY] {
            let url = format!("http://{}/mcp", instance.address);
            let client = Client::options().version(version).connect(url.as_str()).await.unwrap();
            let interest = Interest::only("shelf://tea").resource("shelf://salt");
            subscriptions.push(client.subscribe(interest).await.unwrap());
        }
    }
    for item in ["tea", "sugar", "salt"] {
        let call = wire::plain("tools/call", json!({"name": "restock", "arguments": {"item": item}}));
        let told = ask(shop.first.address, &call).await;
        assert_eq!(told["result"]["content"][0]["text"], format!("there is more {item}"));
    }
    for subscription in &mut subscriptions {
        for uri in ["shelf://tea", "shelf://salt"] {
            assert_eq!(subscription.next().await.unwrap(), Some(Change::Resource(uri.into())));
        }
    }
}
