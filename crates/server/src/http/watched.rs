//! A connection that is cut when its client takes too long: to say something, to finish a head, to read an answer.
//!
//! One timer for each connection, armed only while it waits; a quick request touches none.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::limits::Limits;

/// What the service knows of a connection, and its reader must know.
#[derive(Debug, Default)]
pub(super) struct Activity {
    in_flight: AtomicUsize,
    /// Its requests share the connection: only whether there is one can be told.
    is_shared: AtomicBool,
}

/// Counts a request as long as it lives.
#[derive(Debug)]
pub(super) struct Active(Arc<Activity>);

impl Activity {
    pub(super) fn begin(self: &Arc<Self>, is_shared: bool) -> Active {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        if is_shared {
            self.is_shared.store(true, Ordering::Relaxed);
        }
        Active(Arc::clone(self))
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A byte stream with an eye on the clock.
pub(super) struct Watched<S> {
    stream: S,
    activity: Arc<Activity>,
    idle: Duration,
    head: Duration,
    unread: Duration,
    /// Since when it waits for the rest of a head, or for any.
    since: Instant,
    in_head: bool,
    was_active: bool,
    timer: Option<(Instant, Pin<Box<Sleep>>)>,
    /// Until when the client must read on.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, limits: &Limits) -> Self {
        Self {
            stream,
            activity: Arc::default(),
            idle: limits.idle,
            head: limits.header_time,
            unread: limits.body_time,
            since: Instant::now(),
            // Who connects has something to ask.
            in_head: true,
            was_active: false,
            timer: None,
            stalled: None,
        }
    }

    pub(super) fn activity(&self) -> Arc<Activity> {
        Arc::clone(&self.activity)
    }

    /// Whether nothing came for too long.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        if self.activity.in_flight.load(Ordering::Relaxed) > 0 {
            self.was_active = true;
            return false;
        }
        if std::mem::take(&mut self.was_active) {
            (self.since, self.in_head) = (Instant::now(), false);
        }
        let until = self.since + if self.in_head { self.head } else { self.idle };
        loop {
            let (armed, timer) =
                self.timer.get_or_insert_with(|| (until, Box::pin(tokio::time::sleep_until(until))));
            // One that rings too early is set again then: that is cheaper than setting it for each request.
            if *armed > until {
                *armed = until;
                timer.as_mut().reset(until);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return false;
            }
            if *armed >= until {
                return true;
            }
            *armed = until;
            timer.as_mut().reset(until);
        }
    }

    fn read_some(&mut self) {
        if self.activity.in_flight.load(Ordering::Relaxed) > 0 {
            self.was_active = true;
        } else if self.activity.is_shared.load(Ordering::Relaxed) {
            (self.since, self.in_head, self.was_active) = (Instant::now(), false, false);
        } else if self.was_active || !self.in_head {
            (self.since, self.in_head, self.was_active) = (Instant::now(), true, false);
        }
    }

    fn wrote<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let unread = self.unread;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(unread)));
        stalled.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        match Pin::new(&mut this.stream).poll_read(cx, buf) {
            Poll::Pending if this.is_late(cx) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Ready(Ok(())) if buf.filled().len() > before => {
                this.read_some();
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.wrote(written, cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, pieces);
        this.wrote(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(cx);
        this.wrote(flushed, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
