//! One connection over any pair of byte streams: reads lines, answers them in batches, never gets ahead of its peer.

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
use crate::waiting::Waiting;

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
        waiting: Waiting::default(),
        drained: true,
        out: Vec::new(),
        written: 0,
        dirty: false,
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
        Err(error) if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => {
            Ok(())
        }
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
    waiting: Waiting,
    /// No whole line is left of what was read: only then more is, and only then the rest is a last line.
    drained: bool,
    out: Vec<u8>,
    written: usize,
    /// Something was written and not yet flushed.
    dirty: bool,
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
            let mut moved = self.finish_calls(cx);
            moved |= self.take_lines(cx);
            if let Poll::Ready(result) = self.flush(cx) {
                moved |= result?;
            }
            moved |= self.read(cx)?;
            if self.finish(cx)? {
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

    /// Whether enough has been answered to be written first.
    fn is_ahead(&self) -> bool {
        self.out.len() - self.written >= FLUSH
    }

    fn finish_calls(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        while !self.is_full() && self.conversation.poll_calls(cx, &mut self.out) {
            moved = true;
        }
        // A peer that does not read is told later, and then only once of what changed often.
        if self.is_ahead() {
            return moved;
        }
        if self.conversation.outbox.is_filled() {
            let end = self.out.len();
            self.conversation.outbox.drain_into(&mut self.out, end);
            moved = true;
        }
        self.conversation.tell_changes(&mut self.out);
        moved
    }

    /// Takes messages until there is none, or enough has been answered to be written.
    fn take_lines(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        while !self.is_ahead()
            && let Some(waiting) = self.waiting.pop()
        {
            if self.conversation.receive(&waiting.line, false, cx, &mut self.out) == Taken::Busy {
                self.waiting.put_back(waiting);
                break;
            }
            moved = true;
        }
        while !self.is_ahead() && self.has_room() {
            match self.lines.next() {
                Next::Partial => {
                    self.drained = true;
                    break;
                }
                Next::TooLong => self.refuse_long_line(),
                Next::Line(range) => self.take(range, cx),
            }
            moved = true;
        }
        moved
    }

    fn take(&mut self, range: std::ops::Range<usize>, cx: &mut Context<'_>) {
        let line = self.lines.text(range);
        match self.conversation.receive(line, !self.waiting.is_empty(), cx, &mut self.out) {
            Taken::Yes => {}
            Taken::Busy => self.waiting.push(line),
            Taken::Cancelled(key) => self.waiting.cancel(&key),
        }
    }

    fn has_room(&self) -> bool {
        let limits = self.service.limits();
        self.waiting.len() < limits.waiting && self.waiting.bytes() < limits.buffered
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
        if !self.reading || !self.drained || self.is_ahead() || !self.has_room() {
            return Ok(false);
        }
        let mut room = ReadBuf::new(self.lines.room());
        match self.reader.as_mut().poll_read(cx, &mut room) {
            Poll::Pending => Ok(false),
            Poll::Ready(Err(error)) => Err(error),
            Poll::Ready(Ok(())) => {
                let count = room.filled().len();
                self.lines.filled(count);
                self.drained = false;
                if count == 0 {
                    match self.lines.rest() {
                        Next::Line(rest) => self.take(rest, cx),
                        Next::TooLong => self.refuse_long_line(),
                        Next::Partial => {}
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
            let Poll::Ready(count) = self.writer.as_mut().poll_write(cx, &self.out[self.written..])? else {
                self.forget_written();
                return Poll::Pending;
            };
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += count;
            self.dirty = true;
            moved = true;
        }
        self.out.clear();
        self.written = 0;
        // One huge answer should not be paid for until the end.
        self.out.shrink_to(2 * FLUSH);
        if self.dirty {
            ready!(self.writer.as_mut().poll_flush(cx))?;
            self.dirty = false;
        }
        Poll::Ready(Ok(moved))
    }

    /// A peer that is always a little behind must not make the buffer grow.
    fn forget_written(&mut self) {
        if self.written >= FLUSH {
            self.out.drain(..self.written);
            self.written = 0;
        }
    }

    fn end_reading(&mut self) {
        self.reading = false;
        self.deadline = Some(Box::pin(tokio::time::sleep(self.service.limits().drain)));
    }

    /// Ends the subscriptions when all else is answered and written, or time is up; true when nothing is left to do.
    fn finish(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        let Some(deadline) = &mut self.deadline else { return Ok(false) };
        let late = deadline.as_mut().poll(cx).is_ready();
        if !late && !self.is_quiet() {
            return Ok(false);
        }
        self.conversation.end_subscriptions(&mut self.out);
        if let Poll::Ready(written) = self.flush(cx) {
            written?;
        }
        Ok(late || self.is_quiet())
    }

    fn is_quiet(&self) -> bool {
        self.conversation.calls.is_empty()
            && self.waiting.is_empty()
            && self.drained
            && self.out.is_empty()
            && !self.dirty
    }
}
