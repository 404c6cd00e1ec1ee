//! A server behind a URL: Streamable HTTP, of either era (rules H4 to H23 and G6 to G13).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::task::AbortHandle;
use toolwright_types::dialect::Dialect;
use toolwright_types::jsonrpc::{self, Incoming};
use toolwright_types::method::notification;

use crate::error::{Error, Result};
use crate::events::Events;
use crate::inbox::Inbox;
use crate::link::{LONGEST, Link, Outgoing, too_long};
use crate::options::Options;

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long to wait before a lost stream is gone on with, unless the server says; and how often.
const RETRY: (Duration, u32) = (Duration::from_secs(1), 5);
/// The shortest such wait, whatever the server says.
const SHORTEST: Duration = Duration::from_millis(100);
/// How long a server may take to hear that the conversation is over.
const FAREWELL: Duration = Duration::from_secs(5);

/// The link to a URL; every request is a POST with an answer of its own.
pub(crate) struct Http {
    client: Client,
    url: Url,
    /// Those of every request, as the options say.
    given: HeaderMap,
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
}

impl Http {
    pub(crate) fn open(url: &str, inbox: &Arc<Inbox>, options: &Options) -> Result<Arc<Self>> {
        let url = Url::parse(url).map_err(|error| Error::Gone(format!("{url:?} is no URL: {error}")))?;
        let given = given(&options.headers)?;
        // One for the whole process; a program may have chosen its own before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(CONNECT)
            // Somebody else's server must not learn what was meant for this one.
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .build()
            .map_err(|error| Error::Gone(said(&error)))?;
        Ok(Arc::new_cyclic(|me| Self {
            client,
            url,
            given,
            inbox: Arc::clone(inbox),
            me: Weak::clone(me),
            state: Mutex::default(),
        }))
    }

    /// The headers of every request in this conversation.
    fn headers(&self) -> HeaderMap {
        let mut headers = self.given.clone();
        let state = self.lock();
        if let Some(dialect) = state.dialect {
            headers.insert("mcp-protocol-version", HeaderValue::from_static(dialect.version.as_str()));
        }
        if let Some(session) = &state.session {
            headers.insert(SESSION_ID, session.clone());
        }
        headers
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
        let request = self.client.post(self.url.clone()).headers(headers).body(message.text);
        request.send().await.map_err(|error| Error::Gone(said(&error)))
    }

    /// Posts a request and reads all of its answer.
    async fn exchange(&self, number: u64, message: Outgoing) -> Result {
        let is_handshake = message.method == Some("initialize");
        let response = self.post(message).await?;
        if is_handshake && let Some(session) = response.headers().get(&SESSION_ID) {
            self.lock().session = Some(session.clone());
        }
        let status = response.status();
        let kind =
            response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if status.is_success() && kind.starts_with("text/event-stream") {
            return self.read_on(number, response).await;
        }
        let text = whole(response).await?;
        if let Ok(Incoming::Response { outcome, .. }) = jsonrpc::read(&text) {
            // An error that came before the request was understood has no id.
            return match outcome {
                Err(error) => Err(crate::inbox::refused(error)),
                Ok(_) => {
                    self.take(&text);
                    Ok(())
                }
            };
        }
        Err(failure(status, &text))
    }

    /// Reads a stream up to the answer; a legacy one that is lost is gone on with (rule G12).
    async fn read_on(&self, number: u64, response: Response) -> Result {
        let mut events = Events::default();
        let mut read = self.read(response, &mut events).await;
        for _ in 0..RETRY.1 {
            if !self.inbox.waits_for(number) {
                return Ok(());
            }
            let Some(id) = events.last_id.clone() else { break };
            tokio::time::sleep(events.retry.unwrap_or(RETRY.0).max(SHORTEST)).await;
            let response = match self.get(Some(&id)).await {
                Ok(response) if response.status().is_success() => response,
                Ok(response) => return Err(failure(response.status(), b"")),
                Err(_) => continue,
            };
            read = self.read(response, &mut events).await;
        }
        read.and(Err(Error::Gone("the server's stream ended before its answer".into())))
    }

    /// Reads a stream to its end; its messages go to the inbox.
    async fn read(&self, response: Response, events: &mut Events) -> Result {
        events.restart();
        let mut bytes = response.bytes_stream();
        while let Some(piece) = bytes.next().await {
            let piece = piece.map_err(|error| Error::Gone(said(&error)))?;
            for event in events.take(&piece) {
                if !event.data.is_empty() {
                    self.take(event.data.as_bytes());
                }
            }
            if events.waiting() > LONGEST {
                return Err(Error::Invalid(too_long()));
            }
        }
        Ok(())
    }

    async fn get(&self, after: Option<&str>) -> Result<Response> {
        let mut headers = self.headers();
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(id) = after.and_then(|id| HeaderValue::from_str(id).ok()) {
            headers.insert(LAST_EVENT_ID, id);
        }
        let request = self.client.get(self.url.clone()).headers(headers);
        request.send().await.map_err(|error| Error::Gone(said(&error)))
    }

    /// Hears what a legacy server says unasked, for as long as it has a stream for that (rule G8).
    async fn listen(me: Weak<Self>) {
        let mut events = Events::default();
        loop {
            let Some(http) = me.upgrade() else { return };
            match http.get(events.last_id.clone().as_deref()).await {
                Ok(response) if response.status().is_success() => {
                    let _ = http.read(response, &mut events).await;
                }
                // It has none, or has one already.
                Ok(_) => return,
                Err(_) => {}
            }
            let pause = events.retry.unwrap_or(RETRY.0).max(SHORTEST);
            drop(http);
            tokio::time::sleep(pause).await;
        }
    }

    fn take(&self, message: &[u8]) {
        let me: Weak<dyn Link> = Weak::<Self>::clone(&self.me);
        self.inbox.take(message, &me);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The headers that the options name; their values are never shown.
fn given(headers: &[(String, String)]) -> Result<HeaderMap> {
    let read = |(name, value): &(String, String)| {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
    };
    let pair = |pair: &(String, String)| {
        read(pair).ok_or_else(|| Error::Gone(format!("{:?} cannot be sent as a header", pair.0)))
    };
    headers.iter().map(pair).collect()
}

impl Link for Http {
    fn send(&self, message: Outgoing) -> BoxFuture<'_, Result> {
        if let (Some(number), Some(http)) = (message.number, self.me.upgrade()) {
            // Locked until it is noted: it may end at once.
            let mut state = self.lock();
            let task = tokio::spawn(async move {
                let exchanged = http.exchange(number, message).await;
                http.lock().posts.remove(&number);
                let failed = || Error::Invalid("an answer that is none".into());
                http.inbox.fail(number, exchanged.err().unwrap_or_else(failed));
            });
            state.posts.insert(number, task.abort_handle());
            return Box::pin(async { Ok(()) });
        }
        Box::pin(async move {
            let is_ready = message.method == Some(notification::INITIALIZED);
            let response = self.post(message).await?;
            let status = response.status();
            if !status.is_success() {
                return Err(failure(status, &whole(response).await.unwrap_or_default()));
            }
            let mut state = self.lock();
            if is_ready && state.session.is_some() {
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

    fn let_go(&self) {
        self.lock().stop();
    }

    fn survives(&self) -> bool {
        true
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
                let request = self.client.delete(self.url.clone()).headers(self.headers()).timeout(FAREWELL);
                let _ = request.send().await;
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

/// A whole body, as far as messages may be long.
async fn whole(response: Response) -> Result<Vec<u8>> {
    let (mut all, mut bytes) = (Vec::new(), response.bytes_stream());
    while let Some(piece) = bytes.next().await {
        all.extend_from_slice(&piece.map_err(|error| Error::Gone(said(&error)))?);
        if all.len() > LONGEST {
            return Err(Error::Invalid(too_long()));
        }
    }
    Ok(all)
}

/// What an answer means that is no message.
fn failure(status: StatusCode, text: &[u8]) -> Error {
    let text = String::from_utf8_lossy(&text[..text.len().min(200)]);
    Error::Invalid(format!("HTTP {status} {}", text.trim()).trim_end().to_owned())
}

/// An error with its causes: the first alone says little.
fn said(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
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
