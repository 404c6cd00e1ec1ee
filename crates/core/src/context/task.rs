//! How a call becomes a task.

use std::sync::Arc;

use super::Context;
use crate::task::Life;

impl Context {
    /// From here on the call is a task: answered with an id that the client asks for the rest with.
    ///
    /// For a tool with `#[tool(task(deferred))]`. What the handler asks before goes to the client as ever, and must be
    /// answered first; what it asks afterwards is asked while it waits. Nothing happens for a client that knows no
    /// tasks, nor in a call that is a task already.
    ///
    /// ```
    /// use toolwright::prelude::*;
    ///
    /// # async fn export(year: u16) -> Result<String> { Ok(String::new()) }
    /// /// Exports the orders of a year.
    /// #[tool(task(deferred))]
    /// async fn export_orders(year: u16, ctx: Context) -> Result<String> {
    ///     if !ctx.confirm("This takes an hour. Begin?").await? {
    ///         return Ok("Nothing was exported.".into());
    ///     }
    ///     ctx.begin_task().await;
    ///     export(year).await
    /// }
    /// # let _ = toolset![export_orders];
    /// ```
    pub async fn begin_task(&self) {
        let Some(life) = self.task() else { return };
        if life.want() {
            self.wake_call();
            life.begun().await;
        }
    }

    /// The call is or may become a task.
    pub(crate) fn set_task(&self, life: &Arc<Life>) {
        // Set once, where the call begins.
        let _ = self.0.task.set(Arc::clone(life));
    }

    pub(crate) fn task(&self) -> Option<&Arc<Life>> {
        self.0.task.get()
    }

    pub(crate) fn wants_task(&self) -> bool {
        self.task().is_some_and(|life| life.is_wanted())
    }
}
