//! A connection that is cut when its client takes too long: to say something, to finish a head, to read an answer.
//!
//! One timer for each connection, armed only while it waits; a quick request touches none. Over HTTP/2 bytes alone
//! say nothing: who acknowledges pings may neither ask nor read, so there only requests and their bodies count.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::activity::Activity;
use crate::limits::Limits;

/// Up to so many bytes, a head and a body cost less to copy together than to hand over apart.
const SMALL: usize = 1024;

/// What a client of HTTP/2 says first (RFC 9113, section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A byte stream with an eye on the clock.
pub(super) struct Watched<S> {
    stream: S,
    /// What was read to see which protocol is spoken, and is to be read again.
    ahead: Vec<u8>,
    activity: Arc<Activity>,
    idle: Duration,
    head: Duration,
    unread: Duration,
    /// Since when it waits for the rest of a head, or for any; not asked before it must wait.
    since: Option<Instant>,
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
            ahead: Vec::new(),
            activity: Arc::new(Activity::new()),
            idle: limits.idle,
            head: limits.header_time,
            unread: limits.body_time,
            since: Some(Instant::now()),
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

    /// Whether the client's first bytes are those of HTTP/2; they can be read again.
    pub(super) async fn speaks_http2(&mut self) -> io::Result<bool>
    where
        S: AsyncRead + Unpin,
    {
        let (mut first, mut length) = ([0; PREFACE.len()], 0);
        while length < first.len() && PREFACE.starts_with(&first[..length]) {
            match self.read(&mut first[length..]).await? {
                0 => break,
                more => length += more,
            }
        }
        self.ahead = first[..length].into();
        Ok(first == *PREFACE)
    }

    /// Whether nothing came for too long, or what could be read is not.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        if self.activity.is_busy() {
            self.was_active = true;
            let since = self.activity.unread_since();
            return since.is_some_and(|since| self.is_past(since + self.unread, cx));
        }
        if std::mem::take(&mut self.was_active) {
            (self.since, self.in_head) = (None, false);
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        self.is_past(since + if self.in_head { self.head } else { self.idle }, cx)
    }

    /// Whether it is later than that; else it is asked again then.
    fn is_past(&mut self, until: Instant, cx: &mut Context<'_>) -> bool {
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
        if self.activity.is_busy() {
            self.was_active = true;
        } else if self.activity.is_shared() {
            if std::mem::take(&mut self.was_active) {
                (self.since, self.in_head) = (Some(Instant::now()), false);
            }
        } else if self.was_active || !self.in_head {
            (self.since, self.in_head, self.was_active) = (None, true, false);
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

/// The pieces as one, if they are few bytes.
fn gather<'a>(pieces: &[IoSlice<'_>], room: &'a mut [u8; SMALL]) -> Option<&'a [u8]> {
    let mut length = 0;
    for piece in pieces {
        room.get_mut(length..length + piece.len())?.copy_from_slice(piece);
        length += piece.len();
    }
    Some(&room[..length])
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.ahead.is_empty() {
            let length = this.ahead.len().min(buf.remaining());
            buf.put_slice(&this.ahead[..length]);
            this.ahead.drain(..length);
            return Poll::Ready(Ok(()));
        }
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
        let mut small = [0; SMALL];
        let stream = Pin::new(&mut this.stream);
        let written = match gather(pieces, &mut small) {
            Some(bytes) => stream.poll_write(cx, bytes),
            None => stream.poll_write_vectored(cx, pieces),
        };
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
        let this = self.get_mut();
        // Over TLS there is still something to say.
        let ended = Pin::new(&mut this.stream).poll_shutdown(cx);
        this.wrote(ended, cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    fn limits() -> Limits {
        Limits {
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            idle: Duration::from_secs(75),
            ..Limits::default()
        }
    }

    fn watched() -> (Watched<DuplexStream>, DuplexStream) {
        let (client, server) = duplex(64);
        (Watched::new(server, &limits()), client)
    }

    /// Reads until the connection is cut; says after how long. The clock stands still as long as anything can go on.
    async fn cut_after(watched: &mut Watched<DuplexStream>) -> Duration {
        let began = Instant::now();
        loop {
            match watched.read_u8().await {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => return began.elapsed(),
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Writes a byte each second for so long.
    fn chatter(mut client: DuplexStream, seconds: u64) -> tokio::task::JoinHandle<DuplexStream> {
        tokio::spawn(async move {
            let mut second = tokio::time::interval(Duration::from_secs(1));
            for _ in 0..seconds {
                second.tick().await;
                let _ = client.write_all(b"x").await;
            }
            client
        })
    }

    /// RFC 9113, section 3.4: what was read to find out is not lost.
    #[tokio::test]
    async fn the_first_bytes_say_which_http_is_spoken() {
        let preface = str::from_utf8(PREFACE).unwrap();
        for (said, is_http2) in [
            (format!("{preface}more"), true),
            (preface.into(), true),
            (preface[..23].into(), false),
            ("POST /mcp HTTP/1.1\r\n\r\n".into(), false),
            ("PRI * HTTP/1.1\r\n\r\n".into(), false),
            ("P".into(), false),
            (String::new(), false),
        ] {
            for step in [1, 5, 64] {
                let (mut watched, mut client) = watched();
                let bytes = said.clone().into_bytes();
                let writes = tokio::spawn(async move {
                    for piece in bytes.chunks(step) {
                        client.write_all(piece).await.unwrap();
                        tokio::task::yield_now().await;
                    }
                });
                assert_eq!(watched.speaks_http2().await.unwrap(), is_http2, "{said} by {step}");
                let mut heard = String::new();
                watched.read_to_string(&mut heard).await.unwrap();
                assert_eq!(heard, said);
                writes.await.unwrap();
            }
        }
    }

    /// security.md H4.
    #[tokio::test(start_paused = true)]
    async fn a_head_and_a_silence_have_their_times() {
        let (mut silent, _client) = watched();
        assert_eq!(cut_after(&mut silent).await, limits().header_time, "nothing is ever said");
        let (mut head, client) = watched();
        let _client = chatter(client, 60);
        assert_eq!(cut_after(&mut head).await, limits().header_time, "a head comes bit by bit");
        let (mut idle, mut client) = watched();
        let request = idle.activity().begin(false);
        client.write_all(b"x").await.unwrap();
        idle.read_u8().await.unwrap();
        drop(request);
        assert_eq!(cut_after(&mut idle).await, limits().idle, "nothing follows");
    }

    /// security.md H4: each byte that is taken is a reason to wait again.
    #[tokio::test(start_paused = true)]
    async fn who_does_not_read_has_its_time() {
        let (mut unread, mut client) = watched();
        for _ in 0..2 {
            let began = Instant::now();
            let error = unread.write_all(&[0; 100]).await.unwrap_err();
            assert_eq!((error.kind(), began.elapsed()), (io::ErrorKind::TimedOut, limits().body_time));
            client.read_exact(&mut [0; 64]).await.unwrap();
            unread.write_all(b"x").await.unwrap();
            client.read_exact(&mut [0; 1]).await.unwrap();
        }
    }

    /// security.md H4 and H9: over HTTP/2 bytes without a request are none.
    #[tokio::test(start_paused = true)]
    async fn a_shared_connection_is_idle_whatever_comes() {
        let (mut pinged, client) = watched();
        let request = pinged.activity().begin(true);
        let _client = chatter(client, 600);
        assert!(tokio::time::timeout(Duration::from_secs(300), cut_after(&mut pinged)).await.is_err());
        drop(request);
        assert_eq!(cut_after(&mut pinged).await.as_secs(), limits().idle.as_secs());
    }

    /// security.md H4 and H9: who opens no window does not read.
    #[tokio::test(start_paused = true)]
    async fn a_shared_body_is_read_on_in_time() {
        let (mut shared, client) = watched();
        let _client = chatter(client, 600);
        let (mut quick, mut slow) = (shared.activity().begin(true), shared.activity().begin(true));
        slow.gave();
        for _ in 0..3 {
            assert!(tokio::time::timeout(Duration::from_secs(29), cut_after(&mut shared)).await.is_err());
            quick.asked_on();
            quick.gave();
        }
        assert_eq!(cut_after(&mut shared).await, limits().body_time);
        for body in [&mut quick, &mut slow] {
            body.asked_on();
        }
        let waits = tokio::time::timeout(Duration::from_secs(300), cut_after(&mut shared)).await;
        assert!(waits.is_err(), "they have nothing to give");
        let mut alone = shared.activity().begin(false);
        alone.gave();
        assert_eq!(shared.activity().unread_since(), None, "HTTP/1.1 needs no count: its writes wait");
    }

    /// security.md H5 and H9, `Limits::buffered`.
    #[tokio::test(start_paused = true)]
    async fn a_shared_connection_keeps_so_many_bytes() {
        let (shared, _client) = watched();
        let (mut first, mut second) = (shared.activity().begin(true), shared.activity().begin(true));
        let third = shared.activity().begin(true);
        first.keeps(60);
        second.keeps(41);
        let waits = || tokio::time::timeout(Duration::from_secs(1), third.room(100));
        for (bytes, has_room) in [(41, false), (40, true), (39, true), (41, false)] {
            second.keeps(bytes);
            assert_eq!(waits().await.is_ok(), has_room, "60 + {bytes}");
        }
        let (freed, ()) = tokio::join!(third.room(100), async { drop(first) });
        assert_eq!(freed, (), "its client is gone");
        let mut alone = shared.activity().begin(false);
        alone.keeps(1000);
        assert!(waits().await.is_ok(), "HTTP/1.1 keeps one answer");
    }
}
