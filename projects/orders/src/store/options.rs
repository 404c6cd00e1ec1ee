//! How a store is opened.

use std::sync::Arc;

use crate::domain::{Clock, SystemClock};

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many threads read, at least one.
    pub readers: usize,
    /// Whether a database that is made new receives the four orders of the tutorial.
    pub seed: bool,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self { readers: 2, seed: false, clock: Arc::new(SystemClock) }
    }
}
