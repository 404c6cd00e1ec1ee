//! A server behind a URL: Streamable HTTP, of either era (rules H4 to H23 and G6 to G13).

mod sse;
mod streams;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode, Url};
use tokio::task::AbortHandle;
#[cfg(feature = "oauth")]
use tokio::time::Instant;
use toolwright_types::dialect::Dialect;
use toolwright_types::jsonrpc::{self, Incoming, code};
use toolwright_types::method::notification;

use crate::error::{Error, Result, causes};
use crate::inbox::Inbox;
use crate::link::{LONGEST, Link, Outgoing, too_long};
#[cfg(feature = "oauth")]
use crate::oauth::{Authorization, Permit};
use crate::options::Options;

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a server may take to hear that the conversation is over.
const FAREWELL: Duration = Duration::from_secs(5);

/// Where a server is, and what it wants to see in every request.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
}

/// The link to a URL; every request is a POST with an answer of its own.
pub(crate) struct Http {
    client: Client,
    url: Url,
    #[cfg(feature = "oauth")]
    permit: Option<Permit>,
    inbox: Arc<Inbox>,
    me: Weak<Self>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    dialect: Option<&'static Dialect>,
    session: Option<HeaderValue>,
    /// The requests whose answers have not come, by their number.
    posts: HashMap<u64, AbortHandle>,
    /// The stream for what a legacy server says unasked.
    listening: Option<AbortHandle>,
    /// The server turned a handshake away as those do that know no POST of it.
    turned_away: bool,
    /// Where messages go when all answers come on one stream: to servers of 2024-11-05.
    endpoint: Option<Url>,
}

impl Http {
    #[cfg_attr(not(feature = "oauth"), expect(unused_variables, reason = "they say how to be authorized"))]
    pub(crate) fn open(address: &Address, inbox: &Arc<Inbox>, options: &Options) -> Result<Arc<Self>> {
        let Address { url, headers } = address;
        let url = Url::parse(url).map_err(|error| Error::Gone(format!("{url:?} is no URL: {error}")))?;
        // One for the whole process; a program may have chosen its own before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .default_headers(given(headers)?)
            // Somebody else's server must not learn what was meant for this one.
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .build()
            .map_err(|error| Error::Gone(causes(&error)))?;
        #[cfg(feature = "oauth")]
        let permit = |wanted: &Authorization| Permit::new(&url, wanted.clone(), &options.client.name);
        #[cfg(feature = "oauth")]
        let permit = options.authorization.as_ref().map(permit);
        Ok(Arc::new_cyclic(|me| Self {
            client,
            url,
            #[cfg(feature = "oauth")]
            permit,
            inbox: Arc::clone(inbox),
            me: Weak::clone(me),
            state: Mutex::default(),
        }))
    }

    /// The headers of every request in this conversation.
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let state = self.lock();
        if let Some(dialect) = state.dialect {
            headers.insert("mcp-protocol-version", HeaderValue::from_static(dialect.version.as_str()));
        }
        if let Some(session) = &state.session {
            headers.insert(SESSION_ID, session.clone());
        }
        headers
    }

    /// Sends a request; with what shows that it may be made, if the server wants to see that.
    async fn ask(&self, method: Method, headers: HeaderMap, body: String) -> Result<Response> {
        let endpoint = self.lock().endpoint.clone().filter(|_| method == Method::POST);
        let url = endpoint.as_ref().unwrap_or(&self.url);
        #[cfg(feature = "oauth")]
        if let Some(permit) = &self.permit {
            return permit.send(&self.client, method, url, headers, body.into()).await;
        }
        let request = self.client.request(method, url.clone()).headers(headers).body(body);
        request.send().await.map_err(|error| Error::Gone(causes(&error)))
    }

    async fn post(&self, message: Outgoing) -> Result<Response> {
        let mut headers = self.headers();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let is_modern = self.lock().dialect.is_some_and(|dialect| dialect.stateless);
        if message.method == Some("initialize") {
            // It is only being settled.
            headers.remove("mcp-protocol-version");
        }
        if let Some(method) = message.method.filter(|_| is_modern && message.number.is_some()) {
            headers.insert("mcp-method", HeaderValue::from_static(method));
            if let Some(name) = &message.name {
                headers.insert("mcp-name", encoded(name));
            }
            for (name, value) in &message.mirrored {
                if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
                    headers.insert(name, encoded(value));
                }
            }
        }
        self.ask(Method::POST, headers, message.text).await
    }

    /// Posts a request and reads all of its answer.
    async fn exchange(&self, number: u64, message: Outgoing) -> Result {
        let is_handshake = message.method == Some("initialize");
        let response = self.post(message).await?;
        if is_handshake && let Some(session) = response.headers().get(&SESSION_ID) {
            self.lock().session = Some(session.clone());
        }
        let status = response.status();
        if status.is_success() && self.has_one_stream() {
            return Ok(());
        }
        if status.is_success() && is_stream(&response) {
            return self.read_on(number, response).await;
        }
        let text = whole(response).await?;
        let turned_away = is_handshake && matches!(status.as_u16(), 400 | 404 | 405);
        self.lock().turned_away = turned_away;
        if status == StatusCode::UNAUTHORIZED {
            return Err(failure(status, &text));
        }
        if let Ok(Incoming::Response { outcome, .. }) = jsonrpc::read(&text) {
            // An error that came before the request was understood has no id.
            return match outcome {
                Err(error) => {
                    let error = crate::inbox::refused(error);
                    // Some say of a method, too, that it is not found.
                    let is_unknown = error.code() == Some(code::METHOD_NOT_FOUND);
                    if !is_handshake && !is_unknown && self.is_forgotten(status) {
                        return Err(Error::Expired);
                    }
                    // A modern server names what it speaks instead.
                    self.lock().turned_away = turned_away && error.code() != Some(code::UNSUPPORTED_VERSION);
                    Err(error)
                }
                Ok(_) => {
                    self.take(&text);
                    Ok(())
                }
            };
        }
        if !is_handshake && self.is_forgotten(status) {
            return Err(Error::Expired);
        }
        Err(failure(status, &text))
    }

    /// Whether the session is over (rule G10). What it was asked before may still be answered.
    fn is_forgotten(&self, status: StatusCode) -> bool {
        let mut state = self.lock();
        let is_forgotten = status == StatusCode::NOT_FOUND && state.session.is_some();
        if is_forgotten {
            state.listening.take().as_ref().map(AbortHandle::abort);
            drop(state);
            self.inbox.expire();
        }
        is_forgotten
    }

    /// Whether all answers come on one stream.
    fn has_one_stream(&self) -> bool {
        self.lock().endpoint.is_some()
    }

    async fn get(&self, after: Option<&str>) -> Result<Response> {
        let mut headers = self.headers();
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(id) = after.and_then(|id| HeaderValue::from_str(id).ok()) {
            headers.insert(LAST_EVENT_ID, id);
        }
        self.ask(Method::GET, headers, String::new()).await
    }

    fn take(&self, message: &[u8]) {
        let me: Weak<dyn Link> = Weak::<Self>::clone(&self.me);
        self.inbox.take(message, &me);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Link for Http {
    fn send(&self, message: Outgoing) -> BoxFuture<'_, Result> {
        if let (Some(number), Some(http)) = (message.number, self.me.upgrade()) {
            // Locked until it is noted: it may end at once.
            let mut state = self.lock();
            let task = tokio::spawn(async move {
                let exchanged = http.exchange(number, message).await;
                http.lock().posts.remove(&number);
                match exchanged {
                    Ok(()) if http.has_one_stream() => {}
                    Ok(()) => http.inbox.fail(number, Error::Invalid("an answer that is none".into())),
                    Err(error) => http.inbox.fail(number, error),
                }
            });
            state.posts.insert(number, task.abort_handle());
            return Box::pin(async { Ok(()) });
        }
        Box::pin(async move {
            let is_ready = message.method == Some(notification::INITIALIZED);
            let response = self.post(message).await?;
            let status = response.status();
            if self.is_forgotten(status) {
                return Err(Error::Expired);
            }
            if !status.is_success() {
                return Err(failure(status, &whole(response).await.unwrap_or_default()));
            }
            let mut state = self.lock();
            if is_ready && state.endpoint.is_none() {
                state.listening = Some(tokio::spawn(Self::listen(Weak::clone(&self.me))).abort_handle());
            }
            Ok(())
        })
    }

    fn forget(&self, number: u64) -> bool {
        let mut state = self.lock();
        // Since 2026-07-28 a stream that is closed is a request that is given up (rule H7).
        let is_modern = state.dialect.is_some_and(|dialect| dialect.stateless);
        // An older one is told by a message; its answer may still come, or never: then the end of all ends it.
        if is_modern && let Some(post) = state.posts.remove(&number) {
            post.abort();
        }
        is_modern
    }

    fn settle(&self, dialect: &'static Dialect) {
        self.lock().dialect = Some(dialect);
    }

    #[cfg(feature = "oauth")]
    fn asked(&self) -> Option<Instant> {
        self.permit.as_ref()?.asked()
    }

    fn let_go(&self) {
        self.lock().stop();
    }

    fn may_expire(&self) -> bool {
        self.lock().session.is_some()
    }

    fn fall_back(&self) -> BoxFuture<'_, Result<bool>> {
        let turned_away = std::mem::take(&mut self.lock().turned_away);
        Box::pin(async move { Ok(turned_away && !self.has_one_stream() && self.open_stream().await?) })
    }

    fn has_headers(&self) -> bool {
        true
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        let has_session = {
            let mut state = self.lock();
            state.stop();
            state.session.is_some()
        };
        Box::pin(async move {
            if has_session {
                let request = self.ask(Method::DELETE, self.headers(), String::new());
                let _ = tokio::time::timeout(FAREWELL, request).await;
            }
        })
    }
}

impl State {
    fn stop(&mut self) {
        for task in self.posts.drain().map(|(_, post)| post).chain(self.listening.take()) {
            task.abort();
        }
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        self.lock().stop();
    }
}

/// The headers that were given; no fault shows their values.
fn given(headers: &[(String, String)]) -> Result<HeaderMap> {
    let header = |(name, value): &(String, String)| {
        let wrong = || Error::Gone(format!("{name:?} is no header that can be sent"));
        let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        Ok((HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?, value))
    };
    headers.iter().map(header).collect()
}

/// A value as a header can say it (rule H16).
fn encoded(value: &str) -> HeaderValue {
    let is_plain = value.bytes().all(|byte| (0x20..0x7F).contains(&byte))
        && value.trim() == value
        && !(value.starts_with("=?base64?") && value.ends_with("?="));
    let plain = if is_plain { HeaderValue::from_str(value).ok() } else { None };
    plain.unwrap_or_else(|| {
        let encoded = HeaderValue::try_from(format!("=?base64?{}?=", STANDARD.encode(value)));
        encoded.unwrap_or_else(|_| HeaderValue::from_static(""))
    })
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

/// A whole body, as far as messages may be long.
async fn whole(response: Response) -> Result<Vec<u8>> {
    let (mut all, mut bytes) = (Vec::new(), response.bytes_stream());
    while let Some(piece) = bytes.next().await {
        all.extend_from_slice(&piece.map_err(|error| Error::Gone(causes(&error)))?);
        if all.len() > LONGEST {
            return Err(Error::Invalid(too_long()));
        }
    }
    Ok(all)
}

/// What an answer means that is no message.
fn failure(status: StatusCode, text: &[u8]) -> Error {
    let text = String::from_utf8_lossy(&text[..text.len().min(200)]);
    let text = format!("HTTP {status} {}", text.trim()).trim_end().to_owned();
    if status == StatusCode::UNAUTHORIZED { Error::Unauthorized(text) } else { Error::Invalid(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rule H16.
    #[test]
    fn what_a_header_cannot_say_is_encoded() {
        for plain in ["echo", "a b", "file:///x"] {
            assert_eq!(encoded(plain), plain);
        }
        for (value, expected) in [
            ("Grüße", "=?base64?R3LDvMOfZQ==?="),
            (" a", "=?base64?IGE=?="),
            ("a\nb", "=?base64?YQpi?="),
            ("=?base64?YQ==?=", "=?base64?PT9iYXNlNjQ/WVE9PT89?="),
        ] {
            assert_eq!(encoded(value), expected);
        }
    }
}
