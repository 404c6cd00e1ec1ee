//! A call that became a task: it goes on after its answer, and is asked for by its id (rules X1 to X11).

mod ear;
mod questions;
mod follow;

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json, value::RawValue};
use toolwright_types::lifecycle::ResultType;
use toolwright_types::method::Method;
use toolwright_types::progress::ProgressParams;
use toolwright_types::tasks::{Task, TaskStatus};
use toolwright_types::tools::CallToolResult;

use crate::client::{Client, typed};
use crate::error::{Error, Result};
use crate::inbox::OnProgress;
use crate::wire::Reply;

/// What a call has become: the server decides that.
#[derive(Debug)]
pub enum Begun {
    /// It is done: this is its result.
    Done(CallToolResult),
    /// It goes on as a task.
    Task(RemoteTask),
}

/// A task of a server: the id to keep, and what can be done with it. Dropping it changes nothing.
///
/// ```no_run
/// use serde_json::json;
/// use toolwright_client::{Begun, Client};
///
/// # async fn example(client: Client) -> toolwright_client::Result {
/// let pages: u32 = match client.call_tool("print_orders", json!({"year": 2026})).begin().await? {
///     Begun::Task(task) => {
///         // Kept, it is found again after a restart: `client.task(id)`.
///         println!("{}", task.id());
///         task.typed().await?
///     }
///     Begun::Done(result) => result.content.len() as u32,
/// };
/// # let _ = pages;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RemoteTask {
    client: Client,
    id: String,
    /// Whose call it is, if that is known.
    tool: Option<String>,
    timeout: Duration,
    progress: Option<OnProgress>,
    /// How it stood at its beginning.
    first: Option<Arc<Task>>,
}

impl std::fmt::Debug for RemoteTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteTask").field("id", &self.id).field("tool", &self.tool).finish_non_exhaustive()
    }
}

impl Client {
    /// A task that was begun before, in whatever conversation, by its id.
    ///
    /// ```no_run
    /// # async fn example(client: toolwright_client::Client, id: &str) -> toolwright_client::Result {
    /// let result = client.task(id).on_progress(|now| eprintln!("{:?}", now.message)).wait().await?;
    /// # let _ = result;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn task(&self, id: impl Into<String>) -> RemoteTask {
        let timeout = self.0.options.task_timeout;
        RemoteTask { client: self.clone(), id: id.into(), tool: None, timeout, progress: None, first: None }
    }
}

impl RemoteTask {
    /// The task that a call has become.
    pub(crate) fn created(
        client: &Client,
        tool: Option<String>,
        timeout: Duration,
        progress: Option<OnProgress>,
        result: &RawValue,
    ) -> Result<Self> {
        let first: Task =
            serde_json::from_str(result.get()).map_err(|error| Error::invalid("a task", error))?;
        if first.task_id.is_empty() {
            return Err(Error::Invalid("a task without an id".into()));
        }
        let (client, id) = (client.clone(), first.task_id.clone());
        Ok(Self { client, id, tool, timeout, progress, first: Some(Arc::new(first)) })
    }

    /// Its id: whoever knows it, and is the same caller to the server, may ask for the task.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How long [`wait`](Self::wait) waits, instead of as long as for any other.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Hears what the task says of itself, whenever that changes: as `message`, with the number of the change.
    #[must_use]
    pub fn on_progress(mut self, hear: impl Fn(ProgressParams) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(hear));
        self
    }

    /// How it stands now.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when the server does not know it, or not any more; else as every operation.
    pub async fn status(&self) -> Result<Task> {
        self.read(&self.ask(Method::GetTask, &json!({ "taskId": self.id })).await?)
    }

    fn read(&self, found: &Reply) -> Result<Task> {
        let task: Task = found.read()?;
        if task.task_id == self.id {
            return Ok(task);
        }
        Err(Error::Invalid(format!("the task {:?} instead of {:?}", task.task_id, self.id)))
    }

    /// Waits for its result, and answers what it asks meanwhile. Who gives up waiting does not stop the task.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when the task failed, with the error it failed with; [`Error::Cancelled`]; [`Error::TimedOut`]
    /// when it takes too long, while it goes on; else as every operation.
    pub async fn wait(&self) -> Result<CallToolResult> {
        let ended = self.ended().await?;
        self.outcome(ended)
    }

    /// Waits for its result, and reads it as a `T`: its structured content, or else its text.
    ///
    /// # Errors
    ///
    /// [`Error::Tool`] when the tool failed; else as [`wait`](Self::wait).
    pub async fn typed<T: DeserializeOwned>(&self) -> Result<T> {
        typed(self.wait().await?)
    }

    /// Wants it to stop. The server need not obey: [`status`](Self::status) tells.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when the server does not know it; else as every operation.
    pub async fn cancel(&self) -> Result {
        let heard = self.ask(Method::CancelTask, &json!({ "taskId": self.id })).await?;
        heard.read::<Value>().map(drop)
    }

    async fn ask(&self, method: Method, params: &Value) -> Result<Reply> {
        let version = self.client.server().version;
        if !self.client.wire().is_modern() {
            return Err(Error::Gone(format!("the server speaks {version}, which has no such tasks")));
        }
        let mut ask = self.client.ask(method, params)?;
        // Rules X2 and X9.
        (ask.tasks, ask.name) = (true, Some(self.id.clone()));
        ask.timeout = ask.timeout.min(self.timeout);
        self.client.request(&ask, 0).await
    }

    /// How a task ended is how its call did (rule X6).
    fn outcome(&self, ended: Task) -> Result<CallToolResult> {
        let lacks = |what: &str| Error::Invalid(format!("a task that has ended without its {what}"));
        match ended.status {
            TaskStatus::Completed => {
                let result = Value::Object(ended.result.ok_or_else(|| lacks("result"))?);
                let result: CallToolResult = serde_json::from_value(result)
                    .map_err(|error| Error::invalid("a task's result", error))?;
                match &result.result_type {
                    None | Some(ResultType::Complete) => {}
                    Some(other) => {
                        let why = format!("a task's result of the type {:?}", other.as_str());
                        return Err(Error::Invalid(why));
                    }
                }
                self.client.check(self.tool.as_deref(), &result)?;
                Ok(result)
            }
            TaskStatus::Failed => Err(ended.error.map_or_else(|| lacks("error"), Error::Refused)),
            TaskStatus::Cancelled => Err(Error::Cancelled(ended.status_message.unwrap_or_default())),
            other => Err(Error::Invalid(format!("a task that has ended and is {other:?}"))),
        }
    }

    /// Cancels it on a task of the runtime; the client is not closed before that.
    fn abandon(self) {
        let runtime = tokio::runtime::Handle::try_current();
        let said = Arc::clone(&self.client.0.farewells).try_read_owned();
        if let (Ok(runtime), Ok(said)) = (runtime, said) {
            runtime.spawn(async move {
                let _ = self.cancel().await;
                drop(said);
            });
        }
    }
}

/// A task that belongs to whoever waits for it: dropped before its end, it is cancelled.
pub(crate) struct Attended(Option<RemoteTask>);

impl Attended {
    pub(crate) fn new(task: RemoteTask) -> Self {
        Self(Some(task))
    }

    /// Waits for its result.
    pub(crate) async fn wait(mut self) -> Result<CallToolResult> {
        let Some(task) = &self.0 else { return Err(Error::Cancelled(String::new())) };
        let ended = task.ended().await?;
        let outcome = task.outcome(ended);
        self.0 = None;
        outcome
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.abandon();
        }
    }
}
