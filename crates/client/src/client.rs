//! A client of one server: what it holds, and how it asks.

#[cfg(feature = "http")]
use std::collections::HashMap;
use std::sync::Arc;
#[cfg(feature = "http")]
use std::sync::Mutex;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::RwLock;
#[cfg(feature = "http")]
use toolwright_core::Mirrored;
use toolwright_types::jsonrpc::code;
use toolwright_types::method::{Facts, Method};
use toolwright_types::tools::CallToolResult;

use crate::error::{Error, Result};
use crate::handshake::ServerFacts;
use crate::line::Line;
use crate::options::Options;
#[cfg(feature = "validate")]
use crate::outputs::Outputs;
use crate::rounds;
use crate::wire::{Ask, Reply, Wire, object};

/// How long what is still to be said may take when a conversation ends.
const FAREWELL: Duration = Duration::from_secs(5);

/// A client of one server. Cheap to clone; the last clone that is dropped ends the conversation.
///
/// The same operations work with servers of every version of the protocol.
///
/// ```
/// use toolwright::prelude::*;
/// use toolwright::Client;
///
/// /// Adds two numbers.
/// #[tool]
/// fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> toolwright::Result {
/// let client = Client::connect(Server::new("sums").tools(toolset![add]).build()?).await?;
/// let sum: i64 = client.call("add", serde_json::json!({"a": 1, "b": 2})).await?;
/// assert_eq!(sum, 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Inner>);

/// What tools want repeated in headers, by their name; none before it is known.
#[cfg(feature = "http")]
pub(crate) type Mirrors = Mutex<Option<HashMap<String, Vec<Mirrored>>>>;

pub(crate) struct Inner {
    pub(crate) line: Line,
    pub(crate) server: ServerFacts,
    pub(crate) options: Options,
    #[cfg(feature = "http")]
    pub(crate) mirrors: Mirrors,
    #[cfg(feature = "validate")]
    pub(crate) outputs: Outputs,
    /// Held for reading by what is still to be said when nobody waits for it.
    pub(crate) farewells: Arc<RwLock<()>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("server", &self.0.server.server.name).finish_non_exhaustive()
    }
}

impl Client {
    pub(crate) fn new(line: Line, server: ServerFacts, options: Options) -> Self {
        Self(Arc::new(Inner {
            line,
            server,
            options,
            #[cfg(feature = "http")]
            mirrors: Mutex::default(),
            #[cfg(feature = "validate")]
            outputs: Outputs::default(),
            farewells: Arc::default(),
        }))
    }

    /// What the server says of itself.
    pub fn server(&self) -> &ServerFacts {
        &self.0.server
    }

    /// Ends the conversation, and waits until the server is gone: a child process is ended.
    pub async fn close(self) {
        // Tasks that nobody waits for any more are being cancelled.
        let _ = tokio::time::timeout(FAREWELL, self.0.farewells.write()).await;
        self.0.line.close();
        let wire = self.wire();
        wire.link.close().await;
        wire.inbox.close("the client was closed");
    }

    /// The conversation as it is now.
    pub(crate) fn wire(&self) -> Wire {
        self.0.line.wire()
    }

    /// A conversation to ask in: another one if the last has ended and it may be begun anew.
    pub(crate) async fn ready(&self) -> Result<Wire> {
        self.0.line.ready(&self.0.options, &self.0.server).await
    }

    /// A request of this method, as all are.
    pub(crate) fn ask(&self, method: Method, params: &impl Serialize) -> Result<Ask> {
        let timeout = self.0.options.timeout;
        // Whoever asks what the server is wants to know whether it is there.
        let may_be_kept =
            Facts::of(method.name()).is_some_and(|facts| facts.cacheable) && method != Method::Discover;
        Ok(Ask { method: method.name(), params: object(params)?, timeout, may_be_kept, ..Ask::default() })
    }

    /// Asks what a server answers without asking back.
    pub(crate) async fn ask_for<T: DeserializeOwned>(&self, method: Method, params: &Value) -> Result<T> {
        self.request(&self.ask(method, params)?, 0).await?.read()
    }

    /// Asks what a server may have to ask something for.
    pub(crate) fn asking(&self, ask: &Ask) -> impl Future<Output = Result<Reply>> {
        self.request(ask, self.0.options.rounds)
    }

    /// Asks, and once more if the server has forgotten the session: then it did nothing of it.
    ///
    /// What hardly any request needs is boxed: a future is moved as often as any value.
    pub(crate) async fn request(&self, ask: &Ask, rounds: usize) -> Result<Reply> {
        let timeout = ask.timeout;
        let late = |_| Error::TimedOut(timeout);
        let mut wire = self.wire();
        if wire.inbox.has_ended() {
            wire = Box::pin(tokio::time::timeout(timeout, self.ready())).await.map_err(late)??;
        }
        match rounds::request(&wire, ask, rounds).await {
            Err(Error::Expired) if wire.link.may_expire() => {
                let renewed = self.0.line.renew(&wire, &self.0.options, &self.0.server);
                let wire = Box::pin(tokio::time::timeout(timeout, renewed)).await.map_err(late)??;
                Box::pin(rounds::request(&wire, ask, rounds)).await
            }
            answer => answer,
        }
    }

    /// All items of a list, from all pages.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        method: Method,
        member: &'static str,
    ) -> Result<Vec<T>> {
        match self.pages(method, member).await {
            // Where a page that was kept leads may be nowhere by now (rule C23).
            Err(Error::Refused(error)) if error.code == code::INVALID_PARAMS && self.forget(method) => {
                self.pages(method, member).await
            }
            listed => listed,
        }
    }

    /// Forgets what was answered before, if anything is kept.
    pub(crate) fn forget(&self, method: Method) -> bool {
        self.wire().inbox.cache.forget(&[method], None)
    }

    async fn pages<T: DeserializeOwned>(&self, method: Method, member: &'static str) -> Result<Vec<T>> {
        let (mut all, mut cursor) = (Vec::new(), None::<String>);
        for _ in 0..self.0.options.pages {
            let params = cursor.as_ref().map_or_else(|| json!({}), |cursor| json!({ "cursor": cursor }));
            let mut page: Value = self.ask_for(method, &params).await?;
            let items = page.get_mut(member).map(Value::take).unwrap_or_default();
            let items: Vec<T> =
                serde_json::from_value(items).map_err(|error| Error::invalid(member, error))?;
            all.extend(items);
            // An empty text is a cursor as well (rule C20).
            let Next { next_cursor } =
                serde_json::from_value(page).map_err(|error| Error::invalid("a page", error))?;
            let Some(next) = next_cursor else { return Ok(all) };
            if cursor.as_ref() == Some(&next) {
                return Err(Error::Invalid(format!("the list of {member} does not go on")));
            }
            cursor = Some(next);
        }
        Err(Error::Invalid(format!("the list of {member} has more than {} pages", self.0.options.pages)))
    }

    /// Compares a result with what its tool announces, if that is wanted and known.
    pub(crate) fn check(&self, tool: Option<&str>, result: &CallToolResult) -> Result {
        #[cfg(feature = "validate")]
        if let Some(tool) = tool.filter(|_| self.0.options.check_output) {
            self.0.outputs.check(tool, result)?;
        }
        #[cfg(not(feature = "validate"))]
        let _ = (tool, result);
        Ok(())
    }

    /// How long an operation may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.0.options.timeout
    }
}

#[derive(Deserialize)]
struct Next {
    #[serde(default, rename = "nextCursor")]
    next_cursor: Option<String>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.line.wire().link.let_go();
    }
}

/// Reads the result of a tool as what the caller wants.
pub(crate) fn typed<T: DeserializeOwned>(result: CallToolResult) -> Result<T> {
    if result.is_error == Some(true) {
        return Err(Error::Tool(Box::new(result)));
    }
    let Some(structured) = &result.structured_content else {
        let text = crate::error::said(&result);
        return serde_json::from_str(text)
            .or_else(|_| serde_json::from_value(text.into()))
            .map_err(|error| Error::invalid("the tool's text", error));
    };
    T::deserialize(structured).or_else(|error| {
        // Older versions have objects only: servers put other values into one.
        let wrapped =
            structured.get("result").filter(|_| structured.as_object().is_some_and(|all| all.len() == 1));
        let inner = wrapped.and_then(|inner| T::deserialize(inner).ok());
        inner.ok_or_else(|| Error::invalid("the tool's structured content", error))
    })
}
