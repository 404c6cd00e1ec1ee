//! HTTP+SSE as of 2024-11-05: one stream carries all that the server says, each message of the client is a POST.
//!
//! <https://modelcontextprotocol.io/specification/2024-11-05/basic/transports>
//!
//! To the conversation it is a pipe: it lives as long as its stream, and goes on only as fast as that is read.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use tokio::io::{AsyncRead, AsyncWriteExt, DuplexStream, ReadBuf, duplex};

use super::body::{Body, Pieces};
use super::event;
use super::load::Permit;
use super::reply::{self, Reply};
use super::session::{Principal, random_id};
use super::stream::{Ending, Pulse};
use crate::connection;
use crate::service::Service;

/// Where a client opens its stream.
pub(super) const STREAM: &str = "/sse";
/// Where it posts its messages.
pub(super) const MESSAGES: &str = "/messages";

/// How many bytes are on their way in each direction.
const ROOM: usize = 64 * 1024;

/// All open pipes, by the id that their messages name.
#[derive(Debug, Clone, Default)]
pub(super) struct Pipes(Arc<Mutex<HashMap<Box<str>, Pipe>>>);

#[derive(Debug, Clone)]
struct Pipe {
    principal: Option<Principal>,
    input: Arc<tokio::sync::Mutex<DuplexStream>>,
}

impl Pipes {
    /// Opens a stream; its first event says where messages are to be posted.
    pub(super) fn open(
        &self,
        service: &Service,
        principal: Option<Principal>,
        ending: Ending,
        permit: Permit,
    ) -> Response<Body> {
        let Some(id) = random_id() else { return reply::busy("no session can be made") };
        let (input, reader) = duplex(ROOM);
        let (writer, output) = duplex(ROOM);
        let pipe = Pipe { principal, input: Arc::new(tokio::sync::Mutex::new(input)) };
        self.lock().insert(id.clone(), pipe);
        let served = service.clone();
        reply::stream(PipeStream {
            first: Some(format!("event: endpoint\ndata: {MESSAGES}?sessionId={id}\n\n").into()),
            served: Some(Box::pin(async move { connection::serve(&served, reader, writer, ending).await })),
            output,
            lines: Vec::new(),
            has_line: false,
            pulse: Pulse::new(service.limits().keep_alive),
            over: false,
            entry: Entry { pipes: self.clone(), id },
            _permit: permit,
        })
    }

    /// Takes one message, as soon as the conversation has room for it.
    pub(super) fn take(
        &self,
        id: &str,
        principal: Option<&Principal>,
        message: &[u8],
        time: Duration,
        permit: Permit,
    ) -> Reply {
        let pipe = self.lock().get(id).filter(|pipe| pipe.principal.as_ref() == principal).cloned();
        let Some(pipe) = pipe else {
            let why = "there is no such session: open a stream";
            return Reply::now(reply::turn_away(StatusCode::NOT_FOUND, why));
        };
        // On a pipe a message is a line; within JSON's strings there are no line ends.
        let mut line: Vec<u8> =
            message.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect();
        line.push(b'\n');
        let entry = Entry { pipes: self.clone(), id: id.into() };
        Reply::Later(Box::pin(pipe.write(line, time, entry, permit)))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Pipe>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pipe {
    /// On a task: a client that goes away must not leave half a line.
    async fn write(self, line: Vec<u8>, time: Duration, entry: Entry, permit: Permit) -> Response<Body> {
        let written = tokio::spawn(async move {
            let written = async { self.input.lock().await.write_all(&line).await };
            let written = tokio::time::timeout(time, written).await;
            drop(permit);
            match written {
                Ok(Ok(())) => {
                    entry.keep();
                    reply::empty(StatusCode::ACCEPTED)
                }
                Ok(Err(_)) => reply::turn_away(StatusCode::NOT_FOUND, "this session has ended"),
                // Half a line may be in it: what follows would be taken for its rest.
                Err(_) => {
                    let why = "this session's stream is not read: it has ended";
                    reply::turn_away(StatusCode::CONFLICT, why)
                }
            }
        });
        written.await.unwrap_or_else(|_| reply::empty(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

/// A pipe's place in the table, given up with its stream, or when it breaks.
struct Entry {
    pipes: Pipes,
    id: Box<str>,
}

impl Entry {
    /// The pipe goes on.
    fn keep(mut self) {
        self.id = Box::default();
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.pipes.lock().remove(&self.id);
    }
}

/// All that the server says: it also drives the conversation.
struct PipeStream {
    first: Option<Bytes>,
    /// The conversation, until it has ended.
    served: Option<Pin<Box<dyn Future<Output = io::Result<()>> + Send>>>,
    output: DuplexStream,
    /// What was said, up to a line that is not whole yet.
    lines: Vec<u8>,
    has_line: bool,
    pulse: Pulse,
    over: bool,
    #[expect(dead_code, reason = "what it does is done when it is dropped")]
    entry: Entry,
    _permit: Permit,
}

impl PipeStream {
    /// Reads what there is to say: a message, however long, or as many as are there and few bytes.
    fn read(&mut self, cx: &mut Context<'_>) {
        let mut room = [0; 8192];
        while self.lines.len() < ROOM || !self.has_line {
            let mut room = ReadBuf::new(&mut room);
            let Poll::Ready(Ok(())) = Pin::new(&mut self.output).poll_read(cx, &mut room) else { return };
            if room.filled().is_empty() {
                self.over = true;
                return;
            }
            self.has_line |= room.filled().contains(&b'\n');
            self.lines.extend_from_slice(room.filled());
        }
    }

    /// The whole lines as events.
    fn events(&mut self) -> Option<Bytes> {
        let end = self.lines.iter().rposition(|byte| *byte == b'\n')? + 1;
        let mut events = Vec::with_capacity(end + 64);
        event::write_all(&self.lines[..end], &mut events);
        self.lines.drain(..end);
        self.has_line = false;
        Some(events.into())
    }
}

impl Pieces for PipeStream {
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let this = self.get_mut();
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(first));
        }
        if this.over {
            return Poll::Ready(None);
        }
        // At its end it lets go of its side of the output, and reading that says so.
        if this.served.as_mut().is_some_and(|served| served.as_mut().poll(cx).is_ready()) {
            this.served = None;
        }
        this.read(cx);
        match this.events() {
            Some(events) => {
                this.pulse.reset();
                Poll::Ready(Some(events))
            }
            None if this.over => Poll::Ready(None),
            None => this.pulse.poll(cx).map(Some),
        }
    }

    fn is_over(&self) -> bool {
        false
    }
}
