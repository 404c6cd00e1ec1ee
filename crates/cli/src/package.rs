//! The command `package`: a server as a file that clients install, and its entry for the registry.

mod archive;
mod manifest;
mod option;
mod registry;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use toolwright::Client;

use self::manifest::Facts;
use self::option::UserOption;
use crate::outcome::{Exit, Failure, Outcome};
use crate::program::Recipe;
use crate::terminal::say;

/// How long the packed program may take to say what it offers.
const TIME_TO_ANSWER: Duration = Duration::from_secs(10);

/// Packs the server of this folder as an MCP bundle (.mcpb), and writes its server.json for the registry.
///
/// The same program and options give the same bytes.
#[derive(Debug, Args)]
pub(crate) struct Package {
    /// A program that is built already, instead of what `cargo build --release` makes.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// The folder for what is made.
    #[arg(long, value_name = "DIR", default_value = "dist")]
    out: PathBuf,
    /// An argument of the server, such as `--db=${user_config.db}`.
    #[arg(long = "arg", value_name = "ARGUMENT", allow_hyphen_values = true)]
    arguments: Vec<String>,
    /// What a person is asked at installation: `db=file,required`. What no `--arg` names is an environment variable.
    ///
    /// The type is one of string, number, boolean, directory, file; then `required`, `sensitive`, `default=VALUE`.
    #[arg(long = "option", value_name = "KEY=TYPE")]
    options: Vec<UserOption>,
    /// Who made it, if `authors` of Cargo.toml does not say.
    #[arg(long)]
    author: Option<String>,
    /// The name in the registry, if it is not made from `repository`: `io.github.USER/NAME`.
    #[arg(long)]
    registry_name: Option<String>,
    /// Where the bundle will be downloaded, if not as a release of `repository`.
    #[arg(long)]
    url: Option<String>,
    /// Does not start the program to see what it offers.
    #[arg(long)]
    no_check: bool,
    /// Arguments of `cargo build --release`.
    #[arg(last = true, value_name = "CARGO ARGS")]
    cargo: Vec<String>,
}

impl Package {
    /// Runs the command.
    pub(crate) async fn run(self) -> Result<Outcome, Failure> {
        let facts = Facts::of_this_folder(self.author.as_deref()).await?;
        let binary = self.program().await?;
        let tools = self.tools(&binary).await?;
        let manifest = manifest::manifest(&facts, &self.arguments, &self.options, tools);
        let program = fs::read(&binary).map_err(|error| Failure::machine(binary.display(), error))?;
        let bundle = archive::bundle(&manifest, &facts.entry_point(), &program)
            .map_err(|error| Failure::machine("cannot pack", error))?;
        let sha256 = hex(&Sha256::digest(&bundle));
        let name = format!("{}-{}-{}.mcpb", facts.name, facts.version, manifest::platform());
        self.write(&name, &bundle)?;
        let mut text =
            format!("{} ({} bytes, sha256 {sha256})\n", self.out.join(&name).display(), bundle.len());
        let entry = registry::entry(&facts, &self, &name, &sha256);
        match &entry {
            Ok(entry) => {
                self.write("server.json", format!("{entry:#}\n").as_bytes())?;
                text += &format!("{}\n", self.out.join("server.json").display());
                text +=
                    "Next: upload the bundle to the URL in server.json, and run `mcp-publisher publish`\n";
            }
            Err(why) => say(&format!("no server.json: {why}")),
        }
        let json = json!({
            "bundle": self.out.join(&name), "bytes": bundle.len(), "sha256": sha256, "manifest": manifest,
            "server": entry.ok(),
        });
        Ok(Outcome::new(text, json))
    }

    async fn program(&self) -> Result<PathBuf, Failure> {
        let built = match &self.binary {
            Some(binary) => binary.clone(),
            None => {
                let cargo = std::iter::once("--release".to_owned()).chain(self.cargo.iter().cloned());
                let program = Recipe::new(cargo.collect(), None, None).build().await;
                program.map_err(|why| Failure { why, exit: Exit::Machine })?.path().to_owned()
            }
        };
        built.canonicalize().map_err(|error| {
            Failure::wrong(format!(
                "there is no program {}: {error}; without `--binary`, it is built",
                built.display()
            ))
        })
    }

    /// What the program offers, which also shows that it starts; none if it needs a person's options.
    async fn tools(&self, binary: &Path) -> Result<Option<Value>, Failure> {
        if self.no_check || !self.options.is_empty() {
            return Ok(None);
        }
        // What a server makes where it starts is not for this folder.
        let folder = std::env::temp_dir().join(format!("toolwright-package-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|error| Failure::machine(folder.display(), error))?;
        let server = toolwright::client::Command::new(binary).args(&self.arguments).current_dir(&folder);
        let tools = async {
            let client = Client::options().timeout(TIME_TO_ANSWER).connect(server).await?;
            let tools = client.list_tools().await;
            client.close().await;
            tools
        };
        let tools = tools.await;
        let _ = fs::remove_dir_all(&folder);
        let tools = tools.map_err(|error| {
            let why = format!(
                "the program does not answer as a server: {error}; `--no-check` packs it all the same"
            );
            Failure { why, exit: Exit::Unreachable }
        })?;
        let tool = |tool: &toolwright::types::tools::Tool| json!({"name": tool.name, "description": tool.description});
        Ok(Some(tools.iter().map(tool).collect()))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let file = self.out.join(name);
        fs::create_dir_all(&self.out)
            .and_then(|()| fs::write(&file, bytes))
            .map_err(|error| Failure::machine(format!("cannot write {}", file.display()), error))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
