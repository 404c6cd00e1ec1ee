//! What several instances of one server have in common: an engine, such as Redis. It keeps their tasks and the sessions of
//! older clients, carries changes, and knows which memories of calls were used.
//!
//! A server without one has all of this in its own process, and pays nothing for it.

use std::sync::Arc;
use std::time::Duration;

use toolwright_core::change::{Change, Listener};

use crate::sessions::SessionStore;
use crate::tasks::{Stored, TaskStore};

/// Tells of changes on every instance.
pub trait Bus: Send + Sync + 'static {
    /// Tells all other instances of a change, soon. Does not block.
    fn publish(&self, change: &Change);

    /// Hears what other instances tell, for as long as the bus lives: not what this one told.
    ///
    /// What it calls does not block. When something may have been missed, it is told [`Change::Everything`].
    fn subscribe(&self, heard: Arc<dyn Fn(&Change) + Send + Sync>);
}

/// Knows what was used up, on whatever instance.
pub trait Once: Send + Sync + 'static {
    /// Uses a key up, and remembers it at least for so long; false when it was before.
    ///
    /// # Errors
    ///
    /// When that cannot be told: nothing is done then. It does not wait long to say so.
    fn use_up<'a>(&'a self, key: &'a str, remembered: Duration) -> Stored<'a, bool>;
}

/// All that the instances of one server share: give it to [`Server::engine`](crate::Server::engine).
pub trait Engine: TaskStore + SessionStore + Bus + Once {
    /// Whether it can be reached, so far as that is known. Does not block.
    fn is_ready(&self) -> bool;
}

/// Passes on what is told here.
pub(crate) struct Relay(pub(crate) Arc<dyn Bus>);

impl Listener for Relay {
    fn changed(&self, change: &Change) {
        self.0.publish(change);
    }
}
