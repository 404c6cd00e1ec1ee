//! `discover`: the servers that clients know, which can be asked as `client:name`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::clients::{CLIENTS, Client, Machine, Place, Scope};
use crate::launch::Launch;
use crate::outcome::{Exit, Failure, Outcome};
use crate::settings::{entries, file};
use crate::show::plain;
use crate::terminal::nearest;

/// Nothing is to be said.
#[derive(Debug, Args)]
pub(crate) struct Discover {}

/// A server in a client's settings.
pub(crate) struct Known {
    pub(crate) client: &'static Client,
    pub(crate) name: String,
    pub(crate) scope: Scope,
    pub(crate) file: PathBuf,
    /// None when the entry is not understood.
    pub(crate) launch: Option<Launch>,
}

/// A file that cannot be read.
pub(crate) struct Broken {
    pub(crate) file: PathBuf,
    pub(crate) why: String,
}

/// What all files say.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) known: Vec<Known>,
    pub(crate) broken: Vec<Broken>,
    /// Files that are there.
    pub(crate) files: Vec<PathBuf>,
}

impl Discover {
    pub(crate) fn run(self) -> Outcome {
        let found = Found::on(&Machine::here());
        let mut text = String::new();
        let mut last = None;
        for known in &found.known {
            if last != Some(&known.file) {
                let _ = writeln!(text, "{}{}", if last.is_some() { "\n" } else { "" }, known.file.display());
                last = Some(&known.file);
            }
            let shown =
                known.launch.as_ref().map_or_else(|| "an entry that is not understood".into(), Launch::shown);
            let scope = if known.scope == Scope::Local { "  (this folder only)" } else { "" };
            let _ = writeln!(text, "  {}  {shown}{scope}", plain(&known.target()));
        }
        if found.known.is_empty() {
            text += "No client here knows a server. `toolwright install CLIENT -- COMMAND` adds one.\n";
        }
        for Broken { file, why } in &found.broken {
            let _ = writeln!(text, "\n{}\n  cannot be read: {}", file.display(), plain(why));
        }
        let json = json!({
            "servers": found.known.iter().map(Known::json).collect::<Vec<_>>(),
            "broken": found.broken.iter().map(Broken::json).collect::<Vec<_>>(),
        });
        Outcome::new(text, json).ending(if found.broken.is_empty() { Exit::Worked } else { Exit::Found })
    }
}

impl Found {
    /// Reads the files of all clients.
    pub(crate) fn on(machine: &Machine) -> Self {
        let mut found = Self::default();
        let mut seen = Vec::new();
        for place in CLIENTS.iter().flat_map(|client| client.places(machine)) {
            // In the home folder, a project's file may be the user's.
            let key = (place.client.id, place.file.clone(), place.path.clone());
            if !seen.contains(&key) {
                seen.push(key);
                found.read(&place);
            }
        }
        found
    }

    fn read(&mut self, place: &Place) {
        let text = file::read(&place.file).map_err(|error| error.to_string());
        let settings = match text {
            Ok(None) => return,
            Ok(Some(text)) => place.client.format.read(&text).map_err(|wrong| wrong.to_string()),
            Err(why) => Err(why),
        };
        let Place { client, scope, file, path } = place;
        let settings = match settings {
            Ok(settings) => settings,
            Err(why) => {
                if !self.broken.iter().any(|broken| broken.file == *file) {
                    self.broken.push(Broken { file: file.clone(), why });
                }
                return;
            }
        };
        if !self.files.contains(file) {
            self.files.push(file.clone());
        }
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        for (name, entry) in entries(&settings, &path).into_iter().flatten() {
            // Goose has extensions that are no servers.
            let is_built_in =
                |kind: &Value| matches!(kind.as_str(), Some("builtin" | "platform" | "frontend"));
            if !entry.get("type").is_some_and(is_built_in) {
                let launch = client.launch(entry);
                let (name, file) = (name.clone(), file.clone());
                self.known.push(Known { client, name, scope: *scope, file, launch });
            }
        }
    }
}

impl Known {
    pub(crate) fn target(&self) -> String {
        format!("{}:{}", self.client.id, self.name)
    }

    fn json(&self) -> Value {
        let launch = self.launch.as_ref().map(Launch::json);
        let file = self.file.display().to_string();
        json!({
            "target": self.target(), "client": self.client.id, "name": self.name, "scope": self.scope.name(),
            "file": file, "launch": launch,
        })
    }
}

impl Broken {
    fn json(&self) -> Value {
        json!({"file": self.file.display().to_string(), "why": self.why})
    }
}

/// The server that `client:name` means; none when this is no such text.
pub(crate) fn named(target: &str) -> Option<Result<Launch, Failure>> {
    let (id, name) = target.split_once(':')?;
    let client = CLIENTS.iter().find(|client| client.id == id)?;
    let mut found = Found::default();
    client.places(&Machine::here()).iter().for_each(|place| found.read(place));
    let Some(known) = found.known.iter().find(|known| known.name == name) else {
        let names: Vec<&str> = found.known.iter().map(|known| known.name.as_str()).collect();
        let advice = match (nearest(name, names.iter().copied()).first(), found.broken.first()) {
            (_, Some(Broken { file, why })) => format!("{} cannot be read: {why}", file.display()),
            (Some(near), None) => format!("did you mean `{id}:{near}`?"),
            (None, None) => "`toolwright discover` lists those that there are".to_owned(),
        };
        return Some(Err(Failure::wrong(format!("{} knows no server `{name}`; {advice}", client.title))));
    };
    let file = known.file.display();
    let unclear = || Failure::wrong(format!("the entry of `{name}` in {file} is not understood"));
    let launch = known.launch.clone().ok_or_else(unclear);
    let fill = |launch: Launch| launch.filled(|name| std::env::var(name).ok()).map_err(Failure::wrong);
    Some(launch.and_then(fill))
}
