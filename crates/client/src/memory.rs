//! A server in this process: whoever sends it a message lets it go on, and most answers are there before they are
//! waited for.
//!
//! So a call costs no switch between tasks. What the server does later, it does on a task of its own. A tool that
//! blocks its thread blocks whoever lets the server go on, and their time limits with them.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError, Weak};
use std::task::{Context, Poll, Wake, Waker, ready};

use futures_util::future::{BoxFuture, poll_fn};
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::Handle;
use toolwright_server::Service;

use crate::error::Result;
use crate::inbox::Inbox;
use crate::link::{LONGEST, Link, Outgoing, ending, too_long};
use crate::outbox::Outbox;

/// The link to a server in this process.
pub(crate) struct Memory(Arc<Turns>);

/// The server, which goes on with whoever has it.
struct Turns {
    serving: Mutex<Option<Serving>>,
    /// Somebody came while another had it: its own task is to look again.
    missed: AtomicBool,
    bell: Arc<Bell>,
    /// Rings the bell, whoever has the server when it says what it waits for.
    waker: Waker,
    /// Where the server lives: its timers and tasks must not end with those of a caller.
    runtime: Handle,
    inbox: Arc<Inbox>,
    outbox: Outbox,
}

type Serving = BoxFuture<'static, io::Result<()>>;

/// Calls the server's own task.
#[derive(Default)]
struct Bell(AtomicWaker);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.wake();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake();
    }
}

/// The server's own task has it, too; without it, the server cannot go on.
struct Own(Arc<Turns>);

impl Drop for Own {
    fn drop(&mut self) {
        let had = self.0.free().map(|mut serving| serving.take());
        if !matches!(had, Some(None)) {
            self.0.end("the server is gone: its runtime has ended");
        }
    }
}

impl Memory {
    /// Begins to serve; what the server says goes to the inbox.
    pub(crate) fn open(service: Service, inbox: &Arc<Inbox>) -> Arc<Self> {
        let outbox = Outbox::default();
        let bell = Arc::<Bell>::default();
        Arc::new_cyclic(|memory: &Weak<Self>| {
            let link: Weak<dyn Link> = Weak::<Self>::clone(memory);
            let ears = Ears { outbox: outbox.clone(), bytes: Vec::new(), read: 0 };
            let mouth = Mouth { inbox: Arc::clone(inbox), link, line: Vec::new() };
            let turns = Arc::new(Turns {
                serving: Mutex::new(Some(Box::pin(async move { service.serve(ears, mouth).await }))),
                missed: AtomicBool::new(false),
                waker: Arc::clone(&bell).into(),
                bell,
                runtime: Handle::current(),
                inbox: Arc::clone(inbox),
                outbox,
            });
            let own = Own(Arc::clone(&turns));
            tokio::spawn(poll_fn(move |cx| {
                own.0.bell.0.register(cx.waker());
                own.0.poll()
            }));
            Self(turns)
        })
    }
}

impl Turns {
    /// Lets the server go on, unless somebody else does so already; ready when it has ended.
    fn poll(&self) -> Poll<()> {
        let free = self.free().or_else(|| {
            self.missed.swap(true, Ordering::SeqCst);
            // It may have become free just before that was to be seen.
            self.free()
        });
        let Some(mut serving) = free else { return Poll::Pending };
        let ended = self.go_on(&mut serving);
        let gone = if ended.is_ready() { serving.take() } else { None };
        let is_over = serving.is_none();
        drop(serving);
        if let Poll::Ready(why) = ended {
            self.end(&why);
        }
        // What the server held may be the user's, and take its time: nobody waits for that any more.
        drop(gone);
        if self.missed.swap(false, Ordering::SeqCst) {
            self.bell.0.wake();
        }
        if is_over { Poll::Ready(()) } else { Poll::Pending }
    }

    /// The server, if nobody has it: one of its own tools may send from within.
    fn free(&self) -> Option<MutexGuard<'_, Option<Serving>>> {
        match self.serving.try_lock() {
            Ok(serving) => Some(serving),
            Err(TryLockError::Poisoned(serving)) => Some(serving.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Ready with the reason when the server has ended now.
    fn go_on(&self, serving: &mut Option<Serving>) -> Poll<String> {
        let Some(serving) = serving else { return Poll::Pending };
        let _within = self.runtime.enter();
        let mut cx = Context::from_waker(&self.waker);
        // A panic is the server's end, and not that of whoever let it go on.
        let polled = catch_unwind(AssertUnwindSafe(|| serving.as_mut().poll(&mut cx)));
        let panicked = |_| Poll::Ready(Err(io::Error::other("it panicked")));
        polled.unwrap_or_else(panicked).map(ending)
    }

    /// Tells everybody that the server has ended, its own task, too.
    fn end(&self, why: &str) {
        self.outbox.close();
        self.inbox.close(why);
        self.bell.0.wake();
    }
}

impl Link for Memory {
    fn send(&self, message: Outgoing) -> BoxFuture<'_, Result> {
        let mut text = message.text.into_bytes();
        text.push(b'\n');
        Box::pin(poll_fn(move |cx| {
            // Nobody is to be woken: it is told here and now, or by whoever has the server.
            let _ = ready!(self.0.outbox.poll_put(&mut text, cx))?;
            let _ = self.0.poll();
            Poll::Ready(Ok(()))
        }))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.0.outbox.close();
        Box::pin(async {})
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.0.outbox.close();
        self.0.inbox.close("the client is gone");
    }
}

/// What the server hears.
struct Ears {
    outbox: Outbox,
    bytes: Vec<u8>,
    /// How much of them was read.
    read: usize,
}

impl AsyncRead for Ears {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { outbox, bytes, read } = self.get_mut();
        if *read == bytes.len() {
            *read = 0;
            if !ready!(outbox.poll_take(bytes, cx)) {
                return Poll::Ready(Ok(()));
            }
        }
        let count = room.remaining().min(bytes.len() - *read);
        room.put_slice(&bytes[*read..*read + count]);
        *read += count;
        Poll::Ready(Ok(()))
    }
}

/// What the server says.
struct Mouth {
    inbox: Arc<Inbox>,
    link: Weak<dyn Link>,
    /// The beginning of a line.
    line: Vec<u8>,
}

impl AsyncWrite for Mouth {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { inbox, link, line } = self.get_mut();
        if link.strong_count() == 0 {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if line.len() + piece.len() > LONGEST {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, too_long())));
            }
            if line.is_empty() && piece.ends_with(b"\n") {
                inbox.take(piece, link);
                continue;
            }
            line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                inbox.take(line, link);
                line.clear();
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
