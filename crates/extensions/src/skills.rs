//! Skills: instructions for agents, served with the server they are about.
//!
//! <https://modelcontextprotocol.io/extensions/skills/overview>

mod directory;
mod frontmatter;
mod skill;

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use toolwright_core::component::Component;
use toolwright_core::error::{Error, Result, ToolError};
use toolwright_core::extension::{Extension, ExtensionMethod};
use toolwright_core::{Cache, component::Resource};
use toolwright_types::capability::extension::SKILLS;

pub use skill::{InvalidSkill, Skill};

/// How many entries a page of `skills/list` has.
const PAGE: usize = 50;

/// The extension Skills: what it serves is read when the server is made, and does not change.
///
/// Each file is a resource under `skill://`. A client that does not know the extension sees ordinary resources.
///
/// ```
/// use toolwright::prelude::*;
/// use toolwright::skills::{Skill, Skills};
///
/// # fn main() -> toolwright::Result {
/// let refunds = Skill::new("---\nname: refunds\ndescription: How refunds are made\n---\nAsk for the order first.\n")?
///     .file("examples/email.md", "Dear customer,\n")?;
/// let service = Server::new("shop").extension(Skills::new().skill(refunds)).build()?;
/// # let _ = service;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Skills {
    skills: Vec<Skill>,
    cache: Cache,
}

impl Skills {
    /// The extension, without skills.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a skill.
    #[must_use]
    pub fn skill(mut self, skill: Skill) -> Self {
        self.skills.push(skill);
        self
    }

    /// Adds the skills of a folder: each folder in it that has a `SKILL.md`.
    ///
    /// # Errors
    ///
    /// As [`Skill::read`], for any of them, and when the folder cannot be read.
    pub fn folder(mut self, path: impl AsRef<Path>) -> Result<Self, InvalidSkill> {
        self.skills.extend(directory::skills(path.as_ref())?);
        Ok(self)
    }

    /// How long clients since 2026-07-28 may keep skills, and the list of them: not at all by default.
    #[must_use]
    pub fn cache(mut self, cache: Cache) -> Self {
        self.cache = cache;
        self
    }

    fn list(&self) -> ExtensionMethod {
        let entries: Arc<[Value]> = self.skills.iter().flat_map(Skill::entries).collect();
        let list = move |ListParams { cursor }: ListParams| {
            let entries = Arc::clone(&entries);
            async move {
                let page = match cursor {
                    None => 0,
                    Some(cursor) => page_of(&cursor, entries.len()).ok_or_else(unknown_cursor)?,
                };
                let rest = &entries[page * PAGE..];
                let mut result = json!({"skills": &rest[..rest.len().min(PAGE)]});
                if rest.len() > PAGE {
                    result["nextCursor"] = format!("s{}", page + 1).into();
                }
                Ok(result)
            }
        };
        ExtensionMethod::new("skills/list", list).cache(self.cache)
    }

    fn get(&self) -> ExtensionMethod {
        let entries = self.skills.iter().flat_map(Skill::entries);
        let by_uri: Arc<Map<String, Value>> = Arc::new(
            entries.map(|entry| (entry["uri"].as_str().unwrap_or_default().to_owned(), entry)).collect(),
        );
        let get = move |GetParams { uri }: GetParams| {
            let found = by_uri.get(&uri).cloned();
            async move {
                found.map(|skill| json!({ "skill": skill })).ok_or_else(|| Error::not_found("such a skill"))
            }
        };
        ExtensionMethod::new("skills/get", get).cache(self.cache)
    }

    fn read_directory(&self) -> ExtensionMethod {
        let directories = Arc::new(directory::children(&self.skills));
        let read = move |DirectoryParams { uri, cursor }: DirectoryParams| {
            let found = directories.get(&uri).cloned();
            async move {
                if cursor.is_some() {
                    return Err(unknown_cursor());
                }
                found
                    .map(|children| json!({ "resources": children }))
                    .ok_or_else(|| Error::not_found("such a directory"))
            }
        };
        ExtensionMethod::new("resources/directory/read", read).cache(self.cache)
    }
}

impl Extension for Skills {
    const ID: &'static str = SKILLS;

    fn settings(&self) -> Map<String, Value> {
        Map::from_iter([("directoryRead".to_owned(), true.into())])
    }

    fn components(&self) -> Vec<Component> {
        let files = self.skills.iter().flat_map(Skill::resources);
        files.map(|file: Resource| file.cache(self.cache).into()).collect()
    }

    fn methods(&self) -> Vec<ExtensionMethod> {
        vec![self.list(), self.get(), self.read_directory()]
    }

    fn faults(&self, _: &[Component]) -> Vec<String> {
        // Without any there is no capability `resources`, which this one stands on.
        let is_empty = self.skills.is_empty();
        is_empty
            .then(|| "the extension Skills has no skill: add one with `Skills::skill`".to_owned())
            .into_iter()
            .collect()
    }
}

#[derive(Deserialize)]
struct ListParams {
    #[serde(default)]
    cursor: Option<String>,
}

#[derive(Deserialize)]
struct GetParams {
    uri: String,
}

#[derive(Deserialize)]
struct DirectoryParams {
    uri: String,
    #[serde(default)]
    cursor: Option<String>,
}

fn page_of(cursor: &str, entries: usize) -> Option<usize> {
    let page: usize = cursor.strip_prefix('s')?.parse().ok()?;
    (page > 0 && page < entries.div_ceil(PAGE)).then_some(page)
}

fn unknown_cursor() -> Error {
    ToolError::new("unknown cursor").into()
}
