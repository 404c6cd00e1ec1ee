//! Bodies that are streams: of a call, of a legacy session's log, of a subscription.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, Sleep};

use super::body::Pieces;
use super::event;
use super::exchange::Exchange;
use super::load::Permit;
use super::replay::{Log, Read};
use super::session::HttpSession;
use crate::lifecycle::listened;
use crate::limits::Limits;
use crate::outbox::Outbox;
use crate::service::Service;
use crate::subscriptions::Subscriptions;

/// Ready when the server is to end.
pub(super) type Ending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Says now and then that the stream is alive: what stands between would cut a silent one.
pub(super) struct Pulse {
    every: Duration,
    next: Pin<Box<Sleep>>,
}

impl Pulse {
    pub(super) fn new(every: Duration) -> Self {
        Self { every, next: Box::pin(tokio::time::sleep(every)) }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        ready!(self.next.as_mut().poll(cx));
        self.reset();
        // The new time must be waited for, too.
        let _ = self.next.as_mut().poll(cx);
        Poll::Ready(Bytes::from_static(event::ALIVE))
    }

    pub(super) fn reset(&mut self) {
        self.next.as_mut().reset(Instant::now() + self.every);
    }
}

/// The stream of a modern call: dropping it cancels the call (rule H7).
pub(super) struct CallStream {
    exchange: Exchange,
    pulse: Pulse,
    _permit: Permit,
}

impl CallStream {
    pub(super) fn new(exchange: Exchange, keep_alive: Duration, permit: Permit) -> Self {
        Self { exchange, pulse: Pulse::new(keep_alive), _permit: permit }
    }
}

impl Pieces for CallStream {
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let this = self.get_mut();
        if this.exchange.is_over() {
            return Poll::Ready(None);
        }
        let over = this.exchange.poll(cx).is_ready();
        let lines = this.exchange.take_lines();
        if lines.is_empty() {
            return if over { Poll::Ready(None) } else { this.pulse.poll(cx).map(Some) };
        }
        this.pulse.reset();
        let mut events = Vec::with_capacity(lines.len() + 64);
        event::write_all(&lines, &mut events);
        Poll::Ready(Some(events.into()))
    }

    fn is_over(&self) -> bool {
        self.exchange.is_over()
    }
}

/// A stream that is read from a session's log: a call's, or the one for what is told unasked.
pub(super) struct LogStream {
    log: Arc<Log>,
    reader: u64,
    after: u64,
    /// Kept up to so many bytes for a client that comes back.
    keep: usize,
    first: Option<Bytes>,
    pulse: Pulse,
    unasked: Option<Unasked>,
    _permit: Option<Permit>,
}

/// What feeds the stream for what is told unasked.
pub(super) struct Unasked {
    pub(super) session: Arc<HttpSession>,
    pub(super) outbox: Arc<Outbox>,
    pub(super) ending: Ending,
}

impl Unasked {
    /// Moves what changed into the log.
    fn tell(&self, log: &Log, cx: &mut Context<'_>) {
        self.outbox.wake(cx.waker());
        let mut lines = Vec::new();
        let hears = |change: &_| self.session.client.hears(change);
        self.outbox.tell_changes(&self.session.lock().subscriptions, hears, &mut lines);
        if !lines.is_empty() {
            log.append(&lines);
        }
    }
}

impl LogStream {
    /// Reads on behind an event; `first` is said before.
    pub(super) fn new(
        log: Arc<Log>,
        after: u64,
        first: Option<Bytes>,
        limits: &Limits,
        permit: Option<Permit>,
    ) -> Self {
        let reader = log.attach();
        let pulse = Pulse::new(limits.keep_alive);
        Self { log, reader, after, keep: limits.replay, first, pulse, unasked: None, _permit: permit }
    }

    pub(super) fn fed_by(mut self, unasked: Unasked) -> Self {
        self.unasked = Some(unasked);
        self
    }
}

impl Pieces for LogStream {
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let this = self.get_mut();
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(first));
        }
        // Else the one that took its place would not be woken.
        if !this.log.is_read_by(this.reader) {
            return Poll::Ready(None);
        }
        if let Some(unasked) = &mut this.unasked {
            unasked.tell(&this.log, cx);
            if unasked.ending.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
        }
        match this.log.poll(this.reader, &mut this.after, cx) {
            Poll::Ready(Read::Over) => Poll::Ready(None),
            Poll::Ready(Read::Events(events)) => {
                this.pulse.reset();
                this.log.shrink(this.keep, this.after);
                Poll::Ready(Some(events.concat().into()))
            }
            Poll::Pending => this.pulse.poll(cx).map(Some),
        }
    }

    fn is_over(&self) -> bool {
        false
    }
}

impl Drop for LogStream {
    fn drop(&mut self) {
        self.log.detach(self.reader);
    }
}

/// The stream of a modern subscription: nothing of it is kept.
pub(super) struct ListenStream {
    service: Service,
    subscriptions: Subscriptions,
    outbox: Arc<Outbox>,
    acknowledgement: Option<Vec<u8>>,
    pulse: Pulse,
    ending: Ending,
    over: bool,
    _permit: Permit,
}

impl ListenStream {
    pub(super) fn new(
        service: &Service,
        subscriptions: Subscriptions,
        acknowledgement: Vec<u8>,
        ending: Ending,
        permit: Permit,
    ) -> Self {
        Self {
            service: service.clone(),
            subscriptions,
            outbox: Outbox::listening(service, None),
            acknowledgement: Some(acknowledgement),
            pulse: Pulse::new(service.limits().keep_alive),
            ending,
            over: false,
            _permit: permit,
        }
    }
}

impl Pieces for ListenStream {
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let this = self.get_mut();
        if this.over {
            return Poll::Ready(None);
        }
        let mut lines = this.acknowledgement.take().unwrap_or_default();
        lines.push(b'\n');
        this.outbox.wake(cx.waker());
        this.outbox.tell_changes(&this.subscriptions, |_| false, &mut lines);
        if this.ending.as_mut().poll(cx).is_ready() {
            this.over = true;
            for id in this.subscriptions.end() {
                listened(&this.service, &id, &mut lines);
            }
        }
        if lines.len() == 1 {
            return this.pulse.poll(cx).map(Some);
        }
        this.pulse.reset();
        let mut events = Vec::with_capacity(lines.len() + 64);
        event::write_all(&lines, &mut events);
        Poll::Ready(Some(events.into()))
    }

    fn is_over(&self) -> bool {
        self.over
    }
}
