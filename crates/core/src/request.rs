//! One call as the core sees it, whichever era it came from.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use toolwright_types::dialect::Dialect;
use toolwright_types::jsonrpc::{ErrorObject, Id, code};
use toolwright_types::logging::LogLevel;
use toolwright_types::meta::RequestMeta;
use toolwright_types::method::Method;

/// Where notifications about a call go: the connection, or the stream of one request.
pub trait Peer: Send + Sync + 'static {
    /// Sends one complete JSON-RPC message, or drops it when the other side does not keep up.
    fn notify(&self, message: Vec<u8>);
}

/// One call: a modern request fills this from its `_meta`, a legacy one from its session.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Echoed in the answer.
    pub id: Id<'a>,
    /// What is asked.
    pub method: Method,
    /// The raw parameters.
    pub params: Option<&'a RawValue>,
    /// How to answer.
    pub dialect: &'static Dialect,
    /// The `_meta` of the request.
    pub meta: &'a RequestMeta<'a>,
    /// From which level on log messages are wanted; none are without.
    pub log_level: Option<LogLevel>,
    /// What the client says it is.
    pub client_info: Option<&'a RawValue>,
    /// What the client can do for this call.
    pub client_capabilities: Option<&'a RawValue>,
    /// Where notifications about this call go.
    pub peer: &'a Arc<dyn Peer>,
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("id", &self.id).field("method", &self.method).finish_non_exhaustive()
    }
}

impl<'a> Request<'a> {
    /// Reads the parameters; absent ones are an empty object.
    pub(crate) fn read<T: Deserialize<'a>>(&self) -> Result<T, ErrorObject> {
        let text = self.params.map_or("{}", RawValue::get);
        serde_json::from_str(text)
            .map_err(|error| ErrorObject::new(code::INVALID_PARAMS, format!("invalid parameters: {error}")))
    }

    /// The raw text of `_meta`, for handlers that look into it.
    pub(crate) fn raw_meta(&self) -> Option<Box<RawValue>> {
        #[derive(Deserialize)]
        struct Params<'a> {
            #[serde(borrow, rename = "_meta")]
            meta: Option<&'a RawValue>,
        }
        let params: Params<'_> = serde_json::from_str(self.params?.get()).ok()?;
        params.meta.map(ToOwned::to_owned)
    }
}

/// Reads what a client says of itself, or what it sent in a wrong shape as if it had not.
pub(crate) fn read_or_default<T: DeserializeOwned + Default>(raw: Option<&RawValue>) -> T {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}
