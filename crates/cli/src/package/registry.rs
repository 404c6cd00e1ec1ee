//! `server.json`: how the registry of servers knows one.

use serde_json::{Value, json};

use super::Package;
use super::manifest::Facts;

const SCHEMA: &str = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";
/// The longest description, in characters.
const LONGEST: usize = 100;

/// The entry, or why there can be none.
pub(super) fn entry(facts: &Facts, package: &Package, bundle: &str, sha256: &str) -> Result<Value, String> {
    let github = facts.repository.as_deref().and_then(|url| url.strip_prefix("https://github.com/"));
    let name = package
        .registry_name
        .clone()
        .or_else(|| Some(format!("io.github.{}/{}", github?.split('/').next()?, facts.name)));
    let name = name.ok_or("give `--registry-name`, or a `repository` on GitHub in Cargo.toml")?;
    let released =
        github.map(|path| format!("https://github.com/{path}/releases/download/v{}/{bundle}", facts.version));
    let url = package.url.clone().or(released);
    let url = url.ok_or("give `--url`, or a `repository` on GitHub in Cargo.toml")?;
    let mut entry = json!({
        "$schema": SCHEMA, "name": name, "description": shortened(&facts.description), "version": facts.version,
        "packages": [{
            "registryType": "mcpb", "identifier": url, "version": facts.version, "fileSha256": sha256,
            "transport": {"type": "stdio"}
        }]
    });
    if let Some(url) = &facts.repository {
        let source = if github.is_some() { "github" } else { "git" };
        entry["repository"] = json!({"url": url, "source": source});
    }
    Ok(entry)
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}
