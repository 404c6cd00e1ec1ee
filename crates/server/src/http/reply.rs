//! Answers: JSON at once where that is enough, a stream from the first notification on.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use tokio::time::Sleep;
use toolwright_core::error::Error;
use toolwright_types::jsonrpc::{ErrorObject, code};

use super::accepts::Accepts;
use super::body::{Body, Pieces};
use super::event;
use super::exchange::Exchange;
use super::load::Permit;
use super::replay::RETRY;
use super::session::HttpSession;
use super::stream::{CallStream, LogStream};
use crate::envelope;
use crate::service::Service;

/// An answer, or what has to be waited for; small, as it is handed on many times.
pub(super) enum Reply {
    Json(Vec<u8>),
    Now(Box<Response<Body>>),
    Later(Pin<Box<dyn Future<Output = Response<Body>> + Send>>),
}

impl Reply {
    pub(super) fn now(response: Response<Body>) -> Self {
        Self::Now(Box::new(response))
    }

    pub(super) async fn response(self) -> Response<Body> {
        match self {
            Self::Json(text) => json(StatusCode::OK, text),
            Self::Now(response) => *response,
            Self::Later(waiting) => waiting.await,
        }
    }
}

pub(super) fn json(status: StatusCode, text: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::whole(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An answer that is there at once, and nothing was said before it.
pub(super) fn at_once(accepts: Accepts, text: Vec<u8>) -> Reply {
    if accepts.json {
        return Reply::Json(text);
    }
    let mut out = Vec::with_capacity(text.len() + 32);
    event::write(&text, None, &mut out);
    Reply::now(events(Body::whole(out)))
}

pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::whole(Bytes::new()));
    *response.status_mut() = status;
    response
}

/// A protocol error with its status; the id is left out when it is not known.
pub(super) fn refuse(status: StatusCode, id: Option<&str>, error: &ErrorObject) -> Response<Body> {
    let mut out = Vec::with_capacity(256);
    envelope::error(&mut out, id, error);
    json(status, out)
}

/// The status that goes with a code (protocol.md 1.8).
pub(super) fn status(code: i32) -> StatusCode {
    match code {
        code::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
        code::HEADER_MISMATCH | code::MISSING_CLIENT_CAPABILITY | code::UNSUPPORTED_VERSION => {
            StatusCode::BAD_REQUEST
        }
        _ => StatusCode::OK,
    }
}

/// A request that is not even looked at.
pub(super) fn turn_away(status: StatusCode, why: &'static str) -> Response<Body> {
    refuse(status, None, &ErrorObject::new(code::INVALID_REQUEST, why))
}

/// There is too much to do: come again.
pub(super) fn busy(why: &'static str) -> Response<Body> {
    let mut response = turn_away(StatusCode::SERVICE_UNAVAILABLE, why);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// Sessions that are shared are out of reach: it is no use to go on without.
pub(super) fn unshared(error: &Error) -> Response<Body> {
    tracing::warn!("sessions cannot be shared: {error}");
    busy("the sessions are out of reach")
}

pub(super) fn stream(pieces: impl Pieces + 'static) -> Response<Body> {
    events(Body::stream(pieces))
}

/// Events that are all there already.
pub(super) fn events(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Rule H6: nginx would hold events back.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// How the calls of a POST are answered.
pub(super) enum Manner {
    /// Dropping the answer cancels them (rule H7).
    Modern,
    /// They go on whoever listens (rule G9); in a session the rest can be come back for.
    Legacy(Option<Arc<HttpSession>>),
}

/// A POST whose calls wait: it becomes a stream when there is something to say before the answer, or to show that
/// it is alive.
pub(super) struct Waiting {
    service: Service,
    /// None once it was handed on.
    exchange: Option<(Exchange, Permit)>,
    accepts: Accepts,
    manner: Manner,
    /// Made at the first wait: most calls end before.
    patience: Option<Pin<Box<Sleep>>>,
}

impl Waiting {
    pub(super) fn new(
        service: &Service,
        exchange: Exchange,
        accepts: Accepts,
        manner: Manner,
        permit: Permit,
    ) -> Self {
        Self { service: service.clone(), exchange: Some((exchange, permit)), accepts, manner, patience: None }
    }

    fn stream(&mut self) -> Response<Body> {
        let Some((exchange, permit)) = self.exchange.take() else { return empty(StatusCode::OK) };
        let manner = std::mem::replace(&mut self.manner, Manner::Modern);
        let limits = self.service.limits();
        match manner {
            Manner::Legacy(Some(session)) => {
                let log = session.open_stream(limits);
                let mut first = Vec::new();
                if session.client.dialect.primes_streams {
                    event::prime(log.number, RETRY, &mut first);
                }
                let first = (!first.is_empty()).then(|| first.into());
                let running = exchange.finish(Some(Arc::clone(&log)));
                tokio::spawn(async move {
                    running.await;
                    drop(permit);
                });
                stream(LogStream::new(log, 0, first, limits, None))
            }
            _ => stream(CallStream::new(exchange, limits.keep_alive, permit)),
        }
    }
}

impl Future for Waiting {
    type Output = Response<Body>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response<Body>> {
        let this = self.get_mut();
        let Some((exchange, _)) = &mut this.exchange else { return Poll::Pending };
        let over = exchange.poll(cx).is_ready();
        if over && this.accepts.json && !(this.accepts.stream && exchange.needs_stream()) {
            let status = match (&this.manner, exchange.code()) {
                (Manner::Modern, Some(code)) => status(code),
                _ => StatusCode::OK,
            };
            let answer = exchange.json();
            this.exchange = None;
            // A call that was cancelled has no answer, yet the request must have an end.
            return Poll::Ready(match answer {
                Some(text) => json(status, text),
                None => events(Body::whole(Bytes::new())),
            });
        }
        let keep_alive = this.service.limits().keep_alive;
        let patience = &mut this.patience;
        let mut is_silent = || {
            let patience = patience.get_or_insert_with(|| Box::pin(tokio::time::sleep(keep_alive)));
            patience.as_mut().poll(cx).is_ready()
        };
        let wanted = over || exchange.needs_stream() || is_silent();
        if this.accepts.stream && wanted { Poll::Ready(this.stream()) } else { Poll::Pending }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some((exchange, permit)) = self.exchange.take() else { return };
        if let (Manner::Legacy(..), Ok(runtime)) = (&self.manner, tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                exchange.finish(None).await;
                drop(permit);
            });
        }
    }
}
