//! The settings files of clients: one entry is put in or taken out, all else stays as it is.

mod json;
mod toml;
mod yaml;
pub(crate) mod file;

use std::fmt;

use serde_json::{Map, Value};

/// In which notation a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// With or without comments.
    Json,
    Toml,
    Yaml,
}

/// Why a text cannot be read or changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Line and column, from 1.
    place: Option<(usize, usize)>,
    why: String,
}

impl Wrong {
    fn at(line: usize, column: usize, why: impl fmt::Display) -> Self {
        Self { place: Some((line, column)), why: why.to_string() }
    }

    fn new(why: impl Into<String>) -> Self {
        Self { place: None, why: why.into() }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, "line {line}, column {column}: {}", self.why.trim_end()),
            None => f.write_str(&self.why),
        }
    }
}

/// Some editors begin a file with it.
const MARK: char = '\u{feff}';

impl Format {
    /// What a text says; an empty one says nothing, which is an object without members.
    pub(crate) fn read(self, text: &str) -> Result<Value, Wrong> {
        let text = text.strip_prefix(MARK).unwrap_or(text);
        let value = match self {
            Self::Json => json::read(text)?,
            Self::Toml => toml::read(text)?,
            Self::Yaml => yaml::read(text)?,
        };
        match value {
            Value::Object(_) => Ok(value),
            Value::Null => Ok(Value::Object(Map::new())),
            _ => Err(Wrong::at(1, 1, "the file must hold an object")),
        }
    }

    /// The text with this entry in the object at `path`, in the place of one of the same name.
    pub(crate) fn put(self, text: &str, path: &[&str], name: &str, entry: &Value) -> Result<String, Wrong> {
        let mut expected = self.read(text)?;
        members(&mut expected, path)?.insert(name.to_owned(), entry.clone());
        self.edited(text, &expected, |text| match self {
            Self::Json => json::put(text, path, name, entry),
            Self::Toml => toml::put(text, path, name, entry),
            Self::Yaml => yaml::put(text, path, name, entry),
        })
    }

    /// The text without the entry of this name.
    pub(crate) fn take(self, text: &str, path: &[&str], name: &str) -> Result<String, Wrong> {
        let mut expected = self.read(text)?;
        members(&mut expected, path)?.shift_remove(name);
        self.edited(text, &expected, |text| match self {
            Self::Json => json::take(text, path, name),
            Self::Toml => toml::take(text, path, name),
            Self::Yaml => yaml::take(text, path, name),
        })
    }

    /// Edits a text, and reads it again: an edit that says anything but what was meant is not made.
    fn edited(
        self,
        text: &str,
        expected: &Value,
        edit: impl FnOnce(&str) -> Result<String, Wrong>,
    ) -> Result<String, Wrong> {
        let (mark, text) = text.strip_prefix(MARK).map_or(("", text), |text| ("\u{feff}", text));
        let edited = edit(text)?;
        if !self.read(&edited).is_ok_and(|read| without_empty(&read) == without_empty(expected)) {
            return Err(Wrong::new(
                "it is written in a way in which one entry cannot be changed alone: change it by hand",
            ));
        }
        Ok(format!("{mark}{edited}"))
    }
}

/// The entries at a path of what was read.
pub(crate) fn entries<'a>(settings: &'a Value, path: &[&str]) -> Option<&'a Map<String, Value>> {
    path.iter().try_fold(settings, |value, key| value.get(key))?.as_object()
}

fn members<'a>(settings: &'a mut Value, path: &[&str]) -> Result<&'a mut Map<String, Value>, Wrong> {
    let mut value = settings;
    for key in path {
        let Value::Object(all) = value else { break };
        value = all.entry(*key).or_insert(Value::Null);
        if value.is_null() {
            *value = Value::Object(Map::new());
        }
    }
    match value {
        Value::Object(all) => Ok(all),
        _ => Err(Wrong::new(format!("`{}` is there and is no object: change it by hand", path.join(".")))),
    }
}

/// An object whose last entry went may go as well.
fn without_empty(value: &Value) -> Value {
    match value {
        Value::Object(all) => {
            let kept = all.iter().map(|(key, value)| (key.clone(), without_empty(value)));
            Value::Object(kept.filter(|(_, value)| !is_empty(value)).collect())
        }
        _ => value.clone(),
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(Map::is_empty)
}
