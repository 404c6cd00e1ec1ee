//! What is to be said to a server, between who says it and what carries it there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::error::{Error, Result};

/// From so many bytes on, more wait for the server to read.
const FULL: usize = 1024 * 1024;

/// Whole lines that nobody has carried away yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outbox(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    bytes: Vec<u8>,
    carrier: Option<Waker>,
    /// Who waits for room.
    waiting: Vec<Waker>,
    /// No more is carried.
    closed: bool,
}

impl Outbox {
    /// Puts a line in when there is room; gives whom to wake for it.
    pub(crate) fn poll_put(&self, line: &mut Vec<u8>, cx: &Context<'_>) -> Poll<Result<Option<Waker>>> {
        let mut inner = self.lock();
        if inner.closed {
            return Poll::Ready(Err(Error::Gone("the server has ended".into())));
        }
        if inner.bytes.len() >= FULL {
            inner.waiting.push(cx.waker().clone());
            return Poll::Pending;
        }
        inner.bytes.append(line);
        Poll::Ready(Ok(inner.carrier.take()))
    }

    /// Takes all there is in exchange for an empty buffer; false when no more will come.
    pub(crate) fn poll_take(&self, bytes: &mut Vec<u8>, cx: &Context<'_>) -> Poll<bool> {
        bytes.clear();
        let mut inner = self.lock();
        std::mem::swap(bytes, &mut inner.bytes);
        inner.waiting.drain(..).for_each(Waker::wake);
        if !bytes.is_empty() {
            return Poll::Ready(true);
        }
        if inner.closed {
            return Poll::Ready(false);
        }
        inner.carrier = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Takes no more.
    pub(crate) fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        let carrier = inner.carrier.take();
        inner.waiting.drain(..).chain(carrier).for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
