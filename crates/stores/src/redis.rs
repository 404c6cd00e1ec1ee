//! Redis: what the instances of one server share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::{Client, IntoConnectionInfo as _, ProtocolVersion};
use tokio::sync::oneshot;
use toolwright_core::change::Change;
use toolwright_core::error::{Error, Result};
use toolwright_server::engine::{Bus, Engine, Once};
use toolwright_server::tasks::Stored;

mod wire;
mod line;
mod records;
mod sessions;

use line::Line;

/// How many tasks are kept, if nobody says otherwise.
const TASKS: usize = 10_000;

/// Several instances of one server share a Redis (6 or newer): tasks, sessions of older clients, changes, and which
/// memories of calls were used.
///
/// Give each instance one, and the same keys: whatever instance a request of a client comes to, it goes on there.
/// It connects in the background, and again whenever the connection is lost. While Redis is away, calls that need
/// nothing of it are served, `/readyz` says that the instance is not ready, a task cannot be begun or looked at, a session
/// cannot begin or change, and a call that comes back with answers is refused until it is known that they were not used.
/// Cheap to clone.
///
/// ```no_run
/// use toolwright::prelude::*;
/// use toolwright::{KeyRing, Redis};
///
/// fn main() -> toolwright::Result {
///     let redis = Redis::new("redis://localhost", "shop")?;
///     Server::new("shop").engine(redis).run()
/// }
/// ```
#[derive(Clone)]
pub struct Redis {
    line: Arc<Line>,
    tasks: usize,
    /// The line is kept as long as anybody has this.
    _kept: Arc<oneshot::Sender<()>>,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("prefix", &self.line.prefix).finish_non_exhaustive()
    }
}

impl Redis {
    /// The Redis at a URL, `redis://USER:PASSWORD@HOST:PORT/NUMBER`, where all keys begin with the prefix: the name of
    /// the server, if others use the same Redis.
    ///
    /// # Errors
    ///
    /// When this is no such URL. Whether Redis can be reached is another matter: see [`Redis::ping`].
    pub fn new(url: &str, prefix: impl Into<String>) -> Result<Self> {
        // What cannot be read may hold a password all the same: no error repeats it.
        let address = url.into_connection_info().map_err(|_| Error::msg("this is no URL of a Redis"))?;
        let settings = address.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(address.set_redis_settings(settings))?;
        let line = Arc::new(Line::new(prefix.into())?);
        let (kept, ended) = oneshot::channel();
        Arc::clone(&line).start(client, ended)?;
        Ok(Self { line, tasks: TASKS, _kept: Arc::new(kept) })
    }

    /// How many tasks are kept at most, 10,000 by default: beyond, the one that ended first is forgotten.
    #[must_use]
    pub fn tasks_kept(mut self, most: usize) -> Self {
        self.tasks = most;
        self
    }

    /// Waits until Redis answers, for a program that does not want to begin without it.
    ///
    /// # Errors
    ///
    /// When it does not within two seconds.
    pub async fn ping(&self) -> Result {
        self.line.sent(redis::cmd("PING")).await
    }
}

impl Bus for Redis {
    fn publish(&self, change: &Change) {
        self.line.publish(change);
    }

    fn subscribe(&self, heard: Arc<dyn Fn(&Change) + Send + Sync>) {
        self.line.hear_changes(heard);
    }
}

impl Once for Redis {
    fn use_up<'a>(&'a self, key: &'a str, remembered: Duration) -> Stored<'a, bool> {
        let key = self.line.key("used", key);
        let remembered = line::millis(remembered);
        Box::pin(async move {
            let mut set = redis::cmd("SET");
            set.arg(key).arg(1).arg("NX").arg("PX").arg(remembered);
            // Nothing is said when it is there already.
            let first: Option<String> = self.line.sent(set).await?;
            Ok(first.is_some())
        })
    }
}

impl Engine for Redis {
    fn is_ready(&self) -> bool {
        self.line.is_up()
    }
}
