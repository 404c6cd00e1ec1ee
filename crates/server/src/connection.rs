//! One connection over any pair of byte streams: reads lines, answers them in batches, never gets ahead of its peer.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;
use toolwright_types::jsonrpc::{ErrorObject, code};

use crate::conversation::{Conversation, Taken};
use crate::envelope;
use crate::lines::{Lines, Next};
use crate::service::Service;

/// From so many bytes on, answers are written before more is read.
const FLUSH: usize = 64 * 1024;

/// Serves one peer until it ends its input or `stop` is ready, then lets the calls in flight finish.
///
/// # Errors
///
/// When reading or writing fails; a peer that is gone is no error.
pub(crate) async fn serve(
    service: &Service,
    reader: impl AsyncRead,
    writer: impl AsyncWrite,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let (reader, writer, stop) = (pin!(reader), pin!(writer), pin!(stop));
    let mut connection = Connection {
        lines: Lines::new(service.limits().line),
        conversation: Conversation::new(service.clone()),
        waiting: VecDeque::new(),
        waiting_bytes: 0,
        out: Vec::new(),
        written: 0,
        reading: true,
        deadline: None,
        reader,
        writer,
        stop,
        service,
    };
    let result = poll_fn(|cx| connection.poll(cx)).await;
    connection.conversation.calls.cancel_all();
    match result {
        Err(error) if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => Ok(()),
        result => result,
    }
}

struct Connection<'a, R, W, S> {
    service: &'a Service,
    reader: Pin<&'a mut R>,
    writer: Pin<&'a mut W>,
    stop: Pin<&'a mut S>,
    lines: Lines,
    conversation: Conversation,
    /// Requests beyond those that may run at once.
    waiting: VecDeque<Box<[u8]>>,
    waiting_bytes: usize,
    out: Vec<u8>,
    written: usize,
    reading: bool,
    /// Set when no more is read: calls in flight may run until then.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<R: AsyncRead, W: AsyncWrite, S: Future<Output = ()>> Connection<'_, R, W, S> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.reading && self.stop.as_mut().poll(cx).is_ready() {
                self.end_reading();
            }
            self.conversation.outbox.wake(cx.waker());
            self.conversation.tell_changes(&mut self.out);
            let mut moved = self.finish_calls(cx);
            moved |= self.take_lines(cx);
            if let Poll::Ready(result) = self.flush(cx) {
                moved |= result?;
            }
            moved |= self.read(cx)?;
            if self.is_done(cx) {
                return Poll::Ready(Ok(()));
            }
            if !moved {
                return Poll::Pending;
            }
        }
    }

    /// Whether the peer does not take its answers: then nothing new is begun.
    fn is_full(&self) -> bool {
        self.out.len() - self.written >= self.service.limits().buffered
    }

    fn finish_calls(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        while !self.is_full() && self.conversation.poll_calls(cx, &mut self.out) {
            moved = true;
        }
        if self.conversation.outbox.is_filled() {
            let end = self.out.len();
            self.conversation.outbox.drain_into(&mut self.out, end);
            moved = true;
        }
        moved
    }

    /// Takes messages until there is none, or enough has been answered to be written.
    fn take_lines(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        while self.out.len() - self.written < FLUSH
            && let Some(line) = self.waiting.pop_front()
        {
            if self.conversation.receive(&line, cx, &mut self.out) == Taken::Busy {
                self.waiting.push_front(line);
                break;
            }
            self.waiting_bytes -= line.len();
            moved = true;
        }
        while self.out.len() - self.written < FLUSH && self.has_room() {
            match self.lines.next() {
                Next::Partial => break,
                Next::TooLong => self.refuse_long_line(),
                Next::Line(range) => self.take(range, cx),
            }
            moved = true;
        }
        moved
    }

    fn take(&mut self, range: std::ops::Range<usize>, cx: &mut Context<'_>) {
        let line = self.lines.text(range);
        if self.conversation.receive(line, cx, &mut self.out) == Taken::Busy {
            self.waiting_bytes += line.len();
            self.waiting.push_back(line.into());
        }
    }

    fn has_room(&self) -> bool {
        let limits = self.service.limits();
        self.waiting.len() < limits.waiting && self.waiting_bytes < limits.buffered
    }

    fn refuse_long_line(&mut self) {
        let error = ErrorObject::new(
            code::INVALID_REQUEST,
            format!("a message has at most {} bytes", self.service.limits().line),
        );
        envelope::error(&mut self.out, None, &error);
        self.out.push(b'\n');
    }

    fn read(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        if !self.reading || self.out.len() - self.written >= FLUSH || !self.has_room() {
            return Ok(false);
        }
        let mut room = ReadBuf::new(self.lines.room());
        match self.reader.as_mut().poll_read(cx, &mut room) {
            Poll::Pending => Ok(false),
            Poll::Ready(Err(error)) => Err(error),
            Poll::Ready(Ok(())) => {
                let count = room.filled().len();
                self.lines.filled(count);
                if count == 0 {
                    if let Some(rest) = self.lines.rest() {
                        self.take(rest, cx);
                    }
                    self.end_reading();
                }
                Ok(true)
            }
        }
    }

    /// Writes as much as the peer takes; true when something was written.
    fn flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut moved = false;
        while self.written < self.out.len() {
            let count = ready!(self.writer.as_mut().poll_write(cx, &self.out[self.written..]))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += count;
            moved = true;
        }
        self.out.clear();
        self.written = 0;
        // One huge answer should not be paid for until the end.
        self.out.shrink_to(2 * FLUSH);
        ready!(self.writer.as_mut().poll_flush(cx))?;
        Poll::Ready(Ok(moved))
    }

    fn end_reading(&mut self) {
        self.reading = false;
        self.conversation.end_subscriptions(&mut self.out);
        self.deadline = Some(Box::pin(tokio::time::sleep(self.service.limits().drain)));
    }

    /// Whether all that was asked is answered and written, or time is up.
    fn is_done(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(deadline) = &mut self.deadline else { return false };
        let quiet = self.conversation.calls.is_empty() && self.waiting.is_empty() && self.out.is_empty();
        quiet || deadline.as_mut().poll(cx).is_ready()
    }
}
