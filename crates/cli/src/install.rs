//! `install` and `uninstall`: a server in a client's settings, and out of them again.

mod naming;
mod written;

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::clients::{self, Machine, Place, Scope};
use crate::launch::{Launch, looking};
use crate::look::{Look, look};
use crate::outcome::{Failure, Outcome};
use crate::settings;
use crate::show::plain;
use crate::terminal::nearest;
use written::{State, Text};

/// How to install a server.
#[derive(Debug, Args)]
#[command(
    after_help = "Clients: claude-desktop, claude-code, cursor, vscode, windsurf, zed, gemini-cli, codex, goose, \
lm-studio, opencode, copilot-cli, cline, kiro, antigravity, inspector, and json, which prints an entry for any \
other.\n\n  \
toolwright install claude-code -- my-server --verbose\n  \
toolwright install cursor --header \"Authorization: Bearer $TOKEN\" https://example.org/mcp"
)]
pub(crate) struct Install {
    /// Which client.
    client: String,
    /// What the server is called there; else it is called like its program or host.
    #[arg(long)]
    name: Option<String>,
    /// A variable for the server; it is written to the file as it is.
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// A header for every request to the URL; it is written to the file as it is.
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    #[command(flatten)]
    place: Which,
    /// Prints the entry and changes nothing.
    #[arg(long, conflicts_with = "dry_run")]
    print: bool,
    /// Prints a link that adds it with a click, for pages that others read, and changes nothing: cursor, vscode,
    /// lm-studio. It holds what `--env` and `--header` say, and a program that others have, too, is named without a path.
    #[arg(long, conflicts_with_all = ["dry_run", "print", "project", "file"])]
    link: bool,
    /// Takes the place of another server of that name.
    #[arg(long)]
    replace: bool,
    /// Does not start the server to see whether it works.
    #[arg(long)]
    no_check: bool,
    /// How many seconds the server may take for each answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
    /// A URL, or a command and its arguments, which all that follows belongs to.
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND ARGS... | URL")]
    server: Vec<String>,
}

/// How to take a server out.
#[derive(Debug, Args)]
pub(crate) struct Uninstall {
    /// Which client.
    client: String,
    /// What the server is called there.
    name: String,
    #[command(flatten)]
    place: Which,
}

/// Which file.
#[derive(Debug, Args)]
struct Which {
    /// In the settings of the project in the current folder, not in the user's.
    #[arg(long)]
    project: bool,
    /// In this file instead.
    #[arg(long, value_name = "PATH", conflicts_with = "project")]
    file: Option<PathBuf>,
    /// Shows what would change, and changes nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Which {
    fn place(&self, client: &'static clients::Client, machine: &Machine) -> Result<Place, Failure> {
        match &self.file {
            Some(file) => Ok(Place {
                client,
                scope: Scope::User,
                file: machine.folder.join(file),
                path: vec![client.key.to_owned()],
            }),
            None => client.place(machine, self.project),
        }
    }

    /// The command that takes a server out.
    fn undo(&self, client: &clients::Client, name: &str) -> String {
        let mut args = vec!["uninstall".to_owned()];
        args.extend(self.words());
        args.extend(name.starts_with('-').then(|| "--".to_owned()));
        args.extend([client.id, name].map(str::to_owned));
        Launch::Command { command: "toolwright".into(), args, env: Vec::new() }.shown()
    }

    fn words(&self) -> Vec<String> {
        let file = self.file.iter().flat_map(|file| ["--file".to_owned(), file.display().to_string()]);
        file.chain(self.project.then(|| "--project".to_owned())).collect()
    }
}

impl Install {
    pub(crate) async fn run(self) -> Result<Outcome, Failure> {
        let machine = Machine::here();
        let client = clients::find(&self.client)?;
        let launch = naming::launch(&self.server, &self.env, &self.header, &machine.folder, self.link)?;
        let name = match &self.name {
            Some(name) if name.is_empty() => return Err(Failure::wrong("a name has at least one letter")),
            Some(name) => name.clone(),
            None => naming::name(&self.server),
        };
        let entry = client.entry(&name, &launch)?;
        if self.link {
            let link = client.link(&name, &entry)?;
            let json = json!({"client": client.id, "name": name, "entry": entry, "link": link});
            return Ok(Outcome::new(format!("{link}\n"), json));
        }
        let has_no_file = client.id == "json" && !self.place.project && self.place.file.is_none();
        if self.print || has_no_file {
            let text = client.format.put("", &[client.key], &name, &entry).map_err(unprintable)?;
            let json = json!({"client": client.id, "name": name, "entry": entry, "text": text});
            return Ok(Outcome::new(text, json));
        }
        let text = Text::of(self.place.place(client, &machine)?)?;
        let change = text.with(&name, &entry, self.replace)?;
        let mut told = change.told(&name, self.place.dry_run)?;
        let mut notes = naming::notes(&launch, &machine.folder);
        if matches!(change.state, State::Written) && !self.place.dry_run && !self.no_check {
            notes.push(client.next.replace("NAME", &name));
        }
        if !self.place.dry_run && !self.no_check {
            let seen = self.check(text.place(), &name).await?;
            told.text += &format!("It works: {}.\n", plain(&seen.summary()));
            told.json["server"] = json!(seen.offers.facts.server);
            told.json["protocolVersion"] = json!(seen.offers.facts.version.as_str());
            told.json["tools"] = seen.offers.tools.iter().map(|tool| tool.name.as_str()).collect();
        }
        told.json["notes"] = json!(notes);
        told.text.extend(notes.iter().map(|note| format!("{note}\n")));
        Ok(told)
    }

    /// Starts the server from what the file says, as the client will.
    async fn check(&self, place: &Place, name: &str) -> Result<Look, Failure> {
        let undo = self.place.undo(place.client, name);
        let failed = |Failure { why, exit }: Failure| Failure {
            why: format!(
                "`{name}` stands in {}, but does not work: {why}\nto take it out: {undo}",
                place.file.display()
            ),
            exit,
        };
        let again = Text::of(Place { path: place.path.clone(), file: place.file.clone(), ..*place })?;
        let entry = again.entries().and_then(|all| all.get(name));
        let launch = entry.and_then(|entry| place.client.launch(entry));
        let launch = launch.ok_or_else(|| failed(Failure::wrong("its entry cannot be understood")))?;
        let launch = launch.filled(|name| std::env::var(name).ok());
        let launch = launch.map_err(|why| failed(Failure::wrong(why)))?;
        look(launch.target(), looking(self.timeout)).await.map_err(failed)
    }
}

impl Uninstall {
    pub(crate) fn run(self) -> Result<Outcome, Failure> {
        let machine = Machine::here();
        let client = clients::find(&self.client)?;
        let which = match (client.id, &self.place.file) {
            // It has no file but the project's.
            ("json", None) => Which { project: true, ..self.place },
            _ => self.place,
        };
        let text = Text::of(which.place(client, &machine)?)?;
        let names: Vec<&str> =
            text.entries().into_iter().flat_map(|all| all.keys()).map(String::as_str).collect();
        if !names.contains(&self.name.as_str()) {
            let near = nearest(&self.name, names.iter().copied());
            let advice = match (near.first(), names.is_empty()) {
                (Some(near), _) => format!("did you mean `{near}`?"),
                (None, true) => "there are none".to_owned(),
                (None, false) => format!("there are: {}", names.join(", ")),
            };
            let file = text.place().file.display();
            return Err(Failure::wrong(format!("there is no server `{}` in {file}; {advice}", self.name)));
        }
        let change = text.without(&self.name)?;
        change.told(&self.name, which.dry_run)
    }
}

fn unprintable(wrong: settings::Wrong) -> Failure {
    Failure::wrong(wrong.to_string())
}

/// Whether all that is wanted is there; a person may have added to it.
fn is_within(wanted: &Value, there: &Value) -> bool {
    match (wanted, there) {
        (Value::Object(wanted), Value::Object(there)) => {
            wanted.iter().all(|(key, value)| there.get(key).is_some_and(|there| is_within(value, there)))
        }
        _ => wanted == there,
    }
}
