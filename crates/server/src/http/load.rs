//! How much is going on: requests that are answered, and streams that are held open, each with its limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Something that is counted.
#[derive(Debug, Default)]
pub(super) struct Load {
    count: Arc<AtomicUsize>,
    most: usize,
}

/// Counts for as long as it lives.
#[derive(Debug)]
pub(super) struct Permit(Arc<AtomicUsize>);

impl Load {
    pub(super) fn new(most: usize) -> Self {
        Self { count: Arc::default(), most }
    }

    /// One more, unless there are as many as there may be.
    pub(super) fn admit(&self) -> Option<Permit> {
        if self.count.fetch_add(1, Ordering::Relaxed) >= self.most {
            self.count.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Permit(Arc::clone(&self.count)))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
