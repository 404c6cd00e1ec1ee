//! How a client behaves, and what it can do for its server.

use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use toolwright_types::elicitation::{ElicitParams, ElicitResult};
use toolwright_types::icon::Implementation;
use toolwright_types::jsonrpc::ErrorObject;
use toolwright_types::logging::{LogLevel, LogMessageParams};
use toolwright_types::roots::Root;
use toolwright_types::sampling::{CreateMessageParams, CreateMessageResult};
use toolwright_types::version::ProtocolVersion;

use crate::error::Result;
use crate::handlers::{Handlers, answering};
#[cfg(feature = "oauth")]
use crate::oauth::Authorization;
use crate::record::Recorder;

/// How a client behaves; [`connect`](Self::connect) makes it one.
///
/// ```no_run
/// use toolwright_client::{Client, LogLevel};
///
/// # async fn example() -> toolwright_client::Result {
/// let client = Client::options()
///     .on_log(LogLevel::Info, |message| eprintln!("{}", message.data))
///     .roots(["file:///home/me/project"])
///     .connect("my-server --verbose")
///     .await?;
/// # let _ = client;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Options {
    pub(crate) client: Implementation,
    pub(crate) version: Option<ProtocolVersion>,
    pub(crate) timeout: Duration,
    pub(crate) probe: Duration,
    pub(crate) log_level: Option<LogLevel>,
    pub(crate) pages: usize,
    pub(crate) rounds: usize,
    pub(crate) tasks: bool,
    pub(crate) task_timeout: Duration,
    pub(crate) cache: bool,
    pub(crate) recorder: Option<Arc<Recorder>>,
    #[cfg(feature = "validate")]
    pub(crate) check_output: bool,
    pub(crate) handlers: Handlers,
    #[cfg(feature = "oauth")]
    pub(crate) authorization: Option<Authorization>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("client", &self.client.name).finish_non_exhaustive()
    }
}

impl Default for Options {
    fn default() -> Self {
        let client = Implementation {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            ..Implementation::default()
        };
        Self {
            client,
            version: None,
            timeout: Duration::from_secs(60),
            probe: Duration::from_secs(5),
            log_level: None,
            pages: 1000,
            rounds: 16,
            tasks: false,
            task_timeout: Duration::from_secs(60 * 60),
            cache: true,
            recorder: None,
            #[cfg(feature = "validate")]
            check_output: true,
            handlers: Handlers::default(),
            #[cfg(feature = "oauth")]
            authorization: None,
        }
    }
}

impl Options {
    /// What the client is called, and in which version: servers show it.
    pub fn name(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        (self.client.name, self.client.version) = (name.into(), version.into());
        self
    }

    /// Speaks this version of the protocol, instead of finding out which is best.
    pub fn version(mut self, version: ProtocolVersion) -> Self {
        self.version = Some(version);
        self
    }

    /// How long to wait for an answer, unless a call says otherwise: 60 seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long to wait for a server to say whether it speaks 2026-07-28 or later: 5 seconds by default.
    pub fn probe_timeout(mut self, timeout: Duration) -> Self {
        self.probe = timeout;
        self
    }

    /// How many pages of a list are read at most: 1,000 by default.
    pub fn max_pages(mut self, pages: usize) -> Self {
        self.pages = pages;
        self
    }

    /// How often one call may ask something before it answers: 16 times by default.
    pub fn max_rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    /// Whether every call may become a task, where its server wants that: by default only those that say so, with
    /// [`Call::task`](crate::Call::task) or [`Call::begin`](crate::Call::begin).
    pub fn tasks(mut self, is_on: bool) -> Self {
        self.tasks = is_on;
        self
    }

    /// How long a call that became a task is waited for, unless the call says otherwise: an hour by default. The time
    /// that a user takes to answer does not count.
    pub fn task_timeout(mut self, timeout: Duration) -> Self {
        self.task_timeout = timeout;
        self
    }

    /// Whether lists and resources are used again for as long as the server says that they hold: they are by default.
    ///
    /// They are forgotten when the server tells of a change to somebody who listens, and with the conversation. No
    /// two clients share what they keep.
    pub fn cache(mut self, is_on: bool) -> Self {
        self.cache = is_on;
        self
    }

    /// Whether a tool's structured content must fit the schema that it announces: it must by default, if the tools were
    /// listed before. What does not fit is [`Error::Invalid`](crate::Error::Invalid), and says where.
    #[cfg(feature = "validate")]
    pub fn check_output(mut self, is_on: bool) -> Self {
        self.check_output = is_on;
        self
    }

    /// Writes all that is said to this file, a JSON line for each message, whatever the file held before.
    ///
    /// It has what the server is told and says, secrets among it, but no headers of HTTP.
    ///
    /// # Errors
    ///
    /// When the file cannot be made.
    pub fn record(mut self, path: impl AsRef<Path>) -> io::Result<Self> {
        self.recorder = Some(Arc::new(Recorder::create(path.as_ref())?));
        Ok(self)
    }

    /// Gets itself authorized in this way, when a server behind a URL wants that. The time that it takes does not count.
    #[cfg(feature = "oauth")]
    pub fn authorize(mut self, authorization: Authorization) -> Self {
        self.authorization = Some(authorization);
        self
    }

    /// Asks the user what a server wants to know: a form to fill in, or a URL to open.
    pub fn on_elicit<F>(mut self, ask: impl Fn(ElicitParams) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<ElicitResult, ErrorObject>> + Send + 'static,
    {
        self.handlers.elicit = Some(answering(ask));
        self
    }

    /// Asks a model what a server wants it to say.
    pub fn on_sample<F>(mut self, ask: impl Fn(CreateMessageParams) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<CreateMessageResult, ErrorObject>> + Send + 'static,
    {
        self.handlers.sample = Some(answering(ask));
        self
    }

    /// The places the client works in, as `file:` URIs.
    pub fn roots(mut self, uris: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let root = |uri: String| Root { uri, ..Root::default() };
        self.handlers.roots = Some(uris.into_iter().map(Into::into).map(root).collect());
        self
    }

    /// Hears the server's log, from this level on.
    pub fn on_log(
        mut self,
        level: LogLevel,
        hear: impl Fn(LogMessageParams) + Send + Sync + 'static,
    ) -> Self {
        self.log_level = Some(level);
        self.handlers.log = Some(Arc::new(hear));
        self
    }

    /// Hears what a server that is a command writes on standard error, as it comes.
    pub fn on_stderr(mut self, hear: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.handlers.stderr = Some(Arc::new(hear));
        self
    }

    /// Hears what a server says that is no message, such as the output of a `println!`.
    pub fn on_stray(mut self, hear: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.handlers.stray = Some(Arc::new(hear));
        self
    }
}
