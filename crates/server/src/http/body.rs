//! Bodies: reading a request's within its limits, and what an answer's is made of.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::watched::Active;

/// What an answer says: nothing, all at once, or piece by piece.
pub struct Body {
    kind: Kind,
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
        Self { kind: Kind::Whole(bytes.into()), active: None }
    }

    pub(super) fn stream(pieces: impl Pieces + 'static) -> Self {
        Self { kind: Kind::Stream(Box::pin(pieces)), active: None }
    }

    /// Keeps its request active for as long as it is not written.
    pub(super) fn keep(mut self, active: Active) -> Self {
        self.active = Some(active);
        self
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
        match &mut self.get_mut().kind {
            Kind::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Kind::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Kind::Stream(pieces) => {
                pieces.as_mut().poll_next(cx).map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole(bytes) => bytes.is_empty(),
            Kind::Stream(pieces) => pieces.is_over(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Stream(_) => SizeHint::default(),
        }
    }
}

/// Reads a whole body of at most so many bytes within so much time.
pub(super) async fn read<B>(body: B, most: usize, time: Duration) -> Result<Bytes, StatusCode>
where
    B: HttpBody<Data = Bytes>,
{
    let mut body = pin!(body);
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
