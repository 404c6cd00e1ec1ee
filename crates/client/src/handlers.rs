//! What a client does for its server: asks its user or its model, lists its roots, hears its log.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::{Map, Value, json};
use toolwright_types::capability::{
    ClientCapabilities, ElicitationCapability, RootsCapability, SamplingCapability,
};
use toolwright_types::elicitation::{ElicitParams, ElicitResult};
use toolwright_types::input::InputRequest;
use toolwright_types::jsonrpc::{ErrorObject, code};
use toolwright_types::lifecycle::EmptyParams;
use toolwright_types::logging::LogMessageParams;
use toolwright_types::roots::{ListRootsResult, Root};
use toolwright_types::sampling::{CreateMessageParams, CreateMessageResult};

type Answering<P, R> = Arc<dyn Fn(P) -> BoxFuture<'static, Result<R, ErrorObject>> + Send + Sync>;

/// Hears text that a server said beside the protocol.
pub(crate) type Hearing = Arc<dyn Fn(&str) + Send + Sync>;

/// Everything a server may ask or tell its client.
#[derive(Clone, Default)]
pub(crate) struct Handlers {
    pub(crate) elicit: Option<Answering<ElicitParams, ElicitResult>>,
    pub(crate) sample: Option<Answering<CreateMessageParams, CreateMessageResult>>,
    pub(crate) roots: Option<Arc<[Root]>>,
    pub(crate) stderr: Option<Hearing>,
    pub(crate) stray: Option<Hearing>,
    pub(crate) log: Option<Arc<dyn Fn(LogMessageParams) + Send + Sync>>,
}

/// Makes a handler out of an async closure.
pub(crate) fn answering<P, R, F>(handler: impl Fn(P) -> F + Send + Sync + 'static) -> Answering<P, R>
where
    F: Future<Output = Result<R, ErrorObject>> + Send + 'static,
{
    Arc::new(move |params| Box::pin(handler(params)))
}

impl Handlers {
    /// What the client can do is what it has handlers for.
    pub(crate) fn capabilities(&self) -> ClientCapabilities {
        let some = || Some(Map::new());
        ClientCapabilities {
            elicitation: self.elicit.as_ref().map(|_| ElicitationCapability { form: some(), url: some() }),
            sampling: self.sample.as_ref().map(|_| SamplingCapability { context: None, tools: some() }),
            roots: self.roots.as_ref().map(|_| RootsCapability::default()),
            ..ClientCapabilities::default()
        }
    }

    /// Answers a request of a legacy server.
    pub(crate) async fn answer(&self, method: &str, params: Value) -> Result<Value, ErrorObject> {
        if method == "ping" {
            return Ok(json!({}));
        }
        let params = if params.is_null() { json!({}) } else { params };
        let question = json!({"method": method, "params": params});
        match serde_json::from_value(question) {
            Ok(question) => self.respond(question).await,
            Err(_) if !matches!(method, "elicitation/create" | "sampling/createMessage" | "roots/list") => {
                Err(ErrorObject::new(code::METHOD_NOT_FOUND, format!("method `{method}` not found")))
            }
            Err(error) => Err(ErrorObject::new(code::INVALID_PARAMS, error.to_string())),
        }
    }

    /// Answers a question, of either era; a handler that panics is a failure of this side.
    pub(crate) async fn respond(&self, question: InputRequest) -> Result<Value, ErrorObject> {
        AssertUnwindSafe(self.handled(question)).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!("a handler has panicked: its question is answered with an error");
            Err(ErrorObject::new(code::INTERNAL_ERROR, "the client failed to answer"))
        })
    }

    /// Tells the user's program something; if that panics, the conversation goes on.
    pub(crate) fn tell<T>(hear: &(dyn Fn(T) + Send + Sync), what: T) {
        if catch_unwind(AssertUnwindSafe(|| hear(what))).is_err() {
            tracing::error!("a handler has panicked: what it was told is lost");
        }
    }

    async fn handled(&self, question: InputRequest) -> Result<Value, ErrorObject> {
        match question {
            InputRequest::Elicit(params) => {
                value(unless_missing(&self.elicit, "elicitation")?(params).await?)
            }
            InputRequest::CreateMessage(params) => {
                value(unless_missing(&self.sample, "sampling")?(*params).await?)
            }
            InputRequest::ListRoots(EmptyParams { .. }) => {
                let roots = unless_missing(&self.roots, "roots")?.to_vec();
                value(ListRootsResult { roots, meta: None })
            }
            _ => Err(ErrorObject::new(code::METHOD_NOT_FOUND, "this question is not known here")),
        }
    }
}

/// A server must not ask for what was not declared.
fn unless_missing<'a, T>(handler: &'a Option<T>, capability: &str) -> Result<&'a T, ErrorObject> {
    let missing = || {
        let why = format!("this client does not have the capability `{capability}`");
        ErrorObject::new(code::METHOD_NOT_FOUND, why)
    };
    handler.as_ref().ok_or_else(missing)
}

fn value(answer: impl Serialize) -> Result<Value, ErrorObject> {
    serde_json::to_value(answer).map_err(|error| ErrorObject::new(code::INTERNAL_ERROR, error.to_string()))
}
