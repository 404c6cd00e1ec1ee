//! One call as the core sees it, whichever era it came from.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json, value::RawValue};
use toolwright_types::dialect::Dialect;
use toolwright_types::jsonrpc::{ErrorObject, Id, code};
use toolwright_types::logging::LogLevel;
use toolwright_types::meta::Params;
use toolwright_types::method::Method;

/// Where notifications about a call go: the connection, or the stream of one request.
pub trait Peer: Send + Sync + 'static {
    /// Sends one complete JSON-RPC message, or drops it when the other side does not keep up.
    fn notify(&self, message: Vec<u8>);

    /// Ends the stream that the call is answered on, if its client can come back for the rest.
    fn hang_up(&self) {}

    /// Sends a request of our own; none when this client cannot be asked.
    fn ask(self: Arc<Self>, method: &str, params: &Value) -> Option<Asking> {
        let _ = (method, params);
        None
    }
}

/// The answer to a request of ours. Dropping it tells the client that it is no longer wanted.
pub type Asking = Pin<Box<dyn Future<Output = Result<Box<RawValue>, Unanswered>> + Send>>;

/// Why a request of ours has no result.
#[derive(Debug)]
pub enum Unanswered {
    /// The client is gone.
    Gone,
    /// It answered with an error.
    Refused(ErrorObject),
}

/// One call: a modern request fills this from its `_meta`, a legacy one from its session.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Echoed in the answer.
    pub id: Id<'a>,
    /// What is asked.
    pub method: Method,
    /// The parameters, with the `_meta` of the request.
    pub params: &'a Params<'a>,
    /// How to answer.
    pub dialect: &'static Dialect,
    /// From which level on log messages are wanted; none are without.
    pub log_level: Option<LogLevel>,
    /// Who asks, if that is known.
    pub principal: Option<&'a str>,
    /// What the client says it is.
    pub client_info: Option<&'a RawValue>,
    /// What the client can do for this call.
    pub client_capabilities: Option<&'a RawValue>,
    /// Where notifications about this call go: asked for by the few handlers that may send any.
    pub peer: &'a dyn Fn() -> Arc<dyn Peer>,
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("id", &self.id).field("method", &self.method).finish_non_exhaustive()
    }
}

impl<'a> Request<'a> {
    /// Reads the parameters as what a method takes.
    pub(crate) fn read<T: Deserialize<'a>>(&self) -> Result<T, ErrorObject> {
        self.params.read().map_err(|error| invalid(&error.to_string()))
    }

    /// A member of the parameters that must be a string.
    pub(crate) fn text(
        &self,
        member: &str,
        value: Option<&'a RawValue>,
    ) -> Result<Cow<'a, str>, ErrorObject> {
        let value = value.ok_or_else(|| invalid(&format!("`{member}` is missing")))?;
        read_text(value).ok_or_else(|| invalid(&format!("`{member}` must be a string")))
    }

    /// The raw text of `_meta`, for handlers that look into it.
    pub(crate) fn raw_meta(&self) -> Option<Box<RawValue>> {
        #[derive(Deserialize)]
        struct Meta<'a> {
            #[serde(borrow, rename = "_meta")]
            meta: Option<&'a RawValue>,
        }
        let Meta { meta } = self.params.read().ok()?;
        meta.map(ToOwned::to_owned)
    }
}

/// A string by reference, where it has no escapes.
pub fn read_text(value: &RawValue) -> Option<Cow<'_, str>> {
    let inside = value.get().strip_prefix('"')?.strip_suffix('"')?;
    if !inside.contains('\\') {
        return Some(Cow::Borrowed(inside));
    }
    serde_json::from_str(value.get()).ok().map(Cow::Owned)
}

/// The error for a request that needs what its client did not declare (rules S14, X2).
pub(crate) fn undeclared(why: impl Into<Cow<'static, str>>, required: &Value) -> ErrorObject {
    ErrorObject::new(code::MISSING_CLIENT_CAPABILITY, why)
        .with_data(json!({ "requiredCapabilities": required }))
}

fn invalid(why: &str) -> ErrorObject {
    ErrorObject::new(code::INVALID_PARAMS, format!("invalid parameters: {why}"))
}

/// Reads what a client says of itself, or what it sent in a wrong shape as if it had not.
pub(crate) fn read_or_default<T: DeserializeOwned + Default>(raw: Option<&RawValue>) -> T {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}
