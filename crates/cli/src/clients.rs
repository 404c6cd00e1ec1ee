//! The clients that servers are installed in: where their settings are, and what an entry looks like.

mod entry;
mod link;
mod machine;
mod table;

use std::path::PathBuf;

use serde_json::Value;

pub(crate) use machine::{Machine, Os, Where};
pub(crate) use table::CLIENTS;

use crate::launch::Launch;
use crate::outcome::Failure;
use crate::settings::Format;
use crate::terminal::nearest;

/// One client, as data.
///
/// Paths begin with `~` or a `$VARIABLE`; where there are several, the first that exists is meant, or else the first.
/// Entries are templates in JSON: a text in capitals behind a `$` stands for what is put there.
#[derive(Debug)]
pub(crate) struct Client {
    /// What it is called on the command line.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    linux: &'static [&'static str],
    mac: &'static [&'static str],
    windows: &'static [&'static str],
    /// In a project's folder.
    project: &'static [&'static str],
    pub(crate) format: Format,
    /// The object that the entries are in.
    pub(crate) key: &'static str,
    /// Holds more such objects in the user's file, each for one folder.
    folders: Option<&'static str>,
    command: &'static str,
    /// None when its file takes no URLs.
    url: Option<&'static str>,
    /// Asks its user to add a server: a template, too.
    link: Option<&'static str>,
    /// What to do when the file is written, and where to look when it does not work.
    pub(crate) next: &'static str,
}

/// For whom the servers in a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    User,
    Project,
    /// The user's file, for this folder only.
    Local,
}

impl Scope {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Project => "project",
            Self::Local => "local",
        }
    }
}

/// An object of entries in a file.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) client: &'static Client,
    pub(crate) scope: Scope,
    pub(crate) file: PathBuf,
    /// The keys that lead to the entries.
    pub(crate) path: Vec<String>,
}

/// Finds a client by its name.
pub(crate) fn find(id: &str) -> Result<&'static Client, Failure> {
    let all = || CLIENTS.iter().map(|client| client.id);
    CLIENTS.iter().find(|client| client.id == id).ok_or_else(|| {
        let advice = match nearest(id, all()).first() {
            Some(near) => format!("did you mean `{near}`? There are"),
            None => "there are".to_owned(),
        };
        let all: Vec<_> = all().collect();
        Failure::wrong(format!("there is no client `{id}`; {advice} {}", all.join(", ")))
    })
}

impl Client {
    /// Where its servers stand: those that come first win over the others.
    pub(crate) fn places(&'static self, machine: &Machine) -> Vec<Place> {
        let entries = || vec![self.key.to_owned()];
        let place = |scope, file, path| Place { client: self, scope, file, path };
        let user = match machine.find(self.user(machine.os)) {
            Where::At(file) => vec![file],
            // To look at, none is in doubt.
            Where::Several(files) => files,
            Where::Nowhere => Vec::new(),
        };
        let mut places = Vec::new();
        if let Some(folders) = self.folders {
            let path = vec![folders.to_owned(), machine.folder.display().to_string(), self.key.to_owned()];
            places.extend(user.iter().map(|file| place(Scope::Local, file.clone(), path.clone())));
        }
        if let Where::At(file) = machine.in_folder(self.project) {
            places.push(place(Scope::Project, file, entries()));
        }
        places.extend(user.into_iter().map(|file| place(Scope::User, file, entries())));
        places
    }

    /// The place to write to.
    pub(crate) fn place(&'static self, machine: &Machine, is_project: bool) -> Result<Place, Failure> {
        let (title, path) = (self.title, vec![self.key.to_owned()]);
        let place = |scope, file| Ok(Place { client: self, scope, file, path });
        if is_project {
            return match machine.in_folder(self.project) {
                Where::At(file) => place(Scope::Project, file),
                _ => {
                    Err(Failure::wrong(format!("{title} has no settings in projects: leave out `--project`")))
                }
            };
        }
        match machine.find(self.user(machine.os)) {
            Where::At(file) => place(Scope::User, file),
            Where::Several(files) => {
                let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
                let files = files.join("\n  ");
                Err(Failure::wrong(format!(
                    "{title} is installed more than once; `--file PATH` says which is meant:\n  {files}"
                )))
            }
            Where::Nowhere => Err(Failure::wrong(format!(
                "it is not known where {title} has its settings: set HOME, or say it with `--file PATH`"
            ))),
        }
    }

    fn user(&self, os: Os) -> &'static [&'static str] {
        match os {
            Os::Linux => self.linux,
            Os::Mac => self.mac,
            Os::Windows => self.windows,
        }
    }

    /// The entry that makes it start or reach a server.
    pub(crate) fn entry(&self, name: &str, launch: &Launch) -> Result<Value, Failure> {
        match launch {
            Launch::Command { .. } => Ok(entry::written(self.command, name, launch)),
            Launch::Url { .. } => match self.url {
                Some(template) => Ok(entry::written(template, name, launch)),
                None => Err(Failure::wrong(format!(
                    "{}'s file takes no URLs: add it in the app, at Settings → Connectors, or install a command",
                    self.title
                ))),
            },
        }
    }

    /// The link that asks its user to add a server.
    pub(crate) fn link(&self, name: &str, entry: &Value) -> Result<String, Failure> {
        let with_links = || CLIENTS.iter().filter(|client| client.link.is_some()).map(|client| client.id);
        let missing = || {
            let known: Vec<_> = with_links().collect();
            Failure::wrong(format!("{} knows no links that add servers; {} do", self.title, known.join(", ")))
        };
        Ok(link::written(self.link.ok_or_else(missing)?, name, entry))
    }

    /// What an entry makes it start or reach; none when it cannot be understood.
    pub(crate) fn launch(&self, entry: &Value) -> Option<Launch> {
        entry::read(self.command, self.url, entry)
    }
}
