//! Sessions in memory, for several endpoints of one process.

use std::collections::HashMap;
use std::fmt;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use toolwright_core::error::{Error, Result};

use super::store::{Heard, SessionRecord, SessionStore};
use crate::tasks::Stored;

/// Keeps sessions in memory. Cheap to clone: clones share what they keep.
///
/// For several endpoints in one process, and for tests of what happens when instances share their sessions.
///
/// ```
/// use toolwright::prelude::*;
/// use toolwright::sessions::MemorySessions;
///
/// let sessions = MemorySessions::new(10_000);
/// let server = Server::new("shop").session_store(sessions.clone());
/// # let _ = server;
/// ```
#[derive(Clone)]
pub struct MemorySessions(Arc<Shared>);

struct Shared {
    most: usize,
    kept: Mutex<HashMap<String, Entry>>,
    listeners: Mutex<Vec<Heard>>,
}

struct Entry {
    record: SessionRecord,
    until: Instant,
}

impl MemorySessions {
    /// Keeps so many sessions at most.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Shared { most, kept: Mutex::default(), listeners: Mutex::default() }))
    }

    /// How many sessions are kept.
    pub fn count(&self) -> usize {
        let mut kept = self.kept();
        forget_late(&mut kept);
        kept.len()
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep_new(&self, record: SessionRecord, keep: Duration) -> Result<()> {
        let mut kept = self.kept();
        if kept.len() >= self.0.most {
            forget_late(&mut kept);
        }
        if kept.len() >= self.0.most {
            return Err(Error::msg(format!("{} sessions are kept, and all of them are used", self.0.most)));
        }
        kept.insert(record.id.clone(), Entry { record, until: Instant::now() + keep });
        Ok(())
    }

    fn swap(&self, record: SessionRecord, keep: Duration) -> bool {
        let mut kept = self.kept();
        let Some(entry) = live(&mut kept, &record.id) else { return false };
        if entry.record.revision + 1 != record.revision {
            return false;
        }
        *entry = Entry { record, until: Instant::now() + keep };
        true
    }
}

/// A session whose time is not over.
fn live<'a>(kept: &'a mut HashMap<String, Entry>, id: &str) -> Option<&'a mut Entry> {
    kept.get_mut(id).filter(|entry| Instant::now() < entry.until)
}

fn forget_late(kept: &mut HashMap<String, Entry>) {
    let now = Instant::now();
    kept.retain(|_, entry| now < entry.until);
}

impl fmt::Debug for MemorySessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemorySessions of at most {}", self.0.most)
    }
}

impl SessionStore for MemorySessions {
    fn create(&self, record: SessionRecord, keep: Duration) -> Stored<'_, ()> {
        Box::pin(ready(self.keep_new(record, keep)))
    }

    fn get<'a>(&'a self, id: &'a str) -> Stored<'a, Option<SessionRecord>> {
        let found = live(&mut self.kept(), id).map(|entry| entry.record.clone());
        Box::pin(ready(Ok(found)))
    }

    fn renew<'a>(&'a self, id: &'a str, keep: Duration) -> Stored<'a, Option<SessionRecord>> {
        let found = live(&mut self.kept(), id).map(|entry| {
            entry.until = Instant::now() + keep;
            entry.record.clone()
        });
        Box::pin(ready(Ok(found)))
    }

    fn replace(&self, record: SessionRecord, keep: Duration) -> Stored<'_, bool> {
        Box::pin(ready(Ok(self.swap(record, keep))))
    }

    fn remove<'a>(&'a self, id: &'a str) -> Stored<'a, ()> {
        self.kept().remove(id);
        Box::pin(ready(Ok(())))
    }

    fn send(&self, message: String) -> Stored<'_, ()> {
        let listeners = self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner).clone();
        listeners.iter().for_each(|heard| heard(&message));
        Box::pin(ready(Ok(())))
    }

    fn listen(&self, heard: Heard) {
        self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(heard);
    }
}
