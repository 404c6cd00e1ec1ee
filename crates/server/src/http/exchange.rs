//! The calls of one POST that wait: their answers, and what they say before.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::{AbortHandle, Abortable};
use toolwright_core::Later;
use toolwright_types::jsonrpc::Id;

use super::replay::Log;
use super::session::HttpSession;
use super::sharing::Errand;
use crate::calls::Call;
use crate::outbox::Outbox;

/// What a POST is still to be answered with.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    running: Vec<Running>,
    answers: Vec<Vec<u8>>,
    /// The code of the last answer that is an error.
    code: Option<i32>,
    /// Notifications, one a line.
    notes: Vec<u8>,
    outbox: Option<Arc<Outbox>>,
    /// The answers go into one array.
    batch: bool,
    /// What other instances are to know before it is answered.
    pub(super) errands: Vec<Errand>,
}

#[derive(Debug)]
struct Running {
    call: Abortable<Call>,
    /// The session that may cancel it, and its number there.
    session: Option<(Arc<HttpSession>, u64)>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some((session, number)) = &self.session {
            session.ended(*number);
        }
    }
}

impl Exchange {
    pub(super) fn batch() -> Self {
        Self { batch: true, ..Self::default() }
    }

    /// Adds an answer that is there already.
    pub(super) fn answered(&mut self, answer: Vec<u8>) {
        self.answers.push(answer);
    }

    /// Adds a call that waits.
    pub(super) fn begin(&mut self, id: Id<'_>, later: Later, session: Option<&Arc<HttpSession>>) {
        let (abort, registration) = AbortHandle::new_pair();
        let session = session
            .map(|session| (Arc::clone(session), session.began(id.key().into(), later.canceller(), abort)));
        self.running.push(Running { call: Abortable::new(Call::new(id, later), registration), session });
    }

    /// Where the calls' notifications come from.
    pub(super) fn listen(&mut self, outbox: Option<Arc<Outbox>>) {
        self.outbox = outbox;
    }

    /// Goes on with the calls; ready when all came to their end.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(outbox) = &self.outbox {
            outbox.wake(cx.waker());
        }
        let (answers, code) = (&mut self.answers, &mut self.code);
        self.running.retain_mut(|running| match Pin::new(&mut running.call).poll(cx) {
            Poll::Pending => true,
            Poll::Ready(Ok(finished)) => {
                answers.push(finished.answer);
                *code = finished.code.or(*code);
                false
            }
            // Cancelled: nothing is said of it.
            Poll::Ready(Err(_)) => false,
        });
        if let Some(outbox) = &self.outbox {
            let end = self.notes.len();
            outbox.drain_into(&mut self.notes, end);
        }
        if self.running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Whether there is something to say that only a stream can.
    pub(super) fn needs_stream(&self) -> bool {
        !self.notes.is_empty() || self.outbox.as_ref().is_some_and(|outbox| outbox.is_hung_up())
    }

    pub(super) fn is_over(&self) -> bool {
        self.running.is_empty() && self.answers.is_empty() && self.notes.is_empty()
    }

    /// The code of the answer, when that is an error.
    pub(super) fn code(&self) -> Option<i32> {
        self.code
    }

    /// The answer as one JSON text; none when the calls were cancelled.
    pub(super) fn json(&mut self) -> Option<Vec<u8>> {
        if self.batch && !self.answers.is_empty() {
            return Some([b"[".as_slice(), &self.answers.join(&b','), b"]"].concat());
        }
        self.answers.pop()
    }

    /// All that is there to say, a message a line: what was said before an answer stands before it.
    pub(super) fn take_lines(&mut self) -> Vec<u8> {
        let mut lines = std::mem::take(&mut self.notes);
        for answer in self.answers.drain(..) {
            lines.extend_from_slice(&answer);
            lines.push(b'\n');
        }
        lines
    }

    /// Runs to the end, whoever may still listen.
    pub(super) async fn finish(mut self, log: Option<Arc<Log>>) {
        std::future::poll_fn(|cx| {
            let polled = self.poll(cx);
            let lines = self.take_lines();
            if let Some(log) = &log {
                log.append(&lines);
                if self.outbox.as_ref().is_some_and(|outbox| outbox.take_hung_up()) {
                    log.hang_up();
                }
            }
            polled
        })
        .await;
        if let Some(log) = log {
            log.end();
        }
    }
}
