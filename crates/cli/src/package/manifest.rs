//! What a bundle says of itself: manifest 0.3 of MCPB.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tokio::process::Command;

use super::option::UserOption;
use crate::outcome::Failure;

/// What `Cargo.toml` says.
pub(super) struct Facts {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) description: String,
    pub(super) author: String,
    pub(super) repository: Option<String>,
    license: Option<String>,
}

impl Facts {
    /// The package of this folder.
    pub(super) async fn of_this_folder(author: Option<&str>) -> Result<Self, Failure> {
        let metadata =
            Command::new("cargo").args(["metadata", "--no-deps", "--format-version=1"]).output().await;
        let metadata = metadata.map_err(|error| Failure::machine("cannot start cargo", error))?;
        if !metadata.status.success() {
            let said = String::from_utf8_lossy(&metadata.stderr).trim().to_owned();
            return Err(Failure::wrong(format!("{said}\ngo to the folder of the server to pack it")));
        }
        let metadata: Value = serde_json::from_slice(&metadata.stdout)
            .map_err(|error| Failure::machine("cargo metadata", error))?;
        let here = std::env::current_dir().and_then(|here| here.canonicalize());
        let here = here.map_err(|error| Failure::machine("where am I", error))?;
        Self::read(package(&metadata, &here)?, author)
    }

    fn read(package: &Value, author: Option<&str>) -> Result<Self, Failure> {
        let text = |member: &str| package[member].as_str().map(str::to_owned);
        let absent = |what: &str| Failure::wrong(format!("a bundle needs {what}"));
        let author =
            author.or_else(|| package["authors"][0].as_str()).and_then(|name| name.split('<').next());
        Ok(Self {
            name: text("name").unwrap_or_default(),
            version: text("version").unwrap_or_default(),
            description: text("description").ok_or_else(|| absent("`description` in Cargo.toml"))?,
            author: author
                .map(|name| name.trim().to_owned())
                .ok_or_else(|| absent("`--author NAME`, or `authors` in Cargo.toml"))?,
            repository: text("repository")
                .map(|url| url.trim_end_matches('/').trim_end_matches(".git").to_owned()),
            license: text("license"),
        })
    }

    /// Where the program is within the bundle.
    pub(super) fn entry_point(&self) -> String {
        format!("server/{}{}", self.name, std::env::consts::EXE_SUFFIX)
    }
}

/// The package whose folder this is, or the only one.
fn package<'a>(metadata: &'a Value, here: &Path) -> Result<&'a Value, Failure> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_here = |package: &&Value| {
        let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap_or_default());
        manifest.parent().and_then(|folder| folder.canonicalize().ok()).is_some_and(|folder| folder == here)
    };
    match (packages.iter().find(is_here), packages) {
        (Some(package), _) => Ok(package),
        (None, [package]) => Ok(package),
        _ => Err(Failure::wrong("here are several packages: go to the folder of the server to pack it")),
    }
}

/// This machine, as a part of a file's name.
pub(super) fn platform() -> String {
    format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}

/// The names that bundles have for systems.
fn system() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    }
}

/// The manifest of a bundle.
pub(super) fn manifest(
    facts: &Facts,
    arguments: &[String],
    options: &[UserOption],
    tools: Option<Value>,
) -> Value {
    let entry_point = facts.entry_point();
    let is_named =
        |option: &&UserOption| arguments.iter().any(|argument| argument.contains(&option.reference()));
    let in_environment = options.iter().filter(|option| !is_named(option));
    let environment: Map<String, Value> =
        in_environment.map(|option| (option.key.to_uppercase(), option.reference().into())).collect();
    let command = format!("${{__dirname}}/{entry_point}");
    let mut manifest = json!({
        "manifest_version": "0.3", "name": facts.name, "version": facts.version, "description": facts.description,
        "author": {"name": facts.author},
        "server": {
            "type": "binary", "entry_point": entry_point,
            "mcp_config": {"command": command, "args": arguments, "env": environment}
        },
        "compatibility": {"platforms": [system()]}
    });
    match tools {
        Some(tools) => manifest["tools"] = tools,
        None => manifest["tools_generated"] = true.into(),
    }
    if !options.is_empty() {
        let described = options.iter().map(|option| (option.key.clone(), option.described()));
        manifest["user_config"] = described.collect::<Map<_, _>>().into();
    }
    if let Some(url) = &facts.repository {
        manifest["repository"] = json!({"type": "git", "url": url});
    }
    if let Some(license) = &facts.license {
        manifest["license"] = json!(license);
    }
    manifest
}
