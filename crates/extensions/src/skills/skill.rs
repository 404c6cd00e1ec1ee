//! One skill: its files, and what is told of them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use toolwright_core::component::Resource;
use toolwright_types::content::ResourceContents;

use super::{directory, frontmatter};

/// The file that makes a folder a skill.
pub(super) const MANIFEST: &str = "SKILL.md";
/// What every client must take: files of one skill, and bytes of all of them.
const MOST_FILES: usize = 512;
pub(super) const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Why something is no skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSkill(String);

impl InvalidSkill {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }

    /// The same, with the place where it was found.
    pub(super) fn within(self, place: &Path) -> Self {
        Self(format!("skill `{}`: {}", place.display(), self.0))
    }
}

impl fmt::Display for InvalidSkill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidSkill {}

/// A skill: a `SKILL.md`, and the files it speaks of, as they were when it was made.
///
/// A `SKILL.md` further down is a skill of its own, too.
#[derive(Debug, Clone)]
pub struct Skill {
    /// Where it stands among the server's skills, its name last.
    path: String,
    files: BTreeMap<String, Vec<u8>>,
    /// The heads of its `SKILL.md` and of those further down, by the folder they stand in.
    heads: BTreeMap<String, Map<String, Value>>,
}

impl Skill {
    /// A skill from the text of its `SKILL.md`, which begins with a name and a description.
    ///
    /// # Errors
    ///
    /// [`InvalidSkill`] when the head is missing or not as <https://agentskills.io/specification> has it.
    pub fn new(manifest: impl Into<String>) -> Result<Self, InvalidSkill> {
        let manifest = manifest.into();
        let head = frontmatter::read(&manifest)?;
        let path = head["name"].as_str().unwrap_or_default().to_owned();
        let files = BTreeMap::from([(MANIFEST.to_owned(), manifest.into_bytes())]);
        Ok(Self { path, files, heads: BTreeMap::from([(String::new(), head)]) })
    }

    /// A skill from a folder with a `SKILL.md`, and all other files in it and below.
    ///
    /// Hidden files are left out. Links are refused: what is served lies in the folder.
    ///
    /// # Errors
    ///
    /// [`InvalidSkill`] as for [`new`](Self::new) and [`file`](Self::file), when the folder is not called like the
    /// skill, and when anything in it cannot be read.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, InvalidSkill> {
        directory::skill(folder.as_ref()).map_err(|error| error.within(folder.as_ref()))
    }

    /// Adds a file at a path within the skill, with `/` between names: `references/forms.md`.
    ///
    /// # Errors
    ///
    /// [`InvalidSkill`] for a path that is there already or leads out, and beyond 512 files or 16 MiB, which is what
    /// every client must take.
    pub fn file(mut self, path: &str, contents: impl Into<Vec<u8>>) -> Result<Self, InvalidSkill> {
        let is_name = |name: &str| !matches!(name, "" | "." | "..") && !name.contains(['\\', '\0']);
        if !path.split('/').all(is_name) {
            return Err(InvalidSkill::new(format!(
                "`{path}` is no path within a skill: write `folder/file.md`"
            )));
        }
        let is_folder = |file: &String| file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        let mut above = path.match_indices('/').map(|(end, _)| &path[..end]);
        if self.files.contains_key(path)
            || self.files.keys().any(is_folder)
            || above.any(|folder| self.files.contains_key(folder))
        {
            return Err(InvalidSkill::new(format!("`{path}` is there already")));
        }
        let contents = contents.into();
        let size = self.files.values().map(Vec::len).sum::<usize>() + contents.len();
        if self.files.len() == MOST_FILES || size > MOST_BYTES {
            return Err(InvalidSkill::new(format!(
                "at most {MOST_FILES} files, of {MOST_BYTES} bytes together"
            )));
        }
        if let Some(folder) = path.strip_suffix("/SKILL.md") {
            let text = std::str::from_utf8(&contents).map_err(|_| not_text(path))?;
            let head = frontmatter::read(text)?;
            check_name(&head, folder.rsplit('/').next().unwrap_or(folder))?;
            self.heads.insert(folder.to_owned(), head);
        }
        self.files.insert(path.to_owned(), contents);
        Ok(self)
    }

    /// Puts it below others: `acme/billing` makes `refunds` `skill://acme/billing/refunds`.
    ///
    /// # Errors
    ///
    /// [`InvalidSkill`] for a path with empty names or others than of letters, digits, `-`, `.` and `_`.
    pub fn under(mut self, prefix: &str) -> Result<Self, InvalidSkill> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let is_name = |name: &str| !matches!(name, "" | "." | "..") && name.chars().all(legal);
        if !prefix.split('/').all(is_name) {
            return Err(InvalidSkill::new(format!("`{prefix}` is no path for skills: write `acme/billing`")));
        }
        self.path = format!("{prefix}/{}", self.path);
        Ok(self)
    }

    /// The URI of its folder.
    pub fn uri(&self) -> String {
        format!("skill://{}", self.path)
    }

    pub(super) fn named(self, folder: &str) -> Result<Self, InvalidSkill> {
        check_name(&self.heads[""], folder)?;
        Ok(self)
    }

    fn file_uri(&self, path: &str) -> String {
        format!("skill://{}/{}", self.path, encode(path))
    }

    /// What `skills/list` says of it, and of the skills further down.
    pub(super) fn entries(&self) -> Vec<Value> {
        let entry = |(folder, head): (&String, &Map<String, Value>)| {
            let inside = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            let files = self.files.iter().filter(|(path, _)| path.starts_with(&inside));
            let resources: Vec<_> = files
                .map(|(path, bytes)| json!({"uri": self.file_uri(path), "digest": sha256(bytes), "size": bytes.len()}))
                .collect();
            json!({"uri": self.file_uri(&format!("{inside}{MANIFEST}")), "frontmatter": head, "resources": resources})
        };
        self.heads.iter().map(entry).collect()
    }

    /// Its files.
    pub(super) fn resources(&self) -> Vec<Resource> {
        self.files.iter().map(|(path, bytes)| self.resource(path, bytes)).collect()
    }

    fn resource(&self, path: &str, bytes: &[u8]) -> Resource {
        let uri = self.file_uri(path);
        let mut contents = match std::str::from_utf8(bytes) {
            Ok(text) => ResourceContents::text(uri, text),
            Err(_) => ResourceContents::blob(uri, STANDARD.encode(bytes)),
        };
        contents.mime_type = Some(mime_type(path, bytes).to_owned());
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let head = self.heads.get(folder).filter(|_| file == MANIFEST);
        let text = |member: &str| head.and_then(|head| head[member].as_str());
        let resource = Resource::fixed(text("name").unwrap_or(file), contents).size(bytes.len() as u64);
        match text("description") {
            Some(description) => resource.description(description),
            None => resource,
        }
    }
}

fn check_name(head: &Map<String, Value>, folder: &str) -> Result<(), InvalidSkill> {
    match head["name"].as_str() {
        Some(name) if name == folder => Ok(()),
        name => {
            let name = name.unwrap_or_default();
            Err(InvalidSkill::new(format!(
                "it is called `{name}`, and its folder `{folder}`: give both one name"
            )))
        }
    }
}

pub(super) fn not_text(path: &str) -> InvalidSkill {
    InvalidSkill::new(format!("`{path}` is not UTF-8"))
}

fn sha256(bytes: &[u8]) -> String {
    let hex: String = digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// A path as it stands in a URI.
fn encode(path: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    path.bytes().map(encode).collect()
}

fn mime_type(path: &str, bytes: &[u8]) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase().as_str() {
        "md" => "text/markdown",
        "html" | "htm" => "text/html",
        "css" => "text/css",
        "csv" => "text/csv",
        "js" | "mjs" => "text/javascript",
        "json" => "application/json",
        "xml" => "application/xml",
        "yaml" | "yml" => "application/yaml",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "webp" => "image/webp",
        _ if std::str::from_utf8(bytes).is_ok() => "text/plain",
        _ => "application/octet-stream",
    }
}
