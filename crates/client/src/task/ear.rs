//! Who waits for a task is told how it stands, where the server does that.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::mpsc;
use toolwright_types::method::Method;
use toolwright_types::tasks::Task;

use crate::client::Client;
use crate::error::Result;
use crate::inbox::Heard;
use crate::wire::{Ask, Begun};

/// How much may be unheard before more is lost: who misses something looks.
const ROOM: usize = 16;

/// Listens for one task, over a request that is held open.
pub(super) struct Ear {
    id: String,
    held: Option<(Begun, mpsc::Receiver<Heard>)>,
    is_told: bool,
}

impl Ear {
    /// Begins to listen; what a server does not tell is to be looked for.
    pub(super) async fn open(client: &Client, id: &str) -> Self {
        let held = Self::hold(client, id).await;
        let held = held.inspect_err(|error| tracing::debug!("nothing is told of a task: {error}")).ok();
        Self { id: id.to_owned(), held, is_told: false }
    }

    async fn hold(client: &Client, id: &str) -> Result<(Begun, mpsc::Receiver<Heard>)> {
        let ask =
            Ask { tasks: true, ..client.ask(Method::Listen, &json!({"notifications": {"taskIds": [id]}}))? };
        let wire = client.ready().await?;
        let mut begun = wire.begin(&ask)?;
        let (sender, heard) = mpsc::channel(ROOM);
        wire.inbox.listen(begun.number, sender);
        begun.send().await?;
        Ok((begun, heard))
    }

    /// Whether the server tells how the task stands.
    pub(super) fn is_told(&self) -> bool {
        self.is_told
    }

    /// What is told next, none if that is not understood; never ready where nothing is told.
    pub(super) async fn hear(&mut self) -> Option<Arc<Task>> {
        loop {
            let Some((begun, heard)) = &mut self.held else { return std::future::pending().await };
            let heard = tokio::select! {
                biased;
                heard = heard.recv() => heard,
                _ = begun.wait() => None,
            };
            match heard {
                Some(Heard::Acknowledged(tasks)) if tasks.contains(&self.id) => self.is_told = true,
                Some(Heard::Task(Some(task))) if task.task_id == self.id => return Some(task),
                Some(Heard::Task(None)) => return None,
                Some(Heard::Task(_) | Heard::Change(_)) => {}
                Some(Heard::Acknowledged(_)) | None => (self.held, self.is_told) = (None, false),
            }
        }
    }
}
