//! Requests beyond those that may run at once, in the order they came.

use std::collections::VecDeque;

/// A line that waits, with the key of its one request; a batch has none.
type Line = (Option<Box<str>>, Box<[u8]>);

/// The lines that wait.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    lines: VecDeque<Line>,
    bytes: usize,
}

impl Waiting {
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn push(&mut self, key: Option<Box<str>>, line: Box<[u8]>) {
        self.bytes += line.len();
        self.lines.push_back((key, line));
    }

    /// Takes the one that came first.
    pub(crate) fn pop(&mut self) -> Option<Line> {
        let (key, line) = self.lines.pop_front()?;
        self.bytes -= line.len();
        Some((key, line))
    }

    /// Its turn has not come yet.
    pub(crate) fn put_back(&mut self, key: Option<Box<str>>, line: Box<[u8]>) {
        self.bytes += line.len();
        self.lines.push_front((key, line));
    }

    /// Forgets a request that is no longer wanted (rule IO7).
    pub(crate) fn cancel(&mut self, key: &str) {
        self.lines.retain(|(waiting, _)| waiting.as_deref() != Some(key));
        self.bytes = self.lines.iter().map(|(_, line)| line.len()).sum();
    }
}
