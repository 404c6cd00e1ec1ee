//! The events of one stream of a legacy session: kept for a while, so that a client that lost the stream can go on.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;

use super::event;

/// How long a client waits before it comes back to a stream.
pub(super) const RETRY: Duration = Duration::from_secs(1);

/// A stream, read by at most one connection at a time.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) number: u64,
    /// Undelivered bytes from which on notifications are dropped.
    most: usize,
    first: u64,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    events: VecDeque<(u64, Bytes)>,
    bytes: usize,
    /// The place of the last event.
    last: u64,
    ended: bool,
    hung_up: bool,
    /// Which reader is the one to read on.
    reader: u64,
    /// That reader is still there.
    is_read: bool,
    waker: Option<Waker>,
}

/// What a reader finds.
pub(super) enum Read {
    Events(Vec<Bytes>),
    /// Nothing more will come to this reader.
    Over,
}

impl Log {
    /// Its events take the places behind `first`.
    pub(super) fn behind(first: u64, number: u64, most: usize) -> Self {
        Self { number, most, first, inner: Mutex::new(Inner { last: first, ..Inner::default() }) }
    }

    /// Whether an event in this place was one of these.
    pub(super) fn knows(&self, place: u64) -> bool {
        (self.first..=self.last()).contains(&place)
    }

    /// Adds each line as an event.
    pub(super) fn append(&self, lines: &[u8]) {
        let mut inner = self.lock();
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            if inner.bytes > self.most && is_notification(line) {
                continue;
            }
            inner.last += 1;
            let mut text = Vec::with_capacity(line.len() + 48);
            event::write(line, Some((self.number, inner.last)), &mut text);
            inner.bytes += text.len();
            let place = inner.last;
            inner.events.push_back((place, text.into()));
        }
        inner.wake();
    }

    /// Nothing more will be added.
    pub(super) fn end(&self) {
        let mut inner = self.lock();
        inner.ended = true;
        inner.wake();
    }

    /// Sends the reader away; it may come back for the rest.
    pub(super) fn hang_up(&self) {
        let mut inner = self.lock();
        inner.hung_up = true;
        inner.wake();
    }

    pub(super) fn is_ended(&self) -> bool {
        self.lock().ended
    }

    /// The place of the last event.
    pub(super) fn last(&self) -> u64 {
        self.lock().last
    }

    pub(super) fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Makes the caller the one reader: another that still reads is sent away.
    pub(super) fn attach(&self) -> u64 {
        let mut inner = self.lock();
        inner.reader += 1;
        (inner.is_read, inner.hung_up) = (true, false);
        inner.wake();
        inner.reader
    }

    /// Whether somebody reads.
    pub(super) fn is_read(&self) -> bool {
        self.lock().is_read
    }

    /// Whether no other has taken this reader's place.
    pub(super) fn is_read_by(&self, reader: u64) -> bool {
        self.lock().reader == reader
    }

    /// The reader is gone: whoever attaches next goes on.
    pub(super) fn detach(&self, reader: u64) {
        let mut inner = self.lock();
        if inner.reader == reader {
            (inner.is_read, inner.waker) = (false, None);
        }
    }

    /// The events behind a place, when there are any.
    pub(super) fn poll(&self, reader: u64, after: &mut u64, cx: &mut Context<'_>) -> Poll<Read> {
        let mut inner = self.lock();
        if inner.reader != reader {
            return Poll::Ready(Read::Over);
        }
        let events: Vec<_> =
            inner.events.iter().filter(|(place, _)| place > after).map(|(_, text)| text.clone()).collect();
        if !events.is_empty() {
            *after = inner.last;
            return Poll::Ready(Read::Events(events));
        }
        if inner.ended || inner.hung_up {
            return Poll::Ready(Read::Over);
        }
        inner.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Forgets the oldest events that were read, as long as there are more bytes than these.
    pub(super) fn shrink(&self, to: usize, read_up_to: u64) {
        let mut inner = self.lock();
        while inner.bytes > to && inner.events.front().is_some_and(|(place, _)| *place <= read_up_to) {
            if let Some((_, text)) = inner.events.pop_front() {
                inner.bytes -= text.len();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Our own messages put the id, if there is one, behind the version.
fn is_notification(line: &[u8]) -> bool {
    !line.starts_with(br#"{"jsonrpc":"2.0","id""#) && !line.starts_with(b"[")
}
