//! What clients may want to know of: told once here, delivered by every connection in its own way.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The set of tools.
    Tools,
    /// The set of prompts.
    Prompts,
    /// The set of resources or templates.
    Resources,
    /// The contents of the resource under this URI.
    Resource(Arc<str>),
    /// The task of this id.
    Task(Arc<str>),
}

/// A connection, or whoever else wants to hear of changes.
pub trait Listener: Send + Sync {
    /// Something changed. Must not block.
    fn changed(&self, change: &Change);
}

/// Where changes are told. Cheap to clone; a background task may keep one.
#[derive(Clone, Default)]
pub struct Changes(Arc<Mutex<Vec<Weak<dyn Listener>>>>);

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Changes")
    }
}

impl Changes {
    /// Tells the clients that subscribed to it that a resource changed.
    pub fn resource_updated(&self, uri: impl Into<Arc<str>>) {
        self.tell(&Change::Resource(uri.into()));
    }

    /// Tells the clients that listen for it that a task changed.
    pub fn task(&self, id: impl Into<Arc<str>>) {
        self.tell(&Change::Task(id.into()));
    }

    /// Tells of any change.
    pub fn tell(&self, change: &Change) {
        for listener in self.listeners() {
            listener.changed(change);
        }
    }

    /// Hears of every change for as long as the listener lives.
    pub fn listen(&self, listener: Weak<dyn Listener>) {
        let mut listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Where nothing ever changes, those that came and went would pile up: looked for each time the room is used up.
        if listeners.len() == listeners.capacity() {
            listeners.retain(|listener| listener.strong_count() > 0);
        }
        listeners.push(listener);
    }

    /// Those that still live; the others are forgotten.
    fn listeners(&self) -> Vec<Arc<dyn Listener>> {
        let mut listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| listener.strong_count() > 0);
        listeners.iter().filter_map(Weak::upgrade).collect()
    }
}
