//! The command `toolwright`: asks servers from a shell what they offer, calls them, and makes new ones.

mod outcome;
mod show;
mod terminal;
mod arguments;
mod settings;
mod launch;
mod clients;
mod discover;
mod sign_in;
mod server;
mod ask;
mod call;
mod inspect;
mod new;
mod node;
mod program;
mod dev;
mod package;
mod bench;
mod conformance;
mod look;
mod install;
mod doctor;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use serde_json::{Value, json};

use crate::outcome::{Failure, Outcome};
use crate::server::Server;

/// Asks Model Context Protocol servers, of every version of the protocol, and helps to write them.
#[derive(Debug, Parser)]
#[command(name = "toolwright", version, after_help = outcome::EXIT_CODES)]
struct CommandLine {
    /// Says everything as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists what a server offers.
    List {
        #[command(flatten)]
        server: Server,
    },
    /// Calls a tool.
    Call(Box<call::Call>),
    /// Waits for a task that a call has become, or cancels it.
    Task(Box<call::Task>),
    /// Shows everything a server offers, what is wrong with it, and what it costs a model to read.
    Inspect(Box<inspect::Inspect>),
    /// Makes the project of a new server.
    New(new::New),
    /// Builds the server of this folder, and serves.
    Run(dev::Run),
    /// Serves, and builds and restarts on change, while the client stays connected.
    Dev(dev::Dev),
    /// Packs the server of this folder, for Claude Desktop and for the registry.
    Package(Box<package::Package>),
    /// Measures how long a tool takes, and how many calls a server answers.
    Bench(Box<bench::Bench>),
    /// Runs the official conformance suite.
    Conformance(conformance::Conformance),
    /// Writes the completions of a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Reads a resource.
    Read {
        #[command(flatten)]
        server: Server,
        /// The resource's URI.
        uri: String,
        /// Waits until the resource changes, and reads it then.
        #[arg(long)]
        after_change: bool,
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
    /// Adds a server to a client's settings, and sees that it works.
    Install(install::Install),
    /// Takes a server out of a client's settings.
    Uninstall(install::Uninstall),
    Logout(sign_in::Logout),
    /// Lists the servers in the settings of all clients.
    Discover(discover::Discover),
    /// Looks for what is wrong with a server, or with all that clients know.
    Doctor(doctor::Doctor),
}

fn main() -> ExitCode {
    let CommandLine { json, command } = CommandLine::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&Failure::machine("cannot start", error), json),
    };
    let outcome = runtime.block_on(run(command));
    // Somebody may still be asked at the terminal, and need not answer any more.
    runtime.shutdown_background();
    match outcome {
        Ok(outcome) => {
            let text = match outcome.json {
                // What served standard output has said all there is to say on it.
                Value::Null => outcome.text,
                value if json => format!("{value:#}\n"),
                _ => outcome.text,
            };
            // Whoever closes the pipe has seen enough.
            let _ = io::stdout().write_all(text.as_bytes());
            ExitCode::from(outcome.exit as u8)
        }
        Err(failure) => fail(&failure, json),
    }
}

fn fail(Failure { why, exit }: &Failure, json: bool) -> ExitCode {
    let code = *exit as u8;
    let told = if json {
        json!({"error": {"message": why, "exitCode": code}}).to_string()
    } else {
        format!("toolwright: {}", show::plain(why))
    };
    let _ = writeln!(io::stderr(), "{told}");
    ExitCode::from(code)
}

async fn run(command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::List { server } => server.meet(server.options(), ask::list).await,
        Command::Call(call) => call.run().await,
        Command::Task(task) => task.run().await,
        Command::Inspect(inspect) => inspect.run().await,
        Command::New(new) => new.run(),
        Command::Run(run) => run.run().await,
        Command::Dev(dev) => dev.run().await,
        Command::Package(package) => package.run().await,
        Command::Bench(bench) => bench.run().await,
        Command::Conformance(conformance) => conformance.run().await,
        Command::Completions { shell } => Ok(completions(shell)),
        Command::Read { server, uri, after_change } => {
            server.meet(server.options(), async |client| ask::read(client, &uri, after_change).await).await
        }
        Command::Install(install) => install.run().await,
        Command::Uninstall(uninstall) => uninstall.run(),
        Command::Logout(logout) => logout.run(),
        Command::Discover(discover) => Ok(discover.run()),
        Command::Doctor(doctor) => doctor.run().await,
        Command::Prompt { server, name, arguments } => {
            server.meet(server.options(), async |client| ask::prompt(client, &name, &arguments).await).await
        }
    }
}

fn completions(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "toolwright", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Outcome::new(script.as_str(), json!({"shell": shell.to_string(), "script": script}))
}
