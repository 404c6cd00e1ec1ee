//! What is kept of a session, and where.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use toolwright_types::logging::LogLevel;

use crate::tasks::Stored;

/// Who hears what instances tell each other.
pub type Heard = Arc<dyn Fn(&str) + Send + Sync>;

/// A session as it is kept: it can be written as JSON and read again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Its id, which is the key, and a secret of its client.
    pub id: String,
    /// Counts the changes.
    pub revision: u64,
    /// Whose it is: to any other it does not exist.
    pub principal: Option<String>,
    /// The version of the protocol that was agreed on.
    pub protocol_version: String,
    /// What the client said it is.
    pub client_info: Option<Value>,
    /// What the client can do.
    pub client_capabilities: Option<Value>,
    /// The client said that it is ready.
    pub ready: bool,
    /// From which level on it is sent log messages.
    pub log_level: LogLevel,
    /// The URIs of the resources that it subscribed to.
    pub subscriptions: BTreeSet<String>,
    /// Which instance has its stream for changes, or had it last.
    pub listener: Option<String>,
}

/// Where sessions are kept, and how the instances that share them talk.
///
/// A record is changed by comparing and swapping: whoever has an old one reads it again. Records are forgotten when nobody
/// used them for as long as they were to be kept. The futures belong to tasks of the runtime: a store that blocks moves its
/// work to a thread.
pub trait SessionStore: Send + Sync + 'static {
    /// Keeps a new record for so long; ready when it is safe.
    ///
    /// # Errors
    ///
    /// When there is no room, or the store is out of reach: the session is not begun then.
    fn create(&self, record: SessionRecord, keep: Duration) -> Stored<'_, ()>;

    /// The record of a session, if there is one whose time is not over.
    ///
    /// # Errors
    ///
    /// When the store is out of reach.
    fn get<'a>(&'a self, id: &'a str) -> Stored<'a, Option<SessionRecord>>;

    /// Keeps a record for so long from now on, as the session was used; gives it, if it is there.
    ///
    /// # Errors
    ///
    /// When the store is out of reach.
    fn renew<'a>(&'a self, id: &'a str, keep: Duration) -> Stored<'a, Option<SessionRecord>>;

    /// Puts a record in the place of the one whose revision is one less, and keeps it for so long from now on; false when
    /// that is not there any more.
    ///
    /// # Errors
    ///
    /// When the store is out of reach: nothing is changed then.
    fn replace(&self, record: SessionRecord, keep: Duration) -> Stored<'_, bool>;

    /// Forgets a record.
    ///
    /// # Errors
    ///
    /// When the store is out of reach.
    fn remove<'a>(&'a self, id: &'a str) -> Stored<'a, ()>;

    /// Tells all instances that share the store, this one perhaps as well, what is one line of JSON.
    ///
    /// # Errors
    ///
    /// When the store is out of reach: nobody heard it then.
    fn send(&self, message: String) -> Stored<'_, ()>;

    /// Hears what is told, by this process or another, for as long as the store lives.
    ///
    /// What it calls does not block. What one instance sends is heard in its order; what is sent while the store is out of
    /// reach may be lost: records are looked at again every now and then.
    fn listen(&self, heard: Heard);
}
