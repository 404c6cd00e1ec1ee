//! A server in this process: whoever sends it a message lets it go on, and most answers are there before they are
//! waited for.
//!
//! So a call costs no switch between tasks. What the server does later, it does on a task of its own.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError, Weak};
use std::task::{Context, Poll, Wake, Waker, ready};

use futures_util::future::{BoxFuture, poll_fn};
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use toolwright_server::Service;

use crate::error::Result;
use crate::inbox::Inbox;
use crate::link::{Link, Outgoing};
use crate::outbox::Outbox;

/// The link to a server in this process.
pub(crate) struct Memory {
    outbox: Outbox,
    turns: Arc<Turns>,
}

/// The server, which goes on with whoever has it.
struct Turns {
    /// None once it has ended.
    server: Mutex<Option<BoxFuture<'static, io::Result<()>>>>,
    /// Its own task came while another had it.
    missed: AtomicBool,
    bell: Arc<Bell>,
    /// Wakes the server's own task, whoever has the server when it says when it wants to go on.
    waker: Waker,
    inbox: Arc<Inbox>,
    outbox: Outbox,
}

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
                server: Mutex::new(Some(Box::pin(async move { service.serve(ears, mouth).await }))),
                missed: AtomicBool::new(false),
                waker: Arc::clone(&bell).into(),
                bell,
                inbox: Arc::clone(inbox),
                outbox: outbox.clone(),
            });
            let own = Arc::clone(&turns);
            tokio::spawn(poll_fn(move |cx| {
                own.bell.0.register(cx.waker());
                own.poll()
            }));
            Self { outbox, turns }
        })
    }
}

impl Turns {
    /// Lets the server go on, if nobody else does so already; ready when it has ended.
    fn poll(&self) -> Poll<()> {
        let server = self.free().or_else(|| {
            self.missed.store(true, Ordering::SeqCst);
            // It may have become free just before that was to be seen.
            self.free()
        });
        server.map_or(Poll::Pending, |server| self.go_on(server))
    }

    /// The server, if nobody has it: a handler of its client may send from within.
    fn free(&self) -> Option<MutexGuard<'_, Option<BoxFuture<'static, io::Result<()>>>>> {
        match self.server.try_lock() {
            Ok(server) => Some(server),
            Err(TryLockError::Poisoned(server)) => Some(server.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn go_on(&self, mut server: MutexGuard<'_, Option<BoxFuture<'static, io::Result<()>>>>) -> Poll<()> {
        let Some(serving) = &mut *server else { return Poll::Ready(()) };
        let ended = serving.as_mut().poll(&mut Context::from_waker(&self.waker));
        if ended.is_ready() {
            *server = None;
        }
        drop(server);
        if let Poll::Ready(ended) = ended {
            self.outbox.close();
            let why = ended.map_or_else(
                |error| format!("the server is gone: {error}"),
                |()| "the server has ended".into(),
            );
            self.inbox.close(&why);
            self.bell.0.wake();
            return Poll::Ready(());
        }
        if self.missed.swap(false, Ordering::SeqCst) {
            self.bell.0.wake();
        }
        Poll::Pending
    }
}

impl Link for Memory {
    fn send(&self, message: Outgoing) -> BoxFuture<'_, Result> {
        let mut text = message.text.into_bytes();
        text.push(b'\n');
        Box::pin(poll_fn(move |cx| {
            let server = self.turns.free();
            let carrier = ready!(self.outbox.poll_put(&mut text, cx))?;
            match (server, carrier) {
                // It is told here and now.
                (Some(server), _) => drop(self.turns.go_on(server)),
                (None, Some(carrier)) => carrier.wake(),
                (None, None) => {}
            }
            Poll::Ready(Ok(()))
        }))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.outbox.close();
        Box::pin(async {})
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // As at the end of any input, what was begun is still finished.
        self.outbox.close();
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
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
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
