//! Redis, as two instances of a server have it.

mod server;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use toolwright_core::change::Change;
use toolwright_server::engine::{Bus as _, Engine as _, Once as _};
use toolwright_server::tasks::{TaskRecord, TaskStore as _};
use toolwright_stores::Redis;

use crate::contract::{Place, completed, eventually, keeps_the_contract, record};
use crate::sessions::{hearing, keeps_sessions, say};
use server::Server;

/// Where there is no Redis, there is nothing to test.
fn started(name: &str) -> Option<Server> {
    Server::start(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("redis-{name}")))
}

async fn connected(server: &Server) -> Redis {
    let redis = Redis::new(&server.url(), "test").unwrap();
    redis.ping().await.unwrap();
    redis
}

/// What a bus is told from now on.
fn changes(redis: &Redis) -> UnboundedReceiver<Change> {
    let (tell, told) = unbounded_channel();
    redis.subscribe(Arc::new(move |change| drop(tell.send(change.clone()))));
    told
}

/// What a store tells from now on.
fn records(redis: &Redis) -> UnboundedReceiver<TaskRecord> {
    let (tell, told) = unbounded_channel();
    redis.listen(Arc::new(move |record| drop(tell.send(record.clone()))));
    told
}

#[tokio::test]
async fn a_record_is_kept_replaced_and_told_of_everywhere() {
    let Some(server) = started("records") else { return };
    let (one, other) = (connected(&server).await, connected(&server).await);
    let (mut here, mut there) = (records(&one), records(&other));
    let first = record("a");
    one.create(first.clone()).await.unwrap();
    assert_eq!(other.get("a").await.unwrap(), Some(first.clone()));
    assert_eq!(other.get("b").await.unwrap(), None);
    let second = completed(&first, "done");
    assert!(other.replace(second.clone()).await.unwrap());
    assert!(!one.replace(second.clone()).await.unwrap(), "it was replaced by another");
    assert!(!one.replace(first.clone()).await.unwrap());
    assert_eq!(one.get("a").await.unwrap(), Some(second.clone()));
    for told in [&mut here, &mut there] {
        assert_eq!(told.recv().await, Some(first.clone()));
        assert_eq!(told.recv().await, Some(second.clone()));
        assert!(told.is_empty(), "each once");
    }
}

#[tokio::test]
async fn a_key_is_used_up_once_by_whomever() {
    let Some(server) = started("once") else { return };
    let instances = [connected(&server).await, connected(&server).await];
    let mut using = tokio::task::JoinSet::new();
    for number in 0..100 {
        let redis = instances[number % 2].clone();
        using.spawn(async move { redis.use_up("key", Duration::from_secs(60)).await.unwrap() });
    }
    assert_eq!(using.join_all().await.into_iter().filter(|first| *first).count(), 1);
    assert!(instances[0].use_up("brief", Duration::from_millis(1)).await.unwrap());
    while !instances[1].use_up("brief", Duration::from_secs(60)).await.unwrap() {}
}

/// An instance hears of all others, in their order, and not of itself.
#[tokio::test]
async fn a_change_is_heard_by_the_others_once() {
    let Some(server) = started("changes") else { return };
    let (one, other) = (connected(&server).await, connected(&server).await);
    let (mut here, mut there) = (changes(&one), changes(&other));
    let note = Change::Resource("note://1".into());
    for change in [Change::Tools, Change::Task("a".into()), note.clone()] {
        one.publish(&change);
    }
    assert_eq!((there.recv().await, there.recv().await), (Some(Change::Tools), Some(note)));
    other.publish(&Change::Prompts);
    assert_eq!(here.recv().await, Some(Change::Prompts));
    assert!(here.is_empty() && there.is_empty());
    // Another server may use the same Redis.
    let stranger = Redis::new(&server.url(), "other").unwrap();
    stranger.ping().await.unwrap();
    let mut elsewhere = changes(&stranger);
    one.publish(&Change::Tools);
    assert_eq!(there.recv().await, Some(Change::Tools));
    stranger.publish(&Change::Resources);
    one.publish(&Change::Prompts);
    assert_eq!(there.recv().await, Some(Change::Prompts));
    assert!(elsewhere.try_recv().is_err());
}

/// Nothing hangs while Redis is away, and all goes on when it is back.
#[tokio::test]
async fn redis_goes_and_comes_back() {
    let Some(mut server) = started("away") else { return };
    let (one, other) = (connected(&server).await, connected(&server).await);
    let (mut heard, letters) = (changes(&other), hearing(&other));
    assert!(one.is_ready());
    server.kill();
    let began = std::time::Instant::now();
    assert!(one.use_up("key", Duration::from_secs(1)).await.is_err());
    assert!(one.get("a").await.is_err());
    assert!(one.create(record("a")).await.is_err());
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    while one.is_ready() {
        tokio::task::yield_now().await;
    }
    one.publish(&Change::Tools);
    server.again();
    // Each looks for it again in its own time.
    while one.ping().await.is_err() || other.ping().await.is_err() {}
    assert!(one.is_ready());
    assert_eq!(heard.recv().await, Some(Change::Everything), "what was told meanwhile is not known");
    let mut told = records(&other);
    one.create(record("a")).await.unwrap();
    assert_eq!(told.recv().await, Some(record("a")));
    say(&one, "again").await;
    eventually(async || *letters.lock().unwrap() == ["again"]).await;
    one.publish(&Change::Prompts);
    while heard.recv().await != Some(Change::Prompts) {}
}

/// What was not heard while the line was down is looked up.
#[tokio::test]
async fn whoever_lost_the_line_is_told_how_tasks_stand() {
    let Some(server) = started("late") else { return };
    let (one, other) = (connected(&server).await, connected(&server).await);
    for number in 0..250 {
        one.create(record(&number.to_string())).await.unwrap();
    }
    let (mut told, mut heard) = (records(&other), changes(&other));
    let mut admin = ::redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    let killed: usize =
        ::redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").query(&mut admin).unwrap();
    assert_eq!(killed, 2);
    for _ in 0..250 {
        assert_eq!(told.recv().await.unwrap().revision, 0);
    }
    assert_eq!(heard.recv().await, Some(Change::Everything));
}

#[tokio::test]
async fn a_password_is_never_told() {
    let Some(server) = started("secret") else { return };
    let admin = connected(&server).await;
    assert!(!format!("{admin:?}").contains("socket"));
    for url in ["redis://user:hunter2@", "redis://user:hunter2@host:no", "rediss://user:hunter2@host"] {
        let error =
            Redis::new(url, "test").map_or_else(|error| format!("{error:?}"), |redis| format!("{redis:?}"));
        assert!(!error.contains("hunter2"), "{error}");
    }
}

async fn place(name: &str) -> Option<Place<Redis>> {
    let server = started(name)?;
    let (one, other) = (connected(&server).await.tasks_kept(2), connected(&server).await.tasks_kept(2));
    Some(Place { one, other, _held: Box::new(server) })
}

keeps_the_contract!(place);
keeps_sessions!(place);
