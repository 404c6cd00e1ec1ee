//! The calls of one connection that wait: polled together, found by id, answered one line or one batch at a time.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::{FuturesUnordered, Stream};
use toolwright_core::{Canceller, Later};
use toolwright_types::jsonrpc::Id;

use crate::envelope;

/// Where an answer goes.
#[derive(Debug, Clone, Default)]
pub(crate) enum Target {
    /// On a line of its own.
    #[default]
    Line,
    /// Into the array of its batch.
    Batch(Arc<Batch>),
}

/// The answers of a batch, until all are there.
#[derive(Debug, Default)]
pub(crate) struct Batch(Mutex<Answers>);

#[derive(Debug, Default)]
struct Answers {
    text: Vec<u8>,
    awaited: usize,
}

impl Batch {
    /// One more answer is to come.
    pub(crate) fn expect(&self) {
        self.lock().awaited += 1;
    }

    /// An answer came; gives the whole array with the last.
    pub(crate) fn add(&self, answer: &[u8]) -> Option<Vec<u8>> {
        let mut answers = self.lock();
        if !answer.is_empty() {
            let separator = if answers.text.is_empty() { b'[' } else { b',' };
            answers.text.push(separator);
            answers.text.extend_from_slice(answer);
        }
        answers.awaited -= 1;
        if answers.awaited > 0 || answers.text.is_empty() {
            return None;
        }
        answers.text.push(b']');
        Some(std::mem::take(&mut answers.text))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Answers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All calls that wait.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    running: FuturesUnordered<Abortable<Call>>,
    by_key: HashMap<Box<str>, Entry>,
}

#[derive(Debug)]
struct Entry {
    abort: AbortHandle,
    canceller: Canceller,
    target: Target,
}

/// A call that waits, and what it is answered by.
#[derive(Debug)]
pub(crate) struct Call {
    id: Box<str>,
    key: Box<str>,
    later: Later,
    answer: Vec<u8>,
}

impl Call {
    pub(crate) fn new(id: Id<'_>, later: Later) -> Self {
        Self { id: id.as_json().into(), key: id.key().into(), later, answer: Vec::new() }
    }
}

/// A call that came to its end.
#[derive(Debug)]
pub(crate) struct Finished {
    key: Box<str>,
    pub(crate) answer: Vec<u8>,
    /// The code, when the answer is an error.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only HTTP has a status to choose"))]
    pub(crate) code: Option<i32>,
}

impl Future for Call {
    type Output = Finished;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Finished> {
        let Self { id, key, later, answer } = &mut *self;
        poll_into(later, id, cx, answer).map(|code| Finished {
            key: std::mem::take(key),
            answer: std::mem::take(answer),
            code,
        })
    }
}

/// Goes on with a call; writes its whole answer when there is one, and gives its code when that is an error.
pub(crate) fn poll_into(
    later: &mut Later,
    id: &str,
    cx: &mut Context<'_>,
    out: &mut Vec<u8>,
) -> Poll<Option<i32>> {
    let start = out.len();
    envelope::begin(out, id);
    match later.poll(cx, out) {
        Poll::Ready(Ok(())) => {
            envelope::end(out);
            Poll::Ready(None)
        }
        Poll::Ready(Err(error)) => {
            out.truncate(start);
            envelope::error(out, Some(id), &error);
            Poll::Ready(Some(error.code))
        }
        Poll::Pending => {
            out.truncate(start);
            Poll::Pending
        }
    }
}

impl Calls {
    pub(crate) fn len(&self) -> usize {
        self.running.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.by_key.contains_key(key)
    }

    /// Adds a call that did not finish at once.
    pub(crate) fn add(&mut self, id: Id<'_>, later: Later, target: Target) {
        let key: Box<str> = id.key().into();
        let (abort, registration) = AbortHandle::new_pair();
        let canceller = later.canceller();
        let call = Call::new(id, later);
        self.by_key.insert(key, Entry { abort, canceller, target });
        self.running.push(Abortable::new(call, registration));
    }

    /// Stops a call: it is dropped, and nothing more is said of it (rule IO7).
    ///
    /// Gives the rest of its batch, if it was the last that was awaited.
    pub(crate) fn cancel(&mut self, key: &str) -> Option<Vec<u8>> {
        let Entry { abort, canceller, target } = self.by_key.remove(key)?;
        canceller.cancel();
        abort.abort();
        match target {
            Target::Line => None,
            Target::Batch(batch) => batch.add(b""),
        }
    }

    /// Stops all calls.
    pub(crate) fn cancel_all(&mut self) {
        self.by_key.clear();
        self.running.clear();
    }

    /// The next call that comes to its end, and where its answer goes; the answer is written to `out`.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Option<Target>> {
        loop {
            let polled = Pin::new(&mut self.running).poll_next(cx);
            let Poll::Ready(finished) = polled else { return Poll::Pending };
            match finished {
                None => return Poll::Ready(None),
                // Stopped: its entry is gone already.
                Some(Err(_)) => {}
                Some(Ok(Finished { key, answer, .. })) => {
                    if let Some(Entry { target, .. }) = self.by_key.remove(&key) {
                        out.extend_from_slice(&answer);
                        return Poll::Ready(Some(target));
                    }
                }
            }
        }
    }
}
