//! The line to Redis: one connection, on a thread of its own, made again whenever it is lost.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, Msg, PushInfo, PushKind, RedisResult};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use toolwright_core::change::Change;
use toolwright_core::error::{Error, Result};
use toolwright_server::tasks::TaskRecord;

use super::wire;

/// How long whoever wants something of Redis waits for it.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often Redis is asked whether it is there.
const BEAT: Duration = Duration::from_secs(5);
/// How long to wait before it is looked for again: longer each time.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// How many changes may wait to be told before it is only told that anything may have changed.
const CHANGES: usize = 256;

/// The longest that Redis is told to keep anything: ten years.
pub(super) const LONGEST: u64 = 10 * 365 * 24 * 3600 * 1000;

type Hearing<T> = Arc<dyn Fn(&T) + Send + Sync>;

pub(super) struct Line {
    pub(super) prefix: String,
    /// Tells what we said ourselves from what others say.
    pub(super) name: String,
    connection: watch::Sender<Option<MultiplexedConnection>>,
    /// Changes that the others are to be told of.
    pending: Mutex<Vec<Change>>,
    filled: Notify,
    changes: Mutex<Vec<Hearing<Change>>>,
    records: Mutex<Vec<Hearing<TaskRecord>>>,
    sessions: Mutex<Vec<Hearing<str>>>,
}

impl Line {
    pub(super) fn new(prefix: String) -> Result<Self> {
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(Error::msg)?;
        Ok(Self {
            prefix,
            name: name.iter().map(|byte| format!("{byte:02x}")).collect(),
            connection: watch::Sender::new(None),
            pending: Mutex::default(),
            filled: Notify::new(),
            changes: Mutex::default(),
            records: Mutex::default(),
            sessions: Mutex::default(),
        })
    }

    pub(super) fn key(&self, kind: &str, name: &str) -> String {
        format!("{}:{kind}:{name}", self.prefix)
    }

    pub(super) fn channel(&self, kind: &str) -> String {
        format!("{}:{kind}", self.prefix)
    }

    pub(super) fn is_up(&self) -> bool {
        self.connection.borrow().is_some()
    }

    /// Asks Redis, when it is there, and in time.
    pub(super) async fn ask<T, F>(&self, ask: impl FnOnce(MultiplexedConnection) -> F) -> Result<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let asked = timeout(PATIENCE, async {
            let connection = self.connected().await?;
            Ok(ask(connection).await?)
        });
        asked.await.unwrap_or_else(|_| Err(Error::msg("Redis is away, or did not answer in time")))
    }

    /// Asks Redis by one command.
    pub(super) async fn sent<T: FromRedisValue>(&self, command: Cmd) -> Result<T> {
        self.ask(|mut redis| async move { command.query_async(&mut redis).await }).await
    }

    async fn connected(&self) -> Result<MultiplexedConnection> {
        let mut connection = self.connection.subscribe();
        let found = connection.wait_for(Option::is_some).await?;
        found.clone().ok_or_else(|| Error::msg("Redis is away"))
    }

    pub(super) fn publish(&self, change: &Change) {
        if wire::written(change).is_none() {
            return;
        }
        let mut pending = lock(&self.pending);
        if pending.contains(change) || pending.contains(&Change::Everything) {
            return;
        }
        if pending.len() >= CHANGES {
            *pending = vec![Change::Everything];
        } else {
            pending.push(change.clone());
        }
        self.filled.notify_one();
    }

    pub(super) fn hear_changes(&self, heard: Hearing<Change>) {
        lock(&self.changes).push(heard);
    }

    pub(super) fn hear_records(&self, heard: Hearing<TaskRecord>) {
        lock(&self.records).push(heard);
    }

    pub(super) fn hear_sessions(&self, heard: Hearing<str>) {
        lock(&self.sessions).push(heard);
    }

    pub(super) fn tell_change(&self, change: &Change) {
        let hearing = lock(&self.changes).clone();
        hearing.iter().for_each(|heard| heard(change));
    }

    pub(super) fn tell_record(&self, record: &TaskRecord) {
        let hearing = lock(&self.records).clone();
        hearing.iter().for_each(|heard| heard(record));
    }

    /// Keeps the line until the end, on a thread of its own: whoever asks may have any runtime, or one after another.
    pub(super) fn start(self: Arc<Self>, client: Client, ended: oneshot::Receiver<()>) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let kept = async move {
            tokio::select! {
                () = self.keep(&client) => {}
                _ = ended => {}
            }
        };
        std::thread::Builder::new().name("redis".into()).spawn(move || runtime.block_on(kept))?;
        Ok(())
    }

    async fn keep(&self, client: &Client) {
        let (first, last) = PAUSES;
        let (mut pause, mut is_told) = (first, false);
        loop {
            let lost = self.hold(client).await;
            if self.connection.send_replace(None).is_some() {
                (pause, is_told) = (first, false);
            }
            if let Err(error) = lost
                && !is_told
            {
                tracing::warn!(%error, "Redis is away; it is looked for until it is found");
                is_told = true;
            }
            sleep(pause).await;
            pause = (pause * 2).min(last);
        }
    }

    /// Connects, and holds the connection until it is lost.
    async fn hold(&self, client: &Client) -> Result<()> {
        let (pushing, mut pushed) = mpsc::unbounded_channel();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_push_sender(pushing);
        let mut redis = client.get_multiplexed_async_connection_with_config(&config).await?;
        let channels = [wire::CHANGES, wire::TASKS, wire::SESSIONS].map(|kind| self.channel(kind));
        redis.subscribe(&channels[..]).await?;
        // Whatever was said before was missed.
        self.tell_change(&Change::Everything);
        self.look_again(&mut redis).await?;
        self.connection.send_replace(Some(redis.clone()));
        tracing::info!("connected to Redis");
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                push = pushed.recv() => self.hear(push.ok_or_else(lost)?)?,
                () = self.filled.notified() => self.tell_others(&mut redis).await?,
                _ = beat.tick() => redis::cmd("PING").exec_async(&mut redis).await?,
            }
        }
    }

    fn hear(&self, push: PushInfo) -> Result<()> {
        if push.kind == PushKind::Disconnection {
            return Err(lost());
        }
        let Some(message) = Msg::from_push_info(push) else { return Ok(()) };
        if message.get_channel_name() == self.channel(wire::SESSIONS) {
            // Endpoints of this process may talk to each other, too: they know their own words.
            let (text, hearing): (String, _) = (message.get_payload()?, lock(&self.sessions).clone());
            hearing.iter().for_each(|heard| heard(&text));
            return Ok(());
        }
        let Some(text) = wire::from_others(message.get_payload_bytes(), &self.name) else { return Ok(()) };
        if message.get_channel_name() == self.channel(wire::TASKS) {
            match serde_json::from_str(text) {
                Ok(record) => self.tell_record(&record),
                Err(error) => tracing::warn!(%error, "another instance said what is no record of a task"),
            }
        } else {
            let changes: Vec<String> = serde_json::from_str(text).unwrap_or_else(|_| vec![String::new()]);
            changes.iter().for_each(|change| self.tell_change(&wire::read(change)));
        }
        Ok(())
    }

    /// Tells the other instances what changed here.
    async fn tell_others(&self, redis: &mut MultiplexedConnection) -> Result<()> {
        let pending = std::mem::take(&mut *lock(&self.pending));
        let changes: Vec<String> = pending.iter().filter_map(wire::written).collect();
        let message = wire::message(&self.name, &serde_json::to_string(&changes)?);
        let mut publish = redis::cmd("PUBLISH");
        let told = publish.arg(self.channel(wire::CHANGES)).arg(message).exec_async(redis).await;
        if told.is_err() {
            // Told again when the line is up again.
            pending.iter().for_each(|change| self.publish(change));
        }
        Ok(told?)
    }
}

/// A time as Redis is told it.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(LONGEST).clamp(1, LONGEST)
}

fn lost() -> Error {
    Error::msg("the connection was lost")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
