//! The endpoint: guard first, then the route, then the message.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ALLOW,
    CONTENT_TYPE, HeaderMap, HeaderValue, VARY,
};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body::Body as HttpBody;
use tokio::sync::watch;
use toolwright_types::dialect::Dialect;
use toolwright_types::jsonrpc::{self, ErrorObject, Incoming, code};
use toolwright_types::version::ProtocolVersion;

use super::body::{self, Body};
use super::guard::{Guard, Refused};
use super::headers::PROTOCOL_VERSION;
use super::legacy::notified;
use super::load::{Load, Permit};
use super::modern::Post;
use super::options::{Http, Legacy};
use super::page;
use super::reply::{self, Accepts, Reply};
use super::session::Sessions;
use super::stream::Ending;
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
pub struct Endpoint(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) service: Service,
    pub(super) legacy: Legacy,
    pub(super) sessions: Sessions,
    pub(super) streams: Load,
    requests: Load,
    guard: Guard,
    /// The endpoint's path where it is not alone; mounted elsewhere, every path is the endpoint's.
    path: Option<String>,
    ending: watch::Sender<bool>,
}

impl Service {
    /// The endpoint alone, to be mounted in an application of your own; its address and path are the application's.
    pub fn endpoint(&self, options: &Http) -> Endpoint {
        Endpoint::new(self, options, None)
    }
}

impl Endpoint {
    pub(super) fn new(service: &Service, options: &Http, path: Option<String>) -> Self {
        let limits = service.limits();
        Self(Arc::new(Inner {
            service: service.clone(),
            legacy: options.legacy,
            sessions: Sessions::new(limits.clone()),
            streams: Load::new(limits.streams),
            requests: Load::new(limits.requests),
            guard: Guard::new(options),
            path,
            ending: watch::Sender::new(false),
        }))
    }

    /// Ends all open streams: clients that listen are told so, and a graceful shutdown need not wait for them.
    pub fn end_streams(&self) {
        self.0.ending.send_replace(true);
    }

    /// Answers one request.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes>,
    {
        let (parts, body) = request.into_parts();
        let origin = match self.0.guard.check(&parts) {
            Ok(origin) => origin.cloned(),
            Err(refused) => return refuse(refused),
        };
        let mut response = self.0.route(parts, body).await;
        if let Some(origin) = origin {
            allow(response.headers_mut(), origin);
        }
        response
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
        let endpoint = self.clone();
        Box::pin(async move { Ok(endpoint.answer(request).await) })
    }
}

impl Inner {
    async fn route<B: HttpBody<Data = Bytes>>(&self, parts: Parts, body: B) -> Response<Body> {
        if parts.headers.len() > self.service.limits().header_lines {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return reply::turn_away(status, "too many headers");
        }
        let is_endpoint = self.path.as_deref().is_none_or(|path| path == parts.uri.path());
        match (&parts.method, parts.uri.path()) {
            (&Method::OPTIONS, _) => preflight(&parts),
            (&Method::POST, _) if is_endpoint => self.post(parts, body).await,
            // Browsers take anything, so they are known by what they would rather have.
            (&Method::GET, _) if is_endpoint && takes_page(&parts.headers) => self.page(&parts),
            (&Method::GET, _) if is_endpoint && takes(&parts.headers, "text/event-stream") => {
                self.legacy_stream(&parts)
            }
            (&Method::GET, _) if is_endpoint && self.legacy == Legacy::Sessions => {
                reply::turn_away(StatusCode::NOT_ACCEPTABLE, "a stream is `text/event-stream`")
            }
            (&Method::DELETE, _) if is_endpoint => self.end_session(&parts),
            (&Method::GET | &Method::HEAD, "/") if self.path.is_some() => self.page(&parts),
            (&Method::GET | &Method::HEAD, "/healthz") if self.path.is_some() => {
                page::text(StatusCode::OK, "ok\n")
            }
            (&Method::GET | &Method::HEAD, "/readyz") if self.path.is_some() => self.ready(),
            _ if is_endpoint => not_allowed(),
            _ => reply::empty(StatusCode::NOT_FOUND),
        }
    }

    fn page(&self, parts: &Parts) -> Response<Body> {
        page::answer(&self.service, parts, self.path.as_deref().unwrap_or(parts.uri.path()))
    }

    fn ready(&self) -> Response<Body> {
        if *self.ending.borrow() {
            return page::text(StatusCode::SERVICE_UNAVAILABLE, "ending\n");
        }
        page::text(StatusCode::OK, "ready\n")
    }

    /// Ready when the server is to end.
    pub(super) fn ending(&self) -> Ending {
        let mut ending = self.ending.subscribe();
        Box::pin(async move {
            // An endpoint that is gone has ended.
            let _ = ending.wait_for(|ending| *ending).await;
        })
    }

    async fn post<B: HttpBody<Data = Bytes>>(&self, parts: Parts, body: B) -> Response<Body> {
        if !is_json(&parts.headers) {
            return reply::turn_away(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the content type must be `application/json`",
            );
        }
        let accepts = Accepts {
            json: takes(&parts.headers, "application/json"),
            stream: takes(&parts.headers, "text/event-stream"),
        };
        if !accepts.json && !accepts.stream {
            let why = "accept `application/json, text/event-stream`";
            return reply::turn_away(StatusCode::NOT_ACCEPTABLE, why);
        }
        let Some(permit) = self.requests.admit() else { return reply::busy("too many requests at once") };
        let limits = self.service.limits();
        let text = match body::read(body, limits.body, limits.body_time).await {
            Ok(text) => text,
            Err(status) => return reply::turn_away(status, status.canonical_reason().unwrap_or_default()),
        };
        let reply = self.message(&text, &parts, accepts, permit);
        drop((text, parts));
        match reply {
            Reply::Now(response) => response,
            Reply::Later(waiting) => waiting.await,
        }
    }

    fn message(&self, text: &[u8], parts: &Parts, accepts: Accepts, permit: Permit) -> Reply {
        let bad = |id: Option<&str>, error: &ErrorObject| {
            Reply::Now(reply::refuse(StatusCode::BAD_REQUEST, id, error))
        };
        if jsonrpc::is_deeper(text, self.service.limits().depth) {
            return bad(None, &ErrorObject::new(code::INVALID_REQUEST, "the message nests too deep"));
        }
        if text.trim_ascii_start().first() == Some(&b'[') {
            return self.batch(text, parts, accepts, permit);
        }
        let accepted = || Reply::Now(reply::empty(StatusCode::ACCEPTED));
        match jsonrpc::read(text) {
            Ok(Incoming::Request { id, method, params }) => {
                let post = Post { parts, accepts, id, method: &method, params: &params };
                self.request(&post, permit)
            }
            Ok(Incoming::Notification { method, params }) => {
                // Headers of notifications are not defined (protocol.md 1.10): without a session they mean nothing.
                if !parts.headers.contains_key(&super::headers::SESSION_ID) {
                    return accepted();
                }
                match self.client(parts, None) {
                    Ok(client) => {
                        notified(&client, &method, &params);
                        accepted()
                    }
                    Err(response) => Reply::Now(*response),
                }
            }
            Ok(Incoming::Response { .. }) => match self.client(parts, None) {
                Ok(_) => accepted(),
                Err(response) => Reply::Now(*response),
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
            return Reply::Now(self.initialize(post));
        }
        if self.legacy == Legacy::Off {
            let version = post.parts.headers.get(PROTOCOL_VERSION).and_then(|version| version.to_str().ok());
            let is_modern = version.is_some_and(|version| Dialect::stateless(version).is_some());
            let error = if is_modern {
                missing_meta()
            } else {
                unsupported_version(version.unwrap_or(ProtocolVersion::LATEST_LEGACY.as_str()))
            };
            return Reply::Now(reply::refuse(StatusCode::BAD_REQUEST, id, &error));
        }
        match self.client(post.parts, id) {
            Ok(client) => self.legacy(post, &client, permit),
            Err(response) => Reply::Now(*response),
        }
    }
}

/// Rule H26.
pub(super) fn not_allowed() -> Response<Body> {
    let mut response = reply::empty(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, GET, DELETE, OPTIONS"));
    response
}

/// Whoever asks this way was not heard: the answer is none of the protocol's.
fn refuse(refused: Refused) -> Response<Body> {
    match refused {
        Refused::NoHost => page::text(StatusCode::BAD_REQUEST, "a request names one host\n"),
        Refused::Host => page::text(StatusCode::FORBIDDEN, "this host is not allowed here\n"),
        Refused::Origin => page::text(StatusCode::FORBIDDEN, "this origin is not allowed here\n"),
    }
}

/// Lets a page of this origin read the answer.
fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Mcp-Session-Id, WWW-Authenticate, Retry-After"),
    );
}

/// What a page may send: whatever it asks for of what we read.
fn preflight(parts: &Parts) -> Response<Body> {
    const READ: [&str; 8] = [
        "accept",
        "authorization",
        "content-type",
        "last-event-id",
        "mcp-method",
        "mcp-name",
        "mcp-protocol-version",
        "mcp-session-id",
    ];
    let mut response = reply::empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    let wanted = parts.headers.get(ACCESS_CONTROL_REQUEST_HEADERS).and_then(|wanted| wanted.to_str().ok());
    let granted = wanted.unwrap_or_default().split(',').map(str::trim).filter(|name| {
        let name = name.to_ascii_lowercase();
        READ.contains(&name.as_str()) || name.starts_with("mcp-param-")
    });
    if let Ok(granted) = HeaderValue::from_str(&granted.collect::<Vec<_>>().join(", ")) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, granted);
    }
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
    response
}

/// A form or plain text could be posted by any page without asking (security.md H1).
fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let value = value.as_bytes();
    let end = value.iter().position(|byte| *byte == b';').unwrap_or(value.len());
    value[..end].trim_ascii().eq_ignore_ascii_case(b"application/json")
}

/// Whether a client takes this type of content; one that does not say takes any.
fn takes(headers: &HeaderMap, wanted: &str) -> bool {
    let mut values = headers.get_all(ACCEPT).iter().peekable();
    if values.peek().is_none() {
        return true;
    }
    let group = wanted.split_once('/').map_or(wanted, |(group, _)| group);
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|range| {
        let range = range.split(';').next().unwrap_or_default().trim();
        let is_group = || range.strip_suffix("/*").is_some_and(|range| range.eq_ignore_ascii_case(group));
        range.eq_ignore_ascii_case(wanted) || range == "*/*" || is_group()
    })
}

/// Whether a person asks, with a browser.
fn takes_page(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.any(|value| value.contains("text/html"))
}
