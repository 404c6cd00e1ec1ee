//! The command `new`: a server to begin with, from a template within this program.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::outcome::{Failure, Outcome};

/// The name that the templates' files have.
const NAME: &str = "my-server";
/// What stands in a template's manifest for where `toolwright` is found.
const ANY: &str = r#"version = "*""#;
/// Names that a crate cannot have, or that would hide one that a template uses.
const TAKEN: [&str; 24] = [
    "alloc",
    "build",
    "core",
    "crate",
    "deps",
    "enum",
    "examples",
    "incremental",
    "main",
    "mod",
    "proc-macro",
    "reqwest",
    "rusqlite",
    "rustls",
    "schemars",
    "self",
    "serde",
    "serde-json",
    "std",
    "struct",
    "super",
    "test",
    "tokio",
    "toolwright",
];
const LONGEST_NAME: usize = 64;

/// Makes the project of a new server.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The project's name: small letters, digits, `-` and `_`.
    name: String,
    /// What to begin with.
    #[arg(long, value_enum, default_value = "hello")]
    template: Template,
    /// The folder to make, if it is not the name in this one.
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
    /// Where the crate `toolwright` is, instead of the version of this program.
    #[arg(long, value_name = "DIR", hide = true)]
    toolwright_path: Option<PathBuf>,
}

/// What a project begins with.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Template {
    /// One tool.
    Hello,
    /// Notes in SQLite: tools and resources.
    Database,
    /// A tool on top of an HTTP API.
    HttpApi,
    /// Orders in SQLite: safe to repeat, with a prompt.
    Orders,
}

/// The files of a template.
struct Files {
    manifest: &'static str,
    program: &'static str,
    readme: &'static str,
}

macro_rules! files {
    ($folder:literal) => {
        Files {
            manifest: include_str!(concat!("../templates/", $folder, "/manifest.toml")),
            program: include_str!(concat!("../templates/", $folder, "/main.rs")),
            readme: include_str!(concat!("../templates/", $folder, "/README.md")),
        }
    };
}

impl Template {
    fn files(self) -> Files {
        match self {
            Self::Hello => files!("hello"),
            Self::Database => files!("database"),
            Self::HttpApi => files!("http-api"),
            Self::Orders => files!("orders"),
        }
    }
}

impl New {
    /// Runs the command.
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        check(&self.name)?;
        let folder = self.path.clone().unwrap_or_else(|| PathBuf::from(&self.name));
        let shown = folder.display();
        if folder.exists() {
            return Err(Failure::wrong(format!("{shown} exists already; `--path DIR` makes another folder")));
        }
        let Files { manifest, program, readme } = self.template.files();
        let manifest = manifest.replace(ANY, &self.dependency()?);
        let files = [
            ("Cargo.toml", manifest.as_str()),
            ("src/main.rs", program),
            ("README.md", readme),
            (".gitignore", include_str!("../templates/gitignore")),
        ];
        fs::create_dir_all(folder.join("src"))
            .map_err(|error| Failure::machine(format!("cannot make {shown}"), error))?;
        for (name, text) in files {
            let file = folder.join(name);
            fs::write(&file, text.replace(NAME, &self.name))
                .map_err(|error| Failure::machine(format!("cannot write {}", file.display()), error))?;
        }
        let next = [format!("cd {shown}"), "cargo test".into(), "toolwright dev".into()];
        let text = format!(
            "{shown} is there. Next:\n    {}\nREADME.md says how to install it.\n",
            next.join("\n    ")
        );
        let files = files.map(|(name, _)| name);
        Ok(Outcome::new(text, json!({"path": folder, "files": files, "next": next})))
    }

    /// Where the project finds `toolwright`: as told, in the clone that this program was built from, or published.
    fn dependency(&self) -> Result<String, Failure> {
        let clone = Path::new(env!("CARGO_MANIFEST_DIR")).join("../toolwright");
        let path = match &self.toolwright_path {
            Some(path) => path,
            None if clone.join("Cargo.toml").is_file() => &clone,
            None => return Ok(format!("version = {:?}", env!("CARGO_PKG_VERSION"))),
        };
        let path = path.canonicalize().map_err(|error| {
            Failure::wrong(format!("there is no toolwright in {}: {error}", path.display()))
        })?;
        // A text of JSON is one of TOML.
        Ok(format!("path = {}", json!(path)))
    }
}

fn check(name: &str) -> Result<(), Failure> {
    let is_letter =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_".contains(letter);
    let begins = name.starts_with(|letter: char| letter.is_ascii_lowercase());
    if !begins || !name.chars().all(is_letter) || name.len() > LONGEST_NAME {
        let rule = format!("small letters, digits, `-` and `_`, a letter first, at most {LONGEST_NAME}");
        return Err(Failure::wrong(format!("`{name}` is no name for a project: {rule}")));
    }
    if TAKEN.contains(&name.replace('_', "-").as_str()) {
        return Err(Failure::wrong(format!(
            "`{name}` is a name with a meaning in Rust: try `{name}-server`"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_cargo_takes() {
        for good in ["a", "my-server", "my_server2"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "2go", "-a", "A", "a b", "a/b", "..", "ä", "test", "serde_json", &"a".repeat(65)] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
