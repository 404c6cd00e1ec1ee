//! What clients may want to know of: told once here, delivered by every connection in its own way.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

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
    /// More than can be named: whatever somebody subscribed to may have changed.
    Everything,
}

/// A connection, or whoever else wants to hear of changes.
pub trait Listener: Send + Sync {
    /// Something changed. Must not block.
    fn changed(&self, change: &Change);
}

/// Where changes are told. Cheap to clone; a background task may keep one.
#[derive(Clone, Default)]
pub struct Changes(Arc<Shared>);

#[derive(Default)]
struct Shared {
    listeners: Mutex<Vec<Weak<dyn Listener>>>,
    /// Who tells the other instances of this server.
    relay: OnceLock<Box<dyn Listener>>,
}

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

    /// Tells the clients that listen for it that a task changed: those of this instance, as its store tells every one.
    pub fn task(&self, id: impl Into<Arc<str>>) {
        self.0.tell(&Change::Task(id.into()));
    }

    /// Tells of any change: here, and on all other instances of this server.
    pub fn tell(&self, change: &Change) {
        self.0.tell(change);
        if let Some(relay) = self.0.relay.get() {
            relay.changed(change);
        }
    }

    /// Passes on what is told here from now on: the first relay stays.
    pub fn pass_on(&self, relay: impl Listener + 'static) {
        // A server has one bus.
        let _ = self.0.relay.set(Box::new(relay));
    }

    /// Tells those here of what was told on another instance; nobody, once these changes are gone.
    pub fn ear(&self) -> impl Fn(&Change) + Send + Sync + use<> {
        let shared = Arc::downgrade(&self.0);
        move |change| {
            if let Some(shared) = shared.upgrade() {
                shared.tell(change);
            }
        }
    }

    /// Hears of every change for as long as the listener lives.
    pub fn listen(&self, listener: Weak<dyn Listener>) {
        let mut listeners = self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        // Where nothing ever changes, those that came and went would pile up: looked for each time the room is used up.
        if listeners.len() == listeners.capacity() {
            listeners.retain(|listener| listener.strong_count() > 0);
        }
        listeners.push(listener);
    }
}

impl Shared {
    fn tell(&self, change: &Change) {
        for listener in self.listeners() {
            listener.changed(change);
        }
    }

    /// Those that still live; the others are forgotten.
    fn listeners(&self) -> Vec<Arc<dyn Listener>> {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| listener.strong_count() > 0);
        listeners.iter().filter_map(Weak::upgrade).collect()
    }
}
