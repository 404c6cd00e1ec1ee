//! The command `task`: goes on with what `call --task` began.

use clap::Args;
use serde_json::json;
use toolwright::Client;
use toolwright::client::RemoteTask;
use toolwright::types::tasks;

use super::{Answers, outcome};
use crate::outcome::{Failure, Outcome};
use crate::server::Server;
use crate::show::plain;

/// Waits for a task, such as `call --task` begins, and shows its result.
///
/// What the task asks is asked of you, as `call` does it. Ctrl-C ends only the wait.
#[derive(Debug, Args)]
pub(crate) struct Task {
    #[command(flatten)]
    server: Server,
    /// The task's id.
    id: String,
    /// Shows how it stands, and does not wait.
    #[arg(long)]
    status: bool,
    /// Cancels it.
    #[arg(long, conflicts_with = "status")]
    cancel: bool,
    #[command(flatten)]
    answers: Answers,
}

impl Task {
    /// Runs the command.
    pub(crate) async fn run(self) -> Result<Outcome, Failure> {
        let (options, progress) = self.answers.options(&self.server)?;
        let work = async |client: &Client| {
            let hears = progress.clone();
            let task = client.task(&self.id).on_progress(move |step| hears.hear(&step));
            let ended = tokio::select! {
                ended = self.go_on(&task) => ended,
                _ = tokio::signal::ctrl_c() => Err(Failure::interrupted()),
            };
            progress.end();
            ended
        };
        self.server.meet(options, work).await
    }

    async fn go_on(&self, task: &RemoteTask) -> Result<Outcome, Failure> {
        if self.cancel {
            task.cancel().await?;
        }
        if self.cancel || self.status {
            return Ok(standing(&task.status().await?));
        }
        Ok(outcome(&task.wait().await?))
    }
}

/// How a task stands, in a word or two.
fn standing(task: &tasks::Task) -> Outcome {
    let status = json!(task.status);
    let status = status.as_str().unwrap_or_default();
    let message = task.status_message.as_deref().map(|message| format!(": {}", plain(message)));
    Outcome::new(format!("{status}{}\n", message.unwrap_or_default()), json!(task))
}
