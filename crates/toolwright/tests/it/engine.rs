//! What the instances of a server share, by an engine in memory.

use std::collections::HashSet;
use std::future::ready;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use toolwright::engine::{Bus, Engine, Once};
use toolwright::prelude::*;
use toolwright::sessions::{self, MemorySessions, SessionRecord, SessionStore};
use toolwright::tasks::{MemoryTasks, Stored, TaskRecord, TaskStore};
use toolwright::{Change, KeyRing, Service};

use crate::peer::{LEGACY, Peer, call, code, legacy, modern, text};
use crate::tools::{echo, note};

type Heard = Arc<dyn Fn(&Change) + Send + Sync>;

pub(crate) struct Shared {
    tasks: MemoryTasks,
    pub(crate) sessions: MemorySessions,
    used: Mutex<HashSet<String>>,
    heard: Mutex<Vec<(usize, Heard)>>,
    pub(crate) is_away: AtomicBool,
}

/// What one instance has of it.
pub(crate) struct Part(pub(crate) usize, pub(crate) Arc<Shared>);

pub(crate) fn shared() -> Arc<Shared> {
    Arc::new(Shared {
        tasks: MemoryTasks::new(10),
        sessions: MemorySessions::new(1000),
        used: Mutex::default(),
        heard: Mutex::default(),
        is_away: AtomicBool::new(false),
    })
}

impl Bus for Part {
    fn publish(&self, change: &Change) {
        let heard = self.1.heard.lock().unwrap().clone();
        heard.iter().filter(|(number, _)| *number != self.0).for_each(|(_, heard)| heard(change));
    }

    fn subscribe(&self, heard: Heard) {
        self.1.heard.lock().unwrap().push((self.0, heard));
    }
}

impl Once for Part {
    fn use_up<'a>(&'a self, key: &'a str, _: Duration) -> Stored<'a, bool> {
        Box::pin(async move {
            // An answer takes its time.
            tokio::task::yield_now().await;
            if !self.is_ready() {
                return Err(Error::msg("away"));
            }
            Ok(self.1.used.lock().unwrap().insert(key.to_owned()))
        })
    }
}

impl Engine for Part {
    fn is_ready(&self) -> bool {
        !self.1.is_away.load(Ordering::Relaxed)
    }
}

impl TaskStore for Part {
    fn create(&self, record: TaskRecord) -> Stored<'_, ()> {
        if self.is_ready() { self.1.tasks.create(record) } else { Box::pin(ready(Err(Error::msg("away")))) }
    }

    fn get<'a>(&'a self, id: &'a str) -> Stored<'a, Option<TaskRecord>> {
        self.1.tasks.get(id)
    }

    fn replace(&self, record: TaskRecord) -> Stored<'_, bool> {
        if self.is_ready() { self.1.tasks.replace(record) } else { Box::pin(ready(Err(Error::msg("away")))) }
    }

    fn renew<'a>(&'a self, worker: &'a str, lease: Duration) -> Stored<'a, ()> {
        self.1.tasks.renew(worker, lease)
    }

    fn is_alive<'a>(&'a self, worker: &'a str) -> Stored<'a, bool> {
        self.1.tasks.is_alive(worker)
    }

    fn listen(&self, changed: Arc<dyn Fn(&TaskRecord) + Send + Sync>) {
        self.1.tasks.listen(changed);
    }
}

impl SessionStore for Part {
    fn create(&self, record: SessionRecord, keep: Duration) -> Stored<'_, ()> {
        self.1.sessions.create(record, keep)
    }

    fn get<'a>(&'a self, id: &'a str) -> Stored<'a, Option<SessionRecord>> {
        self.1.sessions.get(id)
    }

    fn renew<'a>(&'a self, id: &'a str, keep: Duration) -> Stored<'a, Option<SessionRecord>> {
        self.1.sessions.renew(id, keep)
    }

    fn replace(&self, record: SessionRecord, keep: Duration) -> Stored<'_, bool> {
        self.1.sessions.replace(record, keep)
    }

    fn remove<'a>(&'a self, id: &'a str) -> Stored<'a, ()> {
        self.1.sessions.remove(id)
    }

    fn send(&self, message: String) -> Stored<'_, ()> {
        self.1.sessions.send(message)
    }

    fn listen(&self, heard: sessions::Heard) {
        self.1.sessions.listen(heard);
    }
}

/// How often handlers began.
pub(crate) type Begun = Arc<AtomicUsize>;

/// Asks whether it is sure.
#[tool]
async fn sure(begun: State<Begun>, ctx: Context) -> Result<String> {
    begun.fetch_add(1, Ordering::Relaxed);
    Ok(ctx.confirm("Sure?").await?.to_string())
}

/// Asks when it is a task.
#[tool(task)]
async fn later(ctx: Context) -> Result<String> {
    Ok(ctx.confirm("Sure?").await?.to_string())
}

pub(crate) fn instance(number: usize, shared: &Arc<Shared>) -> (Service, Begun) {
    let (begun, keys) = (Begun::default(), KeyRing::new([[7; 32]]).unwrap());
    let server = Server::new("shared").tools(toolset![echo, note, sure, later]).state(Arc::clone(&begun));
    (server.keys(keys).engine(Part(number, Arc::clone(shared))).build().unwrap(), begun)
}

fn ask(tool: &str, capabilities: Value, more: &Value) -> Value {
    let capabilities = json!({"io.modelcontextprotocol/clientCapabilities": capabilities});
    let mut params = json!({"name": tool, "arguments": {}, "_meta": capabilities});
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    modern("ask", "tools/call", params)
}

fn sure_call(more: &Value) -> Value {
    ask("sure", json!({"elicitation": {}}), more)
}

/// The request that comes back with an answer.
async fn answered(peer: &mut Peer) -> Value {
    let asked = peer.ask(sure_call(&json!({}))).await;
    let answers = json!({"confirm-1": {"action": "accept"}});
    sure_call(&json!({"inputResponses": answers, "requestState": asked["result"]["requestState"]}))
}

/// Security.md R1: what was opened on one instance is not opened on another, nor there again.
#[tokio::test(start_paused = true)]
async fn a_memory_is_opened_once_on_all_instances() {
    let shared = shared();
    let (first, second) = (instance(1, &shared), instance(2, &shared));
    let (mut one, mut other) = (Peer::new(&first.0), Peer::new(&second.0));
    let retry = answered(&mut one).await;
    assert_eq!(text(&other.ask(retry.clone()).await), "true");
    let begun = || (first.1.load(Ordering::Relaxed), second.1.load(Ordering::Relaxed));
    assert_eq!(begun(), (1, 1));
    for peer in [&mut one, &mut other] {
        assert_eq!(code(&peer.ask(retry.clone()).await), -32602);
    }
    assert_eq!(begun(), (1, 1), "the handler has not begun");
}

/// Whether a memory was used is not guessed: while that cannot be told it is refused, and not used up.
#[tokio::test(start_paused = true)]
async fn without_the_engine_a_memory_is_refused() {
    let shared = shared();
    let (service, begun) = instance(1, &shared);
    let mut peer = Peer::new(&service);
    let retry = answered(&mut peer).await;
    shared.is_away.store(true, Ordering::Relaxed);
    let refused = peer.ask(retry.clone()).await;
    assert_eq!(code(&refused), -32603);
    assert!(refused["error"]["message"].as_str().unwrap().contains("try again"), "{refused}");
    assert_eq!(begun.load(Ordering::Relaxed), 1);
    // What needs nothing of it is served: even a call that asks, and one that is no task.
    assert_eq!(text(&peer.ask(call(1, "echo", json!({"text": "here"}))).await), "here");
    assert!(peer.ask(sure_call(&json!({}))).await["result"]["requestState"].is_string());
    let knowing = json!({"elicitation": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}});
    let refused = peer.ask(ask("later", knowing, &json!({}))).await;
    assert_eq!(
        (code(&refused), refused["error"]["message"].as_str()),
        (-32603, Some("internal error: tasks cannot be kept"))
    );
    shared.is_away.store(false, Ordering::Relaxed);
    assert_eq!(text(&peer.ask(retry).await), "true");
}

/// A store that is away for a moment costs no task its question, its answer or its end.
#[tokio::test(start_paused = true)]
async fn a_task_outlives_that_its_store_is_away() {
    let shared = shared();
    let mut peer = Peer::new(&instance(1, &shared).0);
    let knowing = json!({"elicitation": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}});
    let begun = peer.ask(ask("later", knowing.clone(), &json!({}))).await;
    shared.is_away.store(true, Ordering::Relaxed);
    let id = begun["result"]["taskId"].clone();
    let mut about = async |method: &str, more: Value| {
        let mut params =
            json!({"taskId": id, "_meta": {"io.modelcontextprotocol/clientCapabilities": knowing}});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        peer.ask(modern("about", method, params)).await
    };
    tokio::time::advance(Duration::from_secs(5)).await;
    shared.is_away.store(false, Ordering::Relaxed);
    while about("tasks/get", json!({})).await["result"]["status"] != "input_required" {
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    let answers = json!({"inputResponses": {"confirm-1": {"action": "accept"}}});
    about("tasks/update", answers).await;
    shared.is_away.store(true, Ordering::Relaxed);
    tokio::time::advance(Duration::from_secs(30)).await;
    shared.is_away.store(false, Ordering::Relaxed);
    while about("tasks/get", json!({})).await["result"]["status"] != "completed" {
        tokio::time::advance(Duration::from_millis(100)).await;
    }
}

/// A change is heard by the clients of all instances, once each, whichever tells it.
#[tokio::test(start_paused = true)]
async fn a_change_is_heard_on_all_instances() {
    let shared = shared();
    let services = [1, 2].map(|number| instance(number, &shared).0);
    let mut peers = Vec::new();
    for service in &services {
        let mut peer = Peer::new(service);
        let filter = json!({"resourceSubscriptions": ["note://1"], "toolsListChanged": true});
        peer.send(&modern("listen", "subscriptions/listen", json!({"notifications": filter}))).await;
        peer.next().await;
        peers.push(peer);
        let mut peer = Peer::new(service);
        peer.begin(LEGACY[0]).await;
        peer.ask(legacy(1, "resources/subscribe", json!({"uri": "note://1"}))).await;
        peers.push(peer);
    }
    for service in &services {
        service.resource_updated("note://1");
        for peer in &mut peers {
            assert_eq!(peer.next().await["method"], "notifications/resources/updated");
        }
    }
    services[1].remove_tool("sure");
    for peer in &mut peers {
        assert_eq!(peer.next().await["method"], "notifications/tools/list_changed");
    }
    for (place, mut peer) in peers.into_iter().enumerate() {
        if place % 2 == 0 {
            peer.assert_quiet().await;
        } else {
            peer.ask(legacy(9, "ping", json!({}))).await;
            assert_eq!(peer.told, Vec::<Value>::new());
        }
    }
}
