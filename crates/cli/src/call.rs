//! The commands `call` and `task`: for people and for pipes.

mod field;
mod progress;
mod question;
mod task;

use std::sync::Arc;

use clap::Args;
use serde_json::{Map, Value, json};
use toolwright::Client;
use toolwright::client::{Begun, Options};
use toolwright::types::tools::{CallToolResult, Tool};

use self::progress::Progress;
use self::question::Questions;
pub(crate) use self::task::Task;
use crate::outcome::{Exit, Failure, Outcome};
use crate::server::Server;
use crate::{arguments, show, terminal};

/// Calls a tool.
///
/// At a terminal, arguments that are missing are asked for, progress is a bar, and what the server asks is asked of you.
/// In a pipe, `--answer`, `--yes` and `--decline` answer instead. Ctrl-C cancels the call. A call that becomes a task is
/// waited for, and Ctrl-C cancels that.
#[derive(Debug, Args)]
pub(crate) struct Call {
    #[command(flatten)]
    server: Server,
    /// The tool's name.
    tool: String,
    /// Arguments: `name=value`, read as the tool's schema says, or `name:=JSON`.
    arguments: Vec<String>,
    #[command(flatten)]
    answers: Answers,
    /// Prints the id of the task that the call becomes, and does not wait for it: `toolwright task` goes on. The server
    /// must outlive this command, as those behind URLs do.
    #[arg(long)]
    task: bool,
}

/// How questions of the server are answered.
#[derive(Debug, Args)]
struct Answers {
    /// Answers a question of the server: this field of its form has this value.
    #[arg(long = "answer", value_name = "FIELD=VALUE")]
    answers: Vec<String>,
    /// Agrees to what the server asks, with the values its form suggests.
    #[arg(long)]
    yes: bool,
    /// Declines what the server asks.
    #[arg(long, conflicts_with_all = ["yes", "answers"])]
    decline: bool,
}

impl Answers {
    /// A client that answers so, and the bar of its call.
    fn options(&self, server: &Server) -> Result<(Options, Arc<Progress>), Failure> {
        let answers = arguments::pairs(&self.answers).map_err(Failure::wrong)?;
        let progress = Arc::new(Progress::new(server.verbose));
        let questions = Arc::new(Questions::new(answers, self.yes, self.decline, progress.clone()));
        let options = server.options().tasks(true).on_elicit(move |asked| {
            let questions = questions.clone();
            async move { Ok(questions.answer(asked).await) }
        });
        Ok((options, progress))
    }
}

impl Call {
    /// Runs the command.
    pub(crate) async fn run(self) -> Result<Outcome, Failure> {
        let (options, progress) = self.answers.options(&self.server)?;
        let work = async |client: &Client| {
            let made = tokio::select! {
                made = self.call(client, progress.clone()) => made,
                // What is dropped is cancelled.
                _ = tokio::signal::ctrl_c() => Err(Failure::interrupted()),
            };
            progress.end();
            made
        };
        self.server.meet(options, work).await
    }

    async fn call(&self, client: &Client, progress: Arc<Progress>) -> Result<Outcome, Failure> {
        let tools = client.list_tools().await?;
        let tool = find(&self.tool, &tools)?;
        let mut given = arguments::read(&self.arguments, &tool.input_schema).map_err(Failure::wrong)?;
        complete(&mut given, tool).await?;
        let call = client.call_tool(&tool.name, &given).on_progress(move |step| progress.hear(&step));
        if !self.task {
            return Ok(outcome(&call.await?));
        }
        match call.begin().await? {
            Begun::Done(result) => Ok(outcome(&result)),
            Begun::Task(task) => {
                Ok(Outcome::new(format!("{}\n", show::plain(task.id())), json!({"taskId": task.id()})))
            }
        }
    }
}

/// What a tool gave.
fn outcome(result: &CallToolResult) -> Outcome {
    let exit = if result.is_error == Some(true) { Exit::ToolFailed } else { Exit::Worked };
    Outcome::new(show::content(&result.content), json!(result)).ending(exit)
}

/// The tool of that name, or the names that are like it.
pub(crate) fn find<'a>(name: &str, tools: &'a [Tool]) -> Result<&'a Tool, Failure> {
    tools.iter().find(|tool| tool.name == name).ok_or_else(|| {
        let names: Vec<_> = tools.iter().map(|tool| tool.name.as_str()).collect();
        let alike = terminal::nearest(name, names.iter().copied());
        let advice = match alike.as_slice() {
            [] => format!("there are: {}", names.join(", ")),
            alike => format!("did you mean {}?", alike.join(", ")),
        };
        Failure::wrong(format!("there is no tool `{name}`; {advice}"))
    })
}

/// Asks for the arguments that are missing, or says which they are.
async fn complete(given: &mut Map<String, Value>, tool: &Tool) -> Result<(), Failure> {
    let schema = &tool.input_schema;
    let missing = arguments::missing(given, schema);
    if missing.is_empty() {
        return Ok(());
    }
    if !terminal::can_ask() {
        let names: Vec<_> = missing.iter().map(|name| format!("`{name}`")).collect();
        let all = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
        let all: Vec<_> = all.map(|name| format!("\n  {}", arguments::described(name, schema))).collect();
        let (names, all) = (names.join(", "), all.concat());
        return Err(Failure::wrong(format!("`{}` needs {names}; its arguments are:{all}", tool.name)));
    }
    for name in missing {
        let value = loop {
            let typed = terminal::ask(format!("{} = ", arguments::described(&name, schema))).await;
            match arguments::coerced(&name, &typed.ok_or_else(Failure::interrupted)?, schema) {
                Ok(value) => break value,
                Err(why) => terminal::say(&why),
            }
        };
        given.insert(name, value);
    }
    Ok(())
}
