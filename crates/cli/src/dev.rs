//! The commands `run` and `dev`: a server out of its source.

mod memory;
mod proxy;
mod watch;

use std::path::PathBuf;
use std::process::Stdio;

use clap::Args;
use serde_json::{Value, json};

use crate::node;
use crate::outcome::{Exit, Failure, Outcome};
use crate::program::Recipe;
use crate::terminal::{can_ask, say};

/// What the Inspector needs.
const NODE_NEEDED: node::Version = (22, 19);
const INSPECTOR: &str = "@modelcontextprotocol/inspector@2.12.0";

/// Builds the server of this folder, and serves: standard output stays clean.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Arguments of `cargo build`, and after another `--` those of the server.
    #[arg(last = true, value_name = "CARGO ARGS")]
    arguments: Vec<String>,
}

impl Run {
    /// Runs the command.
    pub(crate) async fn run(self) -> Result<Outcome, Failure> {
        let program = Recipe::new(self.arguments, None, None).build().await;
        let mut command = program.map_err(|why| Failure { why, exit: Exit::Machine })?.command();
        let mut child =
            command.spawn().map_err(|error| Failure::machine("cannot start the server", error))?;
        let ended = child.wait().await.map_err(|error| Failure::machine("the server is lost", error))?;
        let exit = if ended.success() { Exit::Worked } else { Exit::Machine };
        Ok(Outcome::new("", Value::Null).ending(exit))
    }
}

/// Serves, and builds and restarts whenever a file changes, while the client stays connected.
///
/// A client starts it like any server. A build that fails leaves the old server running, and its errors come to standard
/// error. At a terminal it opens the Inspector.
#[derive(Debug, Args)]
pub(crate) struct Dev {
    /// A server to start instead of what cargo builds, such as `"python3 server.py"`.
    #[arg(long, value_name = "COMMAND LINE")]
    command: Option<String>,
    /// What to run before each start of `--command`; it has to succeed.
    #[arg(long, value_name = "COMMAND LINE", requires = "command")]
    build: Option<String>,
    /// A file or folder to watch, too: all of this folder but `target` is watched.
    #[arg(long, value_name = "PATH")]
    watch: Vec<PathBuf>,
    /// Arguments of `cargo build`, and after another `--` those of the server.
    #[arg(last = true, value_name = "CARGO ARGS")]
    arguments: Vec<String>,
}

impl Dev {
    /// Runs the command.
    pub(crate) async fn run(self) -> Result<Outcome, Failure> {
        if can_ask() {
            return self.inspect().await;
        }
        let recipe = Recipe::new(self.arguments, self.command, self.build);
        let changes = watch::start(&self.watch)?;
        proxy::serve(&recipe, changes).await?;
        Ok(Outcome::new("", Value::Null))
    }

    /// Nobody speaks the protocol at a terminal: the Inspector does, and shows a page, on the loopback interface only.
    async fn inspect(&self) -> Result<Outcome, Failure> {
        if let Some(missing) = node::missing(NODE_NEEDED) {
            let advice =
                "A client starts `toolwright dev` like any server; at a terminal it opens the Inspector";
            return Err(Failure { why: format!("{advice}, but {missing}"), exit: Exit::Machine });
        }
        let program = std::env::current_exe().map_err(|error| Failure::machine("where am I", error))?;
        let folder = std::env::current_dir().map_err(|error| Failure::machine("where am I", error))?;
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let server = json!({"command": program, "args": arguments, "cwd": folder});
        let file = std::env::temp_dir().join(format!("toolwright-dev-{}.json", std::process::id()));
        std::fs::write(&file, json!({"mcpServers": {"dev": server}}).to_string())
            .map_err(|error| Failure::machine(format!("cannot write {}", file.display()), error))?;
        say("The Inspector opens in your browser; Ctrl-C ends it.");
        let mut inspector = tokio::process::Command::new("npx");
        inspector.args(["-y", INSPECTOR, "--web", "--config"]).arg(&file);
        inspector.env("HOST", "127.0.0.1").stdin(Stdio::null());
        let ended = tokio::select! {
            ended = inspector.status() => Some(ended),
            // The terminal tells the Inspector, too.
            _ = tokio::signal::ctrl_c() => None,
        };
        let _ = std::fs::remove_file(&file);
        let ended = ended.ok_or_else(Failure::interrupted)?;
        let ended =
            ended.map_err(|error| Failure::machine("cannot start npx, which comes with Node.js", error))?;
        Ok(Outcome::new("", Value::Null).ending(if ended.success() { Exit::Worked } else { Exit::Machine }))
    }
}
