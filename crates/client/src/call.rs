//! A call of a tool, as it is described and then awaited.

use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use toolwright_types::method::Method;
use toolwright_types::progress::ProgressParams;
use toolwright_types::tools::CallToolResult;

use crate::client::{Client, typed};
use crate::error::Result;
use crate::wire::{Ask, read};

/// A call of a tool: await it. Dropping it, or what awaits it, cancels the call.
#[must_use = "a call is made when it is awaited"]
pub struct Call {
    client: Client,
    ask: Result<Ask>,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tool = self.ask.as_ref().ok().and_then(|ask| ask.name.as_deref());
        f.debug_struct("Call").field("tool", &tool).finish_non_exhaustive()
    }
}

impl Call {
    pub(crate) fn new(client: &Client, tool: &str, arguments: Result<String>) -> Self {
        let timeout = client.timeout();
        let ask = arguments.map(|arguments| Ask {
            method: Method::CallTool.name(),
            params: format!(r#"{{"name":{},"arguments":{arguments}}}"#, Value::from(tool)),
            name: Some(tool.to_owned()),
            timeout,
            ..Ask::default()
        });
        Self { client: client.clone(), ask }
    }

    /// How long to wait for the answer, instead of as long as for any other.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        if let Ok(ask) = &mut self.ask {
            ask.timeout = timeout;
        }
        self
    }

    /// Hears how far the call has come, if its tool reports.
    pub fn on_progress(mut self, hear: impl Fn(ProgressParams) + Send + Sync + 'static) -> Self {
        if let Ok(ask) = &mut self.ask {
            ask.progress = Some(Arc::new(hear));
        }
        self
    }

    /// Sends a member of `_meta` along, under a name such as `com.example/tenant`.
    pub fn meta(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        if let Ok(ask) = &mut self.ask {
            ask.meta.insert(name.into(), value.into());
        }
        self
    }

    /// Makes the call, and reads its result as a `T`: its structured content, or else its text.
    ///
    /// # Errors
    ///
    /// [`Error::Tool`](crate::Error::Tool) when the tool failed; else as every operation.
    pub async fn typed<T: DeserializeOwned>(self) -> Result<T> {
        typed(self.await?)
    }

    async fn made(self) -> Result<CallToolResult> {
        let Self { client, ask } = self;
        let ask = ask?;
        #[cfg(feature = "validate")]
        if client.0.options.check_output {
            let tool = ask.name.clone().unwrap_or_default();
            let result = Self::answered(&client, ask).await?;
            client.0.outputs.check(&tool, &result)?;
            return Ok(result);
        }
        Self::answered(&client, ask).await
    }

    async fn answered(client: &Client, ask: Ask) -> Result<CallToolResult> {
        #[cfg(feature = "http")]
        if client.wire().link.has_headers() {
            return read(&client.call_mirrored(ask).await?);
        }
        read(&client.asking(ask).await?)
    }
}

impl IntoFuture for Call {
    type Output = Result<CallToolResult>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.made())
    }
}
