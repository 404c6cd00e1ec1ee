//! The command `toolwright`: asks servers from a shell what they offer, and calls it.

mod arguments;
mod show;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use serde_json::{Value, json};
use toolwright::Client;
use toolwright::client::Error;
use toolwright::types::version::ProtocolVersion;

/// Asks Model Context Protocol servers, of every version of the protocol.
#[derive(Debug, Parser)]
#[command(name = "toolwright", version, after_help = EXIT_CODES)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 it worked, 1 the tool failed, 2 the command is wrong, 3 the server cannot be \
                          reached, 4 the server refused.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists what a server offers.
    List {
        #[command(flatten)]
        server: Server,
    },
    /// Calls a tool.
    Call {
        #[command(flatten)]
        server: Server,
        /// The tool's name.
        tool: String,
        /// Arguments: `name=value`, read as the tool's schema says, or `name:=JSON`.
        arguments: Vec<String>,
    },
    /// Reads a resource.
    Read {
        #[command(flatten)]
        server: Server,
        /// The resource's URI.
        uri: String,
    },
    /// Gets a prompt.
    Prompt {
        #[command(flatten)]
        server: Server,
        /// The prompt's name.
        name: String,
        /// Arguments: `name=value`.
        arguments: Vec<String>,
    },
}

#[derive(Debug, Args)]
struct Server {
    /// A URL, or a command line in quotes: `"npx -y some-server"`.
    server: String,
    /// Says everything as JSON.
    #[arg(long)]
    json: bool,
    /// Speaks this version of the protocol, such as 2025-11-25, instead of finding out which is best.
    #[arg(long, value_name = "VERSION")]
    protocol: Option<ProtocolVersion>,
    /// How many seconds an answer may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
}

/// What is to be said, and how it ended.
struct Outcome {
    text: String,
    json: Value,
    failed: bool,
}

/// What went wrong, and the exit code for it.
struct Failure {
    why: String,
    code: u8,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match error {
            Error::Tool(_) => 1,
            Error::Gone(_) | Error::TimedOut(_) => 3,
            _ => 4,
        };
        Self { why: error.to_string(), code }
    }
}

fn main() -> ExitCode {
    let CommandLine { command } = CommandLine::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&Failure { why: error.to_string(), code: 3 }),
    };
    let (server, outcome) = runtime.block_on(run(&command));
    match outcome {
        Ok(outcome) => {
            let text = if server.json { format!("{:#}\n", outcome.json) } else { outcome.text };
            // Whoever closes the pipe has seen enough.
            let _ = io::stdout().write_all(text.as_bytes());
            ExitCode::from(u8::from(outcome.failed))
        }
        Err(failure) => fail(&failure),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    let _ = writeln!(io::stderr(), "toolwright: {}", show::plain(&failure.why));
    ExitCode::from(failure.code)
}

async fn run(command: &Command) -> (&Server, Result<Outcome, Failure>) {
    match command {
        Command::List { server } => (server, on(server, list).await),
        Command::Call { server, tool, arguments } => {
            (server, on(server, async |client| call(client, tool, arguments).await).await)
        }
        Command::Read { server, uri } => (server, on(server, async |client| read(client, uri).await).await),
        Command::Prompt { server, name, arguments } => {
            (server, on(server, async |client| prompt(client, name, arguments).await).await)
        }
    }
}

/// Connects, works, and lets the server end.
async fn on(
    server: &Server,
    work: impl AsyncFnOnce(&Client) -> Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    let options = Client::options().name("toolwright", env!("CARGO_PKG_VERSION"));
    let options = options.timeout(Duration::from_secs(server.timeout));
    let options = server.protocol.into_iter().fold(options, |options, version| options.version(version));
    let client = options.connect(server.server.as_str()).await?;
    let outcome = work(&client).await;
    client.close().await;
    outcome
}

async fn list(client: &Client) -> Result<Outcome, Failure> {
    let capabilities = &client.server().capabilities;
    let tools = if capabilities.tools.is_some() { client.list_tools().await? } else { Vec::new() };
    let (mut resources, mut templates, mut prompts) = (Vec::new(), Vec::new(), Vec::new());
    if capabilities.resources.is_some() {
        resources = client.list_resources().await?;
        // Some servers have resources and know no templates.
        templates = client.list_resource_templates().await.unwrap_or_default();
    }
    if capabilities.prompts.is_some() {
        prompts = client.list_prompts().await?;
    }
    let facts = client.server();
    Ok(Outcome {
        text: show::offers(facts, &tools, &resources, &templates, &prompts),
        json: json!({
            "server": facts.server, "protocolVersion": facts.version.as_str(), "instructions": facts.instructions,
            "tools": tools, "resources": resources, "resourceTemplates": templates, "prompts": prompts,
        }),
        failed: false,
    })
}

async fn call(client: &Client, name: &str, given: &[String]) -> Result<Outcome, Failure> {
    let wrong = |why: String| Failure { why, code: 2 };
    let tools = client.list_tools().await?;
    let tool = tools.iter().find(|tool| tool.name == name).ok_or_else(|| {
        let names: Vec<_> = tools.iter().map(|tool| tool.name.as_str()).collect();
        wrong(format!("there is no tool `{name}`; there are: {}", names.join(", ")))
    })?;
    let arguments = arguments::read(given, &tool.input_schema).map_err(wrong)?;
    let result = client.call_tool(name, &arguments).await?;
    Ok(Outcome {
        text: show::content(&result.content),
        json: json!(result),
        failed: result.is_error == Some(true),
    })
}

async fn read(client: &Client, uri: &str) -> Result<Outcome, Failure> {
    let contents = client.read_resource(uri).await?;
    Ok(Outcome { text: show::contents(&contents), json: json!({ "contents": contents }), failed: false })
}

async fn prompt(client: &Client, name: &str, given: &[String]) -> Result<Outcome, Failure> {
    let pairs = arguments::pairs(given).map_err(|why| Failure { why, code: 2 })?;
    let prompt = client.get_prompt(name, pairs).await?;
    Ok(Outcome { text: show::messages(&prompt.messages), json: json!(prompt), failed: false })
}
