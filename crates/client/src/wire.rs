//! Requests and notifications as text, and the wait for an answer.

use std::fmt::Write as _;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json, value::RawValue};
use tokio::time::Instant;
use toolwright_types::lifecycle::ResultType;
use toolwright_types::meta::{CLIENT_CAPABILITIES, PROTOCOL_VERSION};
use toolwright_types::method::notification;
use toolwright_types::tasks::EXTENSION as TASKS;
use toolwright_types::version::ProtocolVersion;

use crate::error::{Error, Result};
use crate::inbox::{Inbox, OnProgress};
use crate::link::{Link, Outgoing};
use crate::options::Options;
use crate::record::Side;

/// One conversation with a server: where messages go, where answers come from, and what each request says of itself.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) link: Arc<dyn Link>,
    /// The members of `_meta` in every request since 2026-07-28; none before.
    introduction: Option<Arc<Introduction>>,
}

/// What requests say of their client.
struct Introduction {
    plain: String,
    /// In those whose answer may be a task (rule X1).
    with_tasks: String,
}

/// A request before it has its number.
#[derive(Clone, Default)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    /// The parameters: the text of an object.
    pub(crate) params: String,
    pub(crate) name: Option<String>,
    pub(crate) mirrored: Vec<(String, String)>,
    pub(crate) meta: Map<String, Value>,
    pub(crate) timeout: Duration,
    pub(crate) progress: Option<OnProgress>,
    /// The answer may be one that was given before, if the server allows that.
    pub(crate) may_be_kept: bool,
    /// It declares the tasks extension.
    pub(crate) tasks: bool,
    /// It is not to be taken back: the server would not know what is meant.
    pub(crate) is_handshake: bool,
}

impl Wire {
    /// A conversation in the legacy way, until it is introduced.
    pub(crate) fn new(inbox: Arc<Inbox>, link: Arc<dyn Link>) -> Self {
        Self { inbox, link, introduction: None }
    }

    /// The same conversation, with requests that say everything about themselves (rule C4).
    pub(crate) fn introduced(&self, version: ProtocolVersion, options: &Options) -> Self {
        let text = |has_tasks: bool| {
            let mut capabilities = self.inbox.handlers().capabilities();
            if has_tasks {
                capabilities.extensions.get_or_insert_default().insert(TASKS.into(), json!({}));
            }
            let mut text = format!(
                r#""{PROTOCOL_VERSION}":"{version}","{CLIENT_CAPABILITIES}":{},"io.modelcontextprotocol/clientInfo":{}"#,
                json!(capabilities),
                json!(options.client),
            );
            if let Some(level) = options.log_level {
                let _ = write!(text, r#","io.modelcontextprotocol/logLevel":{}"#, json!(level));
            }
            text
        };
        let introduction = Introduction { plain: text(options.tasks), with_tasks: text(true) };
        Self { introduction: Some(Arc::new(introduction)), ..self.clone() }
    }

    pub(crate) fn is_modern(&self) -> bool {
        self.introduction.is_some()
    }

    /// Sends a request and waits for its result.
    pub(crate) async fn request(&self, ask: &Ask) -> Result<Box<RawValue>> {
        let mut begun = self.begin(ask)?;
        self.within(ask.timeout, pin!(begun.answer())).await
    }

    /// Waits so long for what the server has to do: not for what its user has to.
    pub(crate) async fn within<T>(
        &self,
        timeout: Duration,
        mut work: Pin<&mut impl Future<Output = Result<T>>>,
    ) -> Result<T> {
        let mut end = Instant::now() + timeout;
        loop {
            if let Ok(done) = tokio::time::timeout_at(end, &mut work).await {
                return done;
            }
            let later = self.link.asked().map(|asked| asked + timeout).filter(|later| *later > end);
            end = later.ok_or(Error::TimedOut(timeout))?;
        }
    }

    /// Gives a request its number, and its message.
    pub(crate) fn begin(&self, ask: &Ask) -> Result<Begun> {
        let (number, answer) = self.inbox.expect(ask.progress.clone())?;
        let text = self.text(number, ask);
        let message = Outgoing {
            text,
            number: Some(number),
            method: Some(ask.method),
            name: ask.name.clone(),
            mirrored: ask.mirrored.clone(),
        };
        let wire = self.clone();
        Ok(Begun {
            number,
            message: Some(message),
            answer,
            guard: Guard { wire, number, is_handshake: ask.is_handshake },
        })
    }

    /// Sends what is not answered.
    pub(crate) async fn notify(&self, method: &'static str, params: &Value) -> Result {
        let text = json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string();
        self.send(Outgoing { text, method: Some(method), ..Outgoing::default() }).await
    }

    fn send(&self, message: Outgoing) -> BoxFuture<'_, Result> {
        self.inbox.note(Side::Client, message.text.as_bytes());
        self.link.send(message)
    }

    fn text(&self, number: u64, ask: &Ask) -> String {
        let has_progress = ask.progress.is_some();
        let introduction = match self.introduction.as_deref() {
            Some(Introduction { with_tasks, .. }) if ask.tasks => with_tasks,
            Some(Introduction { plain, .. }) => plain.as_str(),
            None => "",
        };
        let mut text = String::with_capacity(ask.params.len() + introduction.len() + 128);
        let _ = write!(text, r#"{{"jsonrpc":"2.0","id":{number},"method":"{}","params":"#, ask.method);
        text.push_str(&ask.params);
        if self.introduction.is_none() && !has_progress && ask.meta.is_empty() {
            text.push('}');
            return text;
        }
        // Behind the last member of the parameters.
        text.pop();
        if !text.ends_with('{') {
            text.push(',');
        }
        text.push_str(r#""_meta":{"#);
        text.push_str(introduction);
        let mut is_first = introduction.is_empty();
        let mut member = |text: &mut String, name: &str, value: &dyn std::fmt::Display| {
            let comma = if std::mem::take(&mut is_first) { "" } else { "," };
            let _ = write!(text, "{comma}{}:{value}", json!(name));
        };
        if has_progress {
            member(&mut text, "progressToken", &number);
        }
        for (name, value) in &ask.meta {
            member(&mut text, name, value);
        }
        text.push_str("}}}");
        text
    }
}

/// A request that is on its way; dropping it takes it back.
pub(crate) struct Begun {
    pub(crate) number: u64,
    message: Option<Outgoing>,
    answer: tokio::sync::oneshot::Receiver<Result<Box<RawValue>>>,
    guard: Guard,
}

struct Guard {
    wire: Wire,
    number: u64,
    is_handshake: bool,
}

impl Begun {
    /// Sends it, once.
    pub(crate) async fn send(&mut self) -> Result {
        match self.message.take() {
            Some(message) => self.guard.wire.send(message).await,
            None => Ok(()),
        }
    }

    /// Its result, sent first if that was not done.
    pub(crate) async fn answer(&mut self) -> Result<Box<RawValue>> {
        self.send().await?;
        self.wait().await
    }

    /// Its result, once it is sent.
    pub(crate) async fn wait(&mut self) -> Result<Box<RawValue>> {
        (&mut self.answer).await.unwrap_or_else(|_| Err(Error::Gone("the server has ended".into())))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let was_waited_for = self.wire.inbox.forget(self.number);
        if !was_waited_for || self.is_handshake || self.wire.link.forget(self.number) {
            return;
        }
        // Rule C11: the server is told.
        let (wire, number) = (self.wire.clone(), self.number);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let params = json!({"requestId": number, "reason": "no longer wanted"});
                let _ = wire.notify(notification::CANCELLED, &params).await;
            });
        }
    }
}

/// The parameters of a request as text.
pub(crate) fn object(params: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string(params).map_err(|error| Error::invalid("the parameters", error))?;
    match text.as_str() {
        "null" => Ok("{}".into()),
        _ if text.starts_with('{') => Ok(text),
        _ => Err(Error::Invalid("parameters must be an object".into())),
    }
}

/// A result, and which kind it is.
pub(crate) struct Reply {
    pub(crate) kind: ResultType,
    pub(crate) result: Box<RawValue>,
}

impl Reply {
    pub(crate) fn of(result: Box<RawValue>) -> Result<Self> {
        Ok(Self { kind: kind(&result)?, result })
    }

    /// Reads a result, which must be complete.
    pub(crate) fn read<T: for<'de> Deserialize<'de>>(&self) -> Result<T> {
        match &self.kind {
            ResultType::Complete => {
                serde_json::from_str(self.result.get()).map_err(|error| Error::invalid("a result", error))
            }
            other => Err(Error::Invalid(format!("a result of the type {:?}", other.as_str()))),
        }
    }
}

/// Which kind of result it is; absent is complete (rule C2).
fn kind(result: &RawValue) -> Result<ResultType> {
    if is_plainly_complete(result.get()) {
        return Ok(ResultType::Complete);
    }
    #[derive(Deserialize)]
    struct Kind {
        #[serde(default, rename = "resultType")]
        kind: ResultType,
    }
    let kind: Kind = serde_json::from_str(result.get()).map_err(|error| Error::invalid("a result", error))?;
    Ok(kind.kind)
}

/// Whether it says of nothing that it is another kind, however deep: that is seen without reading it.
fn is_plainly_complete(text: &str) -> bool {
    const NAME: &str = "resultType";
    const COMPLETE: &str = r#"":"complete""#;
    let mut places = memchr::memmem::find_iter(text.as_bytes(), NAME);
    let is_complete = |at: usize| text[at + NAME.len()..].starts_with(COMPLETE);
    // The name could be spelled with escapes, or stand there twice.
    text.starts_with('{')
        && memchr::memmem::find(text.as_bytes(), br"\u").is_none()
        && places.next().is_none_or(is_complete)
        && places.next().is_none()
}

/// Reads a complete result.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(result: Box<RawValue>) -> Result<T> {
    Reply::of(result)?.read()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Cache;
    use crate::handlers::Handlers;

    /// Rule C2: what is seen without reading is what reading says.
    #[test]
    fn a_kind_is_seen_or_read() {
        for (result, seen, read) in [
            ("{}", true, Some("complete")),
            (r#"{"resultType":"complete"}"#, true, Some("complete")),
            (r#"{"resultType": "complete"}"#, false, Some("complete")),
            (r#"{"resultType":"input_required"}"#, false, Some("input_required")),
            (r#"{"a":{"resultType":"complete"},"resultType":"task"}"#, false, Some("task")),
            (r#"{"a":{"resultType":"task"},"resultType":"complete"}"#, false, Some("complete")),
            (r#"{"a":{"resultType":"complete"}}"#, true, Some("complete")),
            (r#"{"result\u0054ype":"task"}"#, false, Some("task")),
            (r#"{"a":"resultType\":\"complete"}"#, false, Some("complete")),
            (r#"{"resultType":7}"#, false, None),
            (r#"{"resultType":"complete","resultType":"complete"}"#, false, None),
            (r#"{"a":{"resultType":"complete"},"resultType":"complete"}"#, false, Some("complete")),
            ("7", false, None),
            ("null", false, None),
        ] {
            assert_eq!(is_plainly_complete(result), seen, "{result}");
            let result = RawValue::from_string(result.into()).unwrap();
            assert_eq!(kind(&result).ok().as_ref().map(ResultType::as_str), read, "{result}");
        }
    }

    /// A link over which a user was asked at that time.
    struct Asked(Option<Instant>);

    impl Link for Asked {
        fn send(&self, _: Outgoing) -> BoxFuture<'_, Result> {
            Box::pin(async { Ok(()) })
        }

        fn asked(&self) -> Option<Instant> {
            self.0
        }

        fn close(&self) -> BoxFuture<'_, ()> {
            Box::pin(async {})
        }
    }

    async fn waited(asked: Option<Instant>) -> Duration {
        let wire = Wire::new(Inbox::new(Handlers::default(), Cache::default(), None), Arc::new(Asked(asked)));
        let start = Instant::now();
        let outcome = wire.within(Duration::from_secs(5), pin!(std::future::pending::<Result>())).await;
        assert!(matches!(outcome, Err(Error::TimedOut(_))));
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_that_a_user_takes_does_not_count() {
        assert_eq!(waited(None).await, Duration::from_secs(5));
        assert_eq!(waited(Some(Instant::now())).await, Duration::from_secs(5));
        let signed_in = Instant::now() + Duration::from_secs(60);
        assert_eq!(waited(Some(signed_in)).await, Duration::from_secs(65));
    }
}
