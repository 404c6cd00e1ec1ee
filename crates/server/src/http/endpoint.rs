//! The endpoint: guard first, then the route, then the message.

use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body::Body as HttpBody;
use toolwright_types::dialect::Dialect;
use toolwright_types::jsonrpc::{self, ErrorObject, Incoming, code};
use toolwright_types::version::ProtocolVersion;

use super::accepts::Accepts;
use super::activity::Active;
use super::body::{self, Body};
use super::cors;
use super::guard::Refused;
use super::headers::{PROTOCOL_VERSION, SESSION_ID};
use super::joining::Joining;
use super::legacy::{answered, notified};
use super::load::Permit;
use super::modern::Post;
use super::options::{Http, Legacy};
use super::page;
use super::reply::{self, Reply};
use super::shared::{Shared, not_allowed};
#[cfg(feature = "sse")]
use super::sse;
use crate::era::{missing_meta, unsupported_version};
use crate::service::Service;

/// A server as a [`tower_service::Service`], to be mounted in an application of your own.
///
/// Host and origin are checked here too: by default only requests to loopback names are answered. Cheap to clone.
///
/// ```
/// use toolwright::prelude::*;
/// use toolwright::Http;
///
/// # fn main() -> toolwright::Result {
/// let mcp = Server::new("mounted").build()?.endpoint(&Http::default().allow_host("api.example.com"));
/// # let _ = mcp;
/// // axum::Router::new().route_service("/mcp", mcp)
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Endpoint(pub(super) Arc<Shared>);

impl Service {
    /// The endpoint alone, to be mounted in an application of your own; its address and path are the application's.
    pub fn endpoint(&self, options: &Http) -> Endpoint {
        Endpoint::new(self, options, None)
    }
}

impl Endpoint {
    pub(super) fn new(service: &Service, options: &Http, path: Option<String>) -> Self {
        Self(Shared::new(service, options, path))
    }

    /// Ends all open streams: clients that listen are told so, and a graceful shutdown need not wait for them.
    pub fn end_streams(&self) {
        self.0.end_streams();
    }

    /// Answers one request.
    pub fn answer<B>(&self, request: Request<B>) -> impl Future<Output = Response<Body>> + use<B>
    where
        B: HttpBody<Data = Bytes>,
    {
        self.respond(request, None).map(|Ok(response)| response)
    }

    /// Answers a request; a connection of ours counts it as active until its answer is written.
    pub(super) fn respond<B>(
        &self,
        request: Request<B>,
        active: Option<Active>,
    ) -> impl Future<Output = Result<Response<Body>, Infallible>> + use<B>
    where
        B: HttpBody<Data = Bytes>,
    {
        let shared = Arc::clone(&self.0);
        // Taken apart before: what a future is given and what it makes of that both have a place in it.
        let (parts, body) = request.into_parts();
        async move {
            if let Some(active) = &active {
                active.room(shared.service.limits().buffered).await;
            }
            let (origin, reply) = match shared.guard.check(&parts) {
                Err(refused) => (None, Reply::now(refuse(refused))),
                Ok(origin) => (origin.cloned(), shared.reply(&parts, pin!(body)).await),
            };
            // A call may take long, and needs neither.
            drop(parts);
            let mut response = reply.response().await;
            if let Some(origin) = origin {
                cors::allow(response.headers_mut(), origin);
            }
            if let Some(active) = active {
                response.body_mut().keep(active);
            }
            Ok(response)
        }
    }
}

impl<B> tower_service::Service<Request<B>> for Endpoint
where
    B: HttpBody<Data = Bytes> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(self.respond(request, None))
    }
}

/// What becomes of a request by its head alone.
enum Route {
    Answer(Reply),
    /// Its message is to be read first.
    Read(To),
}

/// Whom a message is for.
enum To {
    Endpoint(Accepts),
    #[cfg(feature = "sse")]
    Pipe,
}

impl Route {
    fn answer(response: Response<Body>) -> Self {
        Self::Answer(Reply::now(response))
    }
}

impl Shared {
    async fn reply<B>(&self, parts: &Parts, body: Pin<&mut B>) -> Reply
    where
        B: HttpBody<Data = Bytes>,
    {
        match self.route(parts).await {
            Route::Answer(reply) => reply,
            Route::Read(to) => match self.read(parts, body).await {
                Ok((message, permit)) => self.take(to, &message, parts, permit),
                Err(response) => Reply::Now(response),
            },
        }
    }

    async fn route(&self, parts: &Parts) -> Route {
        // Who shares no sessions waits for nothing here.
        if let Some(joining) = self.sessions.join(parts)
            && let Err(response) = self.joined(joining).await
        {
            return Route::Answer(Reply::Now(response));
        }
        if parts.headers.len() > self.service.limits().header_lines {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return Route::answer(reply::turn_away(status, "too many headers"));
        }
        let is_endpoint = self.path.as_deref().is_none_or(|path| path == parts.uri.path());
        if is_endpoint && parts.method == Method::POST {
            let accepts = Accepts::of(&parts.headers);
            if accepts.json || accepts.stream {
                return Route::Read(To::Endpoint(accepts));
            }
            let why = "accept `application/json, text/event-stream`";
            return Route::answer(reply::turn_away(StatusCode::NOT_ACCEPTABLE, why));
        }
        #[cfg(feature = "sse")]
        if self.pipes.is_some() && parts.method == Method::POST && parts.uri.path() == sse::MESSAGES {
            return Route::Read(To::Pipe);
        }
        Route::Answer(match parts.method {
            Method::DELETE if is_endpoint => self.end_session(parts),
            Method::GET
                if is_endpoint && !takes_page(&parts.headers) && Accepts::of(&parts.headers).stream =>
            {
                self.legacy_stream(parts)
            }
            _ => Reply::now(self.answer_at_once(parts, is_endpoint)),
        })
    }

    /// The session of a request may have begun at another instance: it is looked for there.
    async fn joined(&self, joining: Joining) -> Result<(), Box<Response<Body>>> {
        let Some(_permit) = self.requests.admit() else {
            return Err(Box::new(reply::busy("too many requests at once")));
        };
        joining.await.map_err(|error| Box::new(reply::unshared(&error)))
    }

    /// Answers what has no message.
    fn answer_at_once(&self, parts: &Parts, is_endpoint: bool) -> Response<Body> {
        match (&parts.method, parts.uri.path()) {
            (&Method::OPTIONS, _) => cors::preflight(parts),
            #[cfg(feature = "sse")]
            (&Method::GET, sse::STREAM) if self.pipes.is_some() => self.open_pipe(parts),
            // Browsers take anything, so they are known by what they would rather have.
            (&Method::GET, _) if is_endpoint && takes_page(&parts.headers) => page::answer(self, parts),
            (&Method::GET, _) if is_endpoint && self.legacy == Legacy::Sessions => {
                reply::turn_away(StatusCode::NOT_ACCEPTABLE, "a stream is `text/event-stream`")
            }
            (&Method::GET | &Method::HEAD, "/") if self.path.is_some() => page::answer(self, parts),
            (&Method::GET | &Method::HEAD, "/healthz") if self.path.is_some() => {
                page::text(StatusCode::OK, "ok\n")
            }
            (&Method::GET | &Method::HEAD, "/readyz") if self.path.is_some() => self.ready(),
            _ if is_endpoint => not_allowed(),
            _ => reply::empty(StatusCode::NOT_FOUND),
        }
    }

    fn ready(&self) -> Response<Body> {
        if self.is_ending() {
            return page::text(StatusCode::SERVICE_UNAVAILABLE, "ending\n");
        }
        if self.service.peers().engine.as_ref().is_some_and(|engine| !engine.is_ready()) {
            return page::text(StatusCode::SERVICE_UNAVAILABLE, "waiting for what all instances share\n");
        }
        page::text(StatusCode::OK, "ready\n")
    }

    /// The message that is posted, within its limits.
    async fn read<B>(&self, parts: &Parts, body: Pin<&mut B>) -> Result<(Bytes, Permit), Box<Response<Body>>>
    where
        B: HttpBody<Data = Bytes>,
    {
        let refused = |status, why| Err(Box::new(reply::turn_away(status, why)));
        if !is_json(&parts.headers) {
            let why = "the content type must be `application/json`";
            return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, why);
        }
        let Some(permit) = self.requests.admit() else {
            return Err(Box::new(reply::busy("too many requests at once")));
        };
        let limits = self.service.limits();
        let text = match body::read(body, limits.body, limits.body_time).await {
            Ok(text) => text,
            Err(status) => return refused(status, status.canonical_reason().unwrap_or_default()),
        };
        if jsonrpc::is_deeper(&text, limits.depth) {
            return refused(StatusCode::BAD_REQUEST, "the message nests too deep");
        }
        Ok((text, permit))
    }

    fn take(&self, to: To, message: &[u8], parts: &Parts, permit: Permit) -> Reply {
        match to {
            To::Endpoint(accepts) => self.message(message, parts, accepts, permit),
            #[cfg(feature = "sse")]
            To::Pipe => self.take_for_pipe(message, parts, permit),
        }
    }

    fn message(&self, text: &[u8], parts: &Parts, accepts: Accepts, permit: Permit) -> Reply {
        let bad = |id: Option<&str>, error: &ErrorObject| {
            Reply::now(reply::refuse(StatusCode::BAD_REQUEST, id, error))
        };
        if text.trim_ascii_start().first() == Some(&b'[') {
            return self.batch(text, parts, accepts, permit);
        }
        let accepted = || Reply::now(reply::empty(StatusCode::ACCEPTED));
        match jsonrpc::read(text) {
            Ok(Incoming::Request { id, method, params }) => {
                let post = Post { parts, accepts, id, method: &method, params: &params };
                self.request(&post, permit)
            }
            Ok(Incoming::Notification { method, params }) => {
                // Headers of notifications are not defined (protocol.md 1.10): without a session they mean nothing.
                if !parts.headers.contains_key(&SESSION_ID) {
                    return accepted();
                }
                match self.client(parts, None) {
                    Ok(client) => {
                        let mut errands = Vec::new();
                        notified(&client, text, &method, &params, &mut errands);
                        self.run(&client, errands, accepted())
                    }
                    Err(response) => Reply::Now(response),
                }
            }
            Ok(Incoming::Response { id, outcome }) => match self.client(parts, None) {
                Ok(client) => {
                    let mut errands = Vec::new();
                    answered(&client, text, id, outcome, &mut errands);
                    self.run(&client, errands, accepted())
                }
                Err(response) => Reply::Now(response),
            },
            Ok(Incoming::Void) => {
                bad(None, &ErrorObject::new(code::INVALID_REQUEST, "not a message of JSON-RPC"))
            }
            Err(malformed) => bad(malformed.id.as_deref(), &malformed.error),
        }
    }

    /// Which era a request belongs to (protocol.md 1.7).
    fn request(&self, post: &Post<'_>, permit: Permit) -> Reply {
        let id = Some(post.id.as_json());
        if post.params.meta.is_self_contained() {
            return self.modern(post, permit);
        }
        if post.method == "initialize" && self.legacy != Legacy::Off {
            return self.initialize(post);
        }
        if self.legacy == Legacy::Off {
            let version = post.parts.headers.get(PROTOCOL_VERSION).and_then(|version| version.to_str().ok());
            let is_modern = version.is_some_and(|version| Dialect::stateless(version).is_some());
            let error = if is_modern {
                missing_meta()
            } else {
                unsupported_version(version.unwrap_or(ProtocolVersion::LATEST_LEGACY.as_str()))
            };
            return Reply::now(reply::refuse(StatusCode::BAD_REQUEST, id, &error));
        }
        match self.client(post.parts, id) {
            Ok(client) => self.legacy(post, &client, permit),
            Err(response) => Reply::Now(response),
        }
    }
}

#[cfg(feature = "sse")]
impl Shared {
    fn open_pipe(&self, parts: &Parts) -> Response<Body> {
        let Some(pipes) = &self.pipes else { return reply::empty(StatusCode::NOT_FOUND) };
        if !Accepts::of(&parts.headers).stream {
            return reply::turn_away(StatusCode::NOT_ACCEPTABLE, "a stream is `text/event-stream`");
        }
        let Some(permit) = self.streams.admit() else { return reply::busy("too many streams") };
        pipes.open(&self.service, parts.extensions.get().cloned(), self.ending(), permit)
    }

    fn take_for_pipe(&self, message: &[u8], parts: &Parts, permit: Permit) -> Reply {
        let Some(pipes) = &self.pipes else { return Reply::now(reply::empty(StatusCode::NOT_FOUND)) };
        let query = parts.uri.query().unwrap_or_default();
        let id = query.split('&').find_map(|pair| pair.strip_prefix("sessionId=")).unwrap_or_default();
        let time = self.service.limits().body_time;
        pipes.take(id, parts.extensions.get(), message, time, permit)
    }
}

/// Whoever asks this way was not heard: the answer is none of the protocol's.
fn refuse(refused: Refused) -> Response<Body> {
    match refused {
        Refused::NoHost => page::text(StatusCode::BAD_REQUEST, "a request names one host\n"),
        Refused::Host => page::text(StatusCode::FORBIDDEN, "this host is not allowed here\n"),
        Refused::Origin => page::text(StatusCode::FORBIDDEN, "this origin is not allowed here\n"),
    }
}

/// A form or plain text could be posted by any page without asking (security.md H1).
fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let value = value.as_bytes();
    if value == b"application/json" {
        return true;
    }
    let end = value.iter().position(|byte| *byte == b';').unwrap_or(value.len());
    value[..end].trim_ascii().eq_ignore_ascii_case(b"application/json")
}

/// Whether a person asks, with a browser.
fn takes_page(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.any(|value| value.contains("text/html"))
}
