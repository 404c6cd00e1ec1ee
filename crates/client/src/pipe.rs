//! A server behind two byte streams, one message a line: a child process, or any other.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker, ready};

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::AbortHandle;

use crate::error::Result;
use crate::inbox::Inbox;
use crate::link::{LONGEST, Link, Outgoing, ending, too_long};
use crate::outbox::Outbox;

/// The link over the two streams; one task moves the bytes of both.
#[derive(Debug)]
pub(crate) struct Pipe {
    outbox: Outbox,
    task: AbortHandle,
}

type Reader = Pin<Box<dyn AsyncRead + Send>>;
type Writer = Pin<Box<dyn AsyncWrite + Send>>;

impl Pipe {
    /// Begins to read and to write; what is read goes to the inbox.
    pub(crate) fn open(
        reader: impl AsyncRead + Send + 'static,
        writer: impl AsyncWrite + Send + 'static,
        inbox: &Arc<Inbox>,
    ) -> Arc<Self> {
        let outbox = Outbox::default();
        Arc::new_cyclic(|pipe: &Weak<Self>| {
            let link: Weak<dyn Link> = Weak::<Self>::clone(pipe);
            let mut mover = Mover {
                outbox: outbox.clone(),
                writer: Some(Box::pin(writer)),
                writing: (Vec::new(), 0),
                reader: Box::pin(reader),
                read: Vec::new(),
                scanned: 0,
                inbox: Arc::clone(inbox),
                link,
            };
            let task = tokio::spawn(async move {
                let end = poll_fn(|cx| mover.poll(cx)).await;
                mover.inbox.close(&ending(end));
                mover.outbox.close();
            });
            Self { outbox, task: task.abort_handle() }
        })
    }

    /// Says no more: a server ends then.
    pub(crate) fn close_input(&self) {
        self.outbox.close();
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Link for Pipe {
    fn send(&self, message: Outgoing) -> BoxFuture<'_, Result> {
        let mut text = message.text.into_bytes();
        text.push(b'\n');
        Box::pin(poll_fn(move |cx| {
            let carrier = ready!(self.outbox.poll_put(&mut text, cx))?;
            carrier.into_iter().for_each(Waker::wake);
            Poll::Ready(Ok(()))
        }))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.close_input();
        Box::pin(async {})
    }
}

/// Moves bytes in both directions.
struct Mover {
    outbox: Outbox,
    /// None once all is said.
    writer: Option<Writer>,
    /// What is being written, and how much of it was.
    writing: (Vec<u8>, usize),
    reader: Reader,
    read: Vec<u8>,
    /// How much of what was read has no line end.
    scanned: usize,
    inbox: Arc<Inbox>,
    link: Weak<dyn Link>,
}

impl Mover {
    /// Ready when the server says no more.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(Err(error)) = self.poll_write(cx) {
            // What it said before it went is still to be read.
            tracing::debug!("the server does not read any more: {error}");
            self.writer = None;
            self.outbox.close();
        }
        self.poll_read(cx)
    }

    /// Writes all there is; pending when more may come.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(writer) = &mut self.writer else { return Poll::Pending };
        loop {
            let (bytes, done) = &mut self.writing;
            while *done < bytes.len() {
                match ready!(writer.as_mut().poll_write(cx, &bytes[*done..]))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    count => *done += count,
                }
            }
            *done = 0;
            let taken = self.outbox.poll_take(bytes, cx);
            if taken == Poll::Ready(true) {
                continue;
            }
            ready!(writer.as_mut().poll_flush(cx))?;
            if taken == Poll::Ready(false) {
                let _ = ready!(writer.as_mut().poll_shutdown(cx));
                self.writer = None;
            }
            return Poll::Pending;
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut room = [0; 16 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut room);
            ready!(self.reader.as_mut().poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.read.extend_from_slice(buffer.filled());
            self.take_lines();
            if self.read.len() > LONGEST {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, too_long())));
            }
        }
    }

    fn take_lines(&mut self) {
        let mut begin = 0;
        while let Some(end) = self.read[self.scanned..].iter().position(|byte| *byte == b'\n') {
            let end = self.scanned + end;
            let line = &self.read[begin..end];
            if !line.trim_ascii().is_empty() {
                self.inbox.take(line, &self.link);
            }
            (begin, self.scanned) = (end + 1, end + 1);
        }
        self.read.drain(..begin);
        self.scanned = self.read.len();
    }
}
