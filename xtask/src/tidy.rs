//! The house rules that no lint knows.
//!
//! Already clippy's, and so not here: printing, `todo!`-like leftovers in `dbg!`, `#[allow]` without a reason.

mod finding;
mod size;
mod names;
mod order;
mod layers;
mod words;
mod ratchet;

use crate::source::{Source, mark_test_files};
use crate::workspace::{self, Result};
use finding::Finding;

/// Checks the whole workspace; the error lists everything that was found.
pub(crate) fn check() -> Result<String> {
    let root = workspace::root()?;
    let mut sources = Vec::new();
    for path in workspace::files(&root, ".rs")? {
        sources.push(Source::new(&path, &workspace::read(&root.join(&path))?));
    }
    mark_test_files(&mut sources);

    let mut findings: Vec<Finding> = Vec::new();
    for source in sources.iter().filter(|source| !source.is_fixture()) {
        findings.extend(size::check(source));
        findings.extend(names::check(source));
        findings.extend(words::check(source));
    }
    findings.extend(order::check(&sources));
    for path in workspace::files(&root, "Cargo.toml")? {
        findings.extend(layers::check(&path, &workspace::read(&root.join(&path))?));
    }
    let list = workspace::read(&root.join(ratchet::LIST))?;
    let findings = ratchet::apply(&list, findings);
    if findings.is_empty() {
        return Ok(format!("{} Rust files keep the house rules", sources.len()));
    }
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    Err(format!("{}\n{} breaches of the house rules", lines.join("\n"), lines.len()))
}
