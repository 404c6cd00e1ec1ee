//! A server behind two byte streams, one message a line: a child process, or a server in this one.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker, ready};

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::AbortHandle;

use crate::error::{Error, Result};
use crate::inbox::Inbox;
use crate::link::{LONGEST, Link, Outgoing, too_long};

/// From so many unwritten bytes on, more wait for the server to read.
const FULL: usize = 1024 * 1024;

/// What is to be written, shared between who says it and the task that does it.
#[derive(Debug, Default)]
struct Outbox {
    bytes: Vec<u8>,
    writer: Option<Waker>,
    /// Who waits for room.
    waiting: Vec<Waker>,
    /// No more is written.
    closed: bool,
}

/// The link over the two streams; one task moves the bytes of both.
#[derive(Debug)]
pub(crate) struct Pipe {
    outbox: Arc<Mutex<Outbox>>,
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
        let outbox = Arc::<Mutex<Outbox>>::default();
        Arc::new_cyclic(|pipe: &Weak<Self>| {
            let link: Weak<dyn Link> = Weak::<Self>::clone(pipe);
            let mut mover = Mover {
                outbox: Arc::clone(&outbox),
                writer: Some(Box::pin(writer)),
                writing: (Vec::new(), 0),
                reader: Box::pin(reader),
                read: Vec::new(),
                scanned: 0,
                inbox: Arc::clone(inbox),
                link,
            };
            let task = tokio::spawn(async move {
                let ended = poll_fn(|cx| mover.poll(cx)).await;
                let why = ended.map_or_else(
                    |error| format!("the server is gone: {error}"),
                    |()| "the server has ended".into(),
                );
                mover.inbox.close(&why);
                lock(&mover.outbox).close();
            });
            Self { outbox, task: task.abort_handle() }
        })
    }

    /// Says no more: a server ends then.
    pub(crate) fn close_input(&self) {
        lock(&self.outbox).close();
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
            let mut outbox = lock(&self.outbox);
            if outbox.closed {
                return Poll::Ready(Err(Error::Gone("the server has ended".into())));
            }
            if outbox.bytes.len() >= FULL {
                outbox.waiting.push(cx.waker().clone());
                return Poll::Pending;
            }
            outbox.bytes.append(&mut text);
            if let Some(writer) = outbox.writer.take() {
                writer.wake();
            }
            Poll::Ready(Ok(()))
        }))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.close_input();
        Box::pin(async {})
    }
}

impl Outbox {
    fn close(&mut self) {
        self.closed = true;
        for waker in self.waiting.drain(..).chain(self.writer.take()) {
            waker.wake();
        }
    }
}

/// Moves bytes in both directions.
struct Mover {
    outbox: Arc<Mutex<Outbox>>,
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
            lock(&self.outbox).close();
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
            bytes.clear();
            *done = 0;
            let mut outbox = lock(&self.outbox);
            std::mem::swap(bytes, &mut outbox.bytes);
            outbox.waiting.drain(..).for_each(Waker::wake);
            if !bytes.is_empty() {
                continue;
            }
            let closed = outbox.closed;
            outbox.writer = Some(cx.waker().clone());
            drop(outbox);
            ready!(writer.as_mut().poll_flush(cx))?;
            if closed {
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

fn lock(outbox: &Mutex<Outbox>) -> MutexGuard<'_, Outbox> {
    outbox.lock().unwrap_or_else(PoisonError::into_inner)
}
