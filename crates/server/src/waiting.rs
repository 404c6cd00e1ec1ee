//! Requests beyond those that may run at once, in the order they came.

use std::collections::VecDeque;

use serde_json::value::RawValue;

use crate::conversation::request_id;

/// The lines that wait.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    lines: VecDeque<Line>,
    bytes: usize,
}

/// A request or a batch that waits.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) line: Box<[u8]>,
    /// Of each request in it.
    keys: Vec<Box<str>>,
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

    pub(crate) fn push(&mut self, line: &[u8]) {
        self.bytes += line.len();
        let keys = messages(line).iter().filter_map(|message| key(message)).collect();
        self.lines.push_back(Line { line: line.into(), keys });
    }

    /// Takes the one that came first.
    pub(crate) fn pop(&mut self) -> Option<Line> {
        let line = self.lines.pop_front()?;
        self.bytes -= line.line.len();
        Some(line)
    }

    /// Its turn has not come yet.
    pub(crate) fn put_back(&mut self, line: Line) {
        self.bytes += line.line.len();
        self.lines.push_front(line);
    }

    /// Forgets a request that is no longer wanted, alone or in its batch (rule IO7).
    pub(crate) fn cancel(&mut self, cancelled: &str) {
        for line in &mut self.lines {
            let before = line.keys.len();
            line.keys.retain(|key| **key != *cancelled);
            if line.keys.len() < before {
                line.line = without(&line.line, cancelled);
            }
        }
        self.lines.retain(|line| !line.line.is_empty());
        self.bytes = self.lines.iter().map(|line| line.line.len()).sum();
    }
}

/// The one message of a line, or those of its batch.
fn messages(line: &[u8]) -> Vec<&RawValue> {
    serde_json::from_slice(line)
        .or_else(|_| serde_json::from_slice(line).map(|message| vec![message]))
        .unwrap_or_default()
}

fn key(message: &RawValue) -> Option<Box<str>> {
    request_id(message.get().as_bytes()).map(|id| id.key().into())
}

/// The line without a request; nothing is left of one that had no other message.
fn without(line: &[u8], cancelled: &str) -> Box<[u8]> {
    let mut left = messages(line);
    left.retain(|message| key(message).as_deref() != Some(cancelled));
    if left.is_empty() {
        return Box::default();
    }
    serde_json::to_vec(&left).unwrap_or_default().into()
}
