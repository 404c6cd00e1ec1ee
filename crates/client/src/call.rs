//! A call of a tool, as it is described and then awaited.

use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use toolwright_types::lifecycle::ResultType;
use toolwright_types::method::Method;
use toolwright_types::progress::ProgressParams;
use toolwright_types::tools::CallToolResult;

use crate::client::{Client, typed};
use crate::error::{Error, Result};
use crate::task::{Attended, Begun, RemoteTask};
use crate::wire::{Ask, Reply};

/// A call of a tool: await it. Dropping it, or what awaits it, cancels the call, and the task it may have become.
#[must_use = "a call is made when it is awaited"]
pub struct Call {
    client: Client,
    ask: Result<Ask>,
    task_timeout: Duration,
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
            tasks: client.0.options.tasks,
            ..Ask::default()
        });
        Self { client: client.clone(), ask, task_timeout: client.0.options.task_timeout }
    }

    /// How long to wait for the answer, and for the end of a task, instead of as long as for any other.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.task_timeout = timeout;
        if let Ok(ask) = &mut self.ask {
            ask.timeout = timeout;
        }
        self
    }

    /// Lets the call become a task, where the server wants that: awaiting it awaits the task, answers what that asks, and
    /// hears what it says of itself.
    ///
    /// ```no_run
    /// # async fn example(client: toolwright_client::Client) -> toolwright_client::Result {
    /// let pages: u32 = client.call_tool("print_orders", serde_json::json!({"year": 2026})).task().typed().await?;
    /// # let _ = pages;
    /// # Ok(())
    /// # }
    /// ```
    pub fn task(mut self) -> Self {
        if let Ok(ask) = &mut self.ask {
            ask.tasks = true;
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

    /// Makes the call, and does not wait for the task it may become: that goes on, whatever becomes of this client.
    ///
    /// # Errors
    ///
    /// As every operation: see [`Error`].
    pub async fn begin(self) -> Result<Begun> {
        self.task().begun().await
    }

    async fn made(self) -> Result<CallToolResult> {
        match self.begun().await? {
            Begun::Done(result) => Ok(result),
            // What most calls never need is not part of each.
            Begun::Task(task) => Box::pin(Attended::new(task).wait()).await,
        }
    }

    async fn begun(self) -> Result<Begun> {
        let Self { client, ask, task_timeout } = self;
        let mut ask = ask?;
        let may_be_task = ask.tasks && client.wire().is_modern();
        let reply = answered(&client, &mut ask).await?;
        if reply.kind == ResultType::Task {
            if !may_be_task {
                return Err(Error::Invalid("a task that nobody asked for".into()));
            }
            return RemoteTask::created(&client, ask.name, task_timeout, ask.progress, &reply.result)
                .map(Begun::Task);
        }
        let result = reply.read()?;
        client.check(ask.name.as_deref(), &result)?;
        Ok(Begun::Done(result))
    }
}

async fn answered(client: &Client, ask: &mut Ask) -> Result<Reply> {
    #[cfg(feature = "http")]
    if client.repeats_arguments() {
        return client.call_mirrored(ask).await;
    }
    client.asking(ask).await
}

impl IntoFuture for Call {
    type Output = Result<CallToolResult>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.made())
    }
}
