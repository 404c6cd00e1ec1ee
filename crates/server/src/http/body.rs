//! Bodies: reading a request's within its limits, and what an answer's is made of.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::activity::Active;

/// What HTTP/2 is given at once of an answer, at most: as long as there is more, it is known whether the client reads.
const PIECE: usize = 16 * 1024;

/// What an answer says: nothing, all at once, or piece by piece.
pub struct Body {
    kind: Kind,
    /// What is left of a piece that was too long.
    rest: Bytes,
    /// Its request counts as active until it is written.
    active: Option<Active>,
}

enum Kind {
    Whole(Bytes),
    Stream(Pin<Box<dyn Pieces>>),
}

/// A body that is written piece by piece.
pub(super) trait Pieces: Send {
    /// The next piece, or none when all is said.
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>>;

    /// Whether all is said, so that the last piece and the end travel together.
    fn is_over(&self) -> bool;
}

impl Body {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self { kind: Kind::Whole(bytes.into()), rest: Bytes::new(), active: None }
    }

    pub(super) fn stream(pieces: impl Pieces + 'static) -> Self {
        Self { kind: Kind::Stream(Box::pin(pieces)), rest: Bytes::new(), active: None }
    }

    /// Keeps its request active for as long as it is not written.
    pub(super) fn keep(&mut self, mut active: Active) {
        if let Kind::Whole(bytes) = &self.kind {
            active.keeps(bytes.len());
        }
        self.active = Some(active);
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Whole(_) => "Body",
            Kind::Stream(_) => "Body stream",
        })
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if let Some(active) = &mut this.active {
            active.asked_on();
        }
        let mut piece = match &mut this.kind {
            _ if !this.rest.is_empty() => Some(std::mem::take(&mut this.rest)),
            Kind::Whole(bytes) if bytes.is_empty() => None,
            Kind::Whole(bytes) => Some(std::mem::take(bytes)),
            Kind::Stream(pieces) => ready!(pieces.as_mut().poll_next(cx)),
        };
        if let Some(active) = &mut this.active {
            if let Some(piece) = &mut piece {
                active.gave();
                if active.is_shared() && piece.len() > PIECE {
                    this.rest = piece.split_off(PIECE);
                }
            }
            active.keeps(this.rest.len());
        }
        Poll::Ready(piece.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
            && match &self.kind {
                Kind::Whole(bytes) => bytes.is_empty(),
                Kind::Stream(pieces) => pieces.is_over(),
            }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole(bytes) => SizeHint::with_exact((self.rest.len() + bytes.len()) as u64),
            Kind::Stream(_) => SizeHint::default(),
        }
    }
}

/// Reads a whole body of at most so many bytes within so much time.
pub(super) async fn read<B>(mut body: Pin<&mut B>, most: usize, time: Duration) -> Result<Bytes, StatusCode>
where
    B: HttpBody<Data = Bytes>,
{
    if body.size_hint().lower() > most as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let mut read = Bytes::new();
    let mut more: Vec<u8> = Vec::new();
    // Most bodies are there at once, and need no timer.
    let mut deadline: Option<Pin<Box<tokio::time::Sleep>>> = None;
    loop {
        let frame = poll_fn(|cx| match body.as_mut().poll_frame(cx) {
            Poll::Ready(frame) => Poll::Ready(Ok(frame)),
            Poll::Pending => {
                let deadline = deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(time)));
                deadline.as_mut().poll(cx).map(|()| Err(StatusCode::REQUEST_TIMEOUT))
            }
        })
        .await?;
        let data = match frame {
            None => break,
            Some(Err(_)) => return Err(StatusCode::BAD_REQUEST),
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
        };
        if read.len() + more.len() + data.len() > most {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        if read.is_empty() && more.is_empty() {
            read = data;
        } else {
            if more.is_empty() {
                more.extend_from_slice(&std::mem::take(&mut read));
            }
            more.extend_from_slice(&data);
        }
        if body.is_end_stream() {
            break;
        }
    }
    Ok(if more.is_empty() { read } else { more.into() })
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    /// A body of which nothing more comes.
    struct Endless(Option<Bytes>);

    impl HttpBody for Endless {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            self.0.take().map_or(Poll::Pending, |bytes| Poll::Ready(Some(Ok(Frame::data(bytes)))))
        }
    }

    /// security.md H4: the clock stands still as long as anything can go on.
    #[tokio::test(start_paused = true)]
    async fn a_body_has_its_time() {
        let time = Duration::from_secs(30);
        for first in [None, Some(Bytes::from_static(b"{"))] {
            let began = tokio::time::Instant::now();
            assert_eq!(read(pin!(Endless(first)), 10, time).await, Err(StatusCode::REQUEST_TIMEOUT));
            assert_eq!(began.elapsed(), time);
        }
    }
}
