//! How instances share their sessions: how a record is changed, and what they tell each other.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use toolwright_core::error::Result;
use toolwright_types::logging::LogLevel;

use crate::sessions::{SessionRecord, SessionStore};

/// The store, and who we are there.
pub(super) struct Sharing {
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) me: Arc<str>,
}

impl std::fmt::Debug for Sharing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sharing").field("me", &self.me).finish_non_exhaustive()
    }
}

/// What one instance tells the others.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Letter {
    pub(super) from: String,
    pub(super) word: Word,
}

/// What is told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word {
    /// How a session is kept now.
    Record(Box<SessionRecord>),
    Ended {
        session: String,
    },
    /// A message of a session's client that may concern another instance.
    Said {
        session: String,
        message: String,
    },
}

/// What a request changes of its session.
#[derive(Debug)]
pub(super) enum Update {
    Ready,
    LogLevel(LogLevel),
    Subscribe(String),
    Unsubscribe(String),
    /// An instance has the stream for changes.
    Listener(Arc<str>),
}

/// What a message makes an instance do for the others, once it did its own part.
#[derive(Debug)]
pub(super) enum Errand {
    Update(Update),
    Say(String),
}

impl Sharing {
    pub(super) fn new(store: &Arc<dyn SessionStore>, me: Box<str>) -> Self {
        Self { store: Arc::clone(store), me: me.into() }
    }

    pub(super) async fn say(&self, word: Word) -> Result<()> {
        let letter = Letter { from: self.me.as_ref().into(), word };
        self.store.send(serde_json::to_string(&letter)?).await
    }

    /// Changes a record and tells the others; gives what is kept then, and none when the session has ended.
    pub(super) async fn change(
        &self,
        id: &str,
        updates: &[Update],
        keep: impl Fn(bool) -> Duration,
    ) -> Result<Option<SessionRecord>> {
        loop {
            let Some(mut record) = self.store.get(id).await? else { return Ok(None) };
            let changes = updates.iter().filter(|update| update.apply(&mut record)).count();
            if changes == 0 {
                return Ok(Some(record));
            }
            record.revision += 1;
            if self.store.replace(record.clone(), keep(record.ready)).await? {
                self.say(Word::Record(Box::new(record.clone()))).await?;
                return Ok(Some(record));
            }
        }
    }
}

impl Update {
    /// False when it changes nothing.
    fn apply(&self, record: &mut SessionRecord) -> bool {
        match self {
            Self::Ready => !std::mem::replace(&mut record.ready, true),
            Self::LogLevel(level) => std::mem::replace(&mut record.log_level, *level) != *level,
            Self::Subscribe(uri) => record.subscriptions.insert(uri.clone()),
            Self::Unsubscribe(uri) => record.subscriptions.remove(uri),
            Self::Listener(listener) => {
                let is_new = record.listener.as_deref() != Some(&**listener);
                record.listener = Some(listener.as_ref().into());
                is_new
            }
        }
    }
}
