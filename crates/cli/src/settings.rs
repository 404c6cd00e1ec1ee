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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const JSON: &str = "// mine\n{\n  // servers\n  \"servers\": {\n    // first\n    \"a\": {\"x\": 1}, // of a\n    \
                        /* second */\n    \"b\": {\"x\": 2}, // of b\n  },\n  \"z\": [1, 2,], // last\n  \"y\": null\n}\n";
    const TOML: &str = "# mine\nmodel = \"m\" # last\n\n# servers\n\n# first\n[servers.a]\nx = 1 # of a\n\n# second\n\
                        [servers.b]\nx = 2\n\n[servers.b.env]\nK = \"v\"\n\n# other\n[z]\ny = [1, 2]\n";
    const YAML: &str = "# mine\nmodel: m # last\nservers:\n  # first\n  a:\n    x: 1 # of a\n    list:\n    - one\n    - two\n  \
                        # second\n  b:\n    x: |\n      text\n      # text\n\n# other\nz: [1, 2]\n";
    const ALL: [(Format, &str); 3] = [(Format::Json, JSON), (Format::Toml, TOML), (Format::Yaml, YAML)];

    fn server(args: &[&str]) -> Value {
        json!({"command": "/bin/x", "args": args, "env": {"K": "V"}, "enabled": true, "timeout": 300})
    }

    /// The lines of a text that are not in the other.
    fn lost<'a>(old: &'a str, new: &str) -> Vec<&'a str> {
        let kept: Vec<_> = new.lines().map(|line| line.trim_end_matches(',')).collect();
        old.lines().filter(|line| !kept.contains(&line.trim_end_matches(','))).collect()
    }

    #[test]
    fn an_entry_is_added_and_nothing_else_changes() {
        for (format, text) in ALL {
            let new = format.put(text, &["servers"], "c", &server(&["a b"])).unwrap();
            let lost: Vec<_> =
                lost(text, &new).into_iter().filter(|line| !line.contains("// of b")).collect();
            assert_eq!(lost, Vec::<&str>::new(), "{new}");
            assert!(format != Format::Json || new.contains("// of b"), "{new}");
            assert_eq!(format.read(&new).unwrap()["servers"]["c"], server(&["a b"]));
            // The way back leads to the old text.
            assert_eq!(format.take(&new, &["servers"], "c").unwrap(), text);
        }
    }

    #[test]
    fn an_entry_is_taken_out_and_comments_of_the_others_stay() {
        for (format, text) in ALL {
            for (gone, kept) in [("a", "second"), ("b", "first")] {
                let new = format.take(text, &["servers"], gone).unwrap();
                for comment in ["mine", "last", kept] {
                    assert!(new.contains(comment), "{comment}: {new}");
                }
                assert!(!new.contains(&format!("of {gone}")), "{new}");
                let servers = &format.read(&new).unwrap()["servers"];
                assert_eq!(servers.as_object().unwrap().len(), 1, "{new}");
                let none = format.take(&new, &["servers"], if gone == "a" { "b" } else { "a" }).unwrap();
                let again = format.put(&none, &["servers"], "n", &server(&[])).unwrap();
                assert_eq!(format.read(&again).unwrap()["servers"], json!({"n": server(&[])}), "{again}");
            }
        }
    }

    #[test]
    fn an_entry_is_replaced_in_its_place() {
        for (format, text) in ALL {
            let new = format.put(text, &["servers"], "a", &server(&[])).unwrap();
            assert_eq!(format.read(&new).unwrap()["servers"]["a"], server(&[]));
            assert!(new.find("/bin/x") < new.find("second") && new.contains("first"), "{new}");
        }
    }

    #[test]
    fn files_that_are_new_empty_or_bare_get_an_entry() {
        let bare = [
            (
                Format::Json,
                vec!["", "\n", "{}", "{\"servers\": null}", "{\"servers\":{}}", "// c\n", "\u{feff}{}"],
            ),
            (Format::Toml, vec!["", "# c\n", "[servers]\n", "servers = {}\n", "\u{feff}a = 1"]),
            (Format::Yaml, vec!["", "# c\n", "servers:\n", "servers: {}\n", "a: 1", "a: 1\r\nb: 2\r\n"]),
        ];
        for (format, texts) in bare {
            for text in texts {
                let new = match format.put(text, &["servers"], "a", &server(&["x"])) {
                    Ok(new) => new,
                    Err(wrong) => panic!("{text:?}: {wrong}"),
                };
                assert_eq!(format.read(&new).unwrap()["servers"]["a"], server(&["x"]), "{new}");
                assert_eq!(new.starts_with(MARK), text.starts_with(MARK));
                assert_eq!(new.contains("\r\n"), text.contains("\r\n"));
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place() {
        for (format, text, place) in [
            (Format::Json, "{\n  \"a\": }", "line 2, column 8"),
            (Format::Json, "[]", "line 1, column 1: the file must hold an object"),
            (Format::Json, "{'a': 1}", "line 1, column 2"),
            (Format::Toml, "a = 1\n[b\n", "line 2, column 3"),
            (Format::Yaml, "a: 1\nb: [\n", "line 3"),
            (Format::Yaml, "a: 1\na: 2\n", "line 2"),
        ] {
            let why = format.put(text, &["servers"], "a", &server(&[])).unwrap_err().to_string();
            assert!(why.contains(place), "{text}: {why}");
        }
    }

    #[test]
    fn what_would_change_more_than_an_entry_is_refused() {
        for (format, text) in [
            (Format::Json, "{\"servers\": {\"a\": 1}, \"servers\": {}}"),
            (Format::Json, "{\"servers\": []}"),
            (Format::Toml, "servers = 1\n"),
            (Format::Yaml, "servers: {a: {x: 1}}\n"),
            (Format::Yaml, "servers: [a]\n"),
            (Format::Yaml, "servers: null # c\n"),
            (Format::Yaml, "{a: 1}\n"),
            (Format::Yaml, "a: 1\n---\nb: 2\n"),
            (Format::Yaml, "a: 1\n...\n"),
        ] {
            let why = format.put(text, &["servers"], "n", &server(&[])).unwrap_err().to_string();
            assert!(why.contains("by hand"), "{text}: {why}");
        }
    }

    #[test]
    fn hostile_names_and_arguments_come_back_as_they_went() {
        let hostile = [
            "__proto__",
            "constructor",
            "a b",
            "a.b",
            "\"'`",
            "\n",
            "\r\n",
            "\t",
            "\\",
            "é日本\u{1f600}",
            "\u{0}\u{1}\u{7f}",
            "\u{85}\u{2028}\u{feff}",
            "- a",
            "# c",
            "a: b",
            "*x",
            "&x",
            "!x",
            "{}",
            "[]",
            "null",
            "true",
            "1",
            "~",
            "$HOME",
            "${X}",
            "%TAG",
            "@",
            "---",
            "...",
            " ",
            "<<",
            "=",
            "?",
            "|",
            ">",
            "0x1",
            "1e3",
            "2020-01-01",
        ];
        for (format, text) in ALL {
            for name in hostile {
                let new = match format.put(text, &["servers"], name, &server(&hostile)) {
                    Ok(new) => new,
                    Err(wrong) => panic!("{format:?} {name:?}: {wrong}"),
                };
                assert_eq!(format.read(&new).unwrap()["servers"][name], server(&hostile), "{new}");
                assert_eq!(format.take(&new, &["servers"], name).unwrap(), text, "{name:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back_as_it_went(name in "\\PC{1,12}", args in prop::collection::vec(any::<String>(), 0..4)) {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            for (format, text) in ALL {
                let new = format.put(text, &["servers"], &name, &server(&args));
                let new = new.map_err(|wrong| TestCaseError::fail(format!("{format:?}: {wrong}")))?;
                let read = format.read(&new).unwrap();
                prop_assert_eq!(&read["servers"][&name], &server(&args));
            }
        }

        #[test]
        fn no_text_makes_an_edit_that_says_something_else(text in "([a-z:#\\[\\]{}\"=,\n -]|servers: ?\n?|  ){0,40}") {
            for (format, _) in ALL {
                let Ok(mut expected) = format.read(&text) else { continue };
                if let Ok(new) = format.put(&text, &["servers"], "n", &server(&[])) {
                    let read = format.read(&new).unwrap();
                    prop_assert_eq!(&read["servers"]["n"], &server(&[]));
                    members(&mut expected, &["servers"]).unwrap().insert("n".into(), server(&[]));
                    prop_assert_eq!(without_empty(&read), without_empty(&expected));
                }
            }
        }
    }
}
