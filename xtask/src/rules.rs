//! Which rules of the protocol checklist the tests cite, as in `/// Rule S13.` or `fn s13_…`.

use crate::source::{Source, is_word, mark_test_files};
use crate::workspace::{self, Result};
use std::collections::BTreeMap;

/// The checklist, kept beside the workspace by those who have it.
const CHECKLIST: &str = "../shared/reference/protocol.md";
/// Servers, clients, stdio, older versions.
const SECTIONS: [&str; 4] = ["### 3a.", "### 3b.", "### 3c.", "### 3g."];

/// A table of the cited rules with their tests' files, and the list of the others.
pub(crate) fn report() -> Result<String> {
    let root = workspace::root()?;
    let Ok(checklist) = workspace::read(&root.join(CHECKLIST)) else {
        return Ok(format!("rules: {CHECKLIST} is not here, so there is nothing to compare with"));
    };
    let ids = ids(&checklist);
    let mut sources = Vec::new();
    for path in workspace::files(&root, ".rs")? {
        sources.push(Source::new(&path, &workspace::read(&root.join(&path))?));
    }
    mark_test_files(&mut sources);
    let mut cited: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for source in &sources {
        for id in citations(source, &ids) {
            cited.entry(id).or_default().push(&source.path);
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for id in &ids {
        lines.extend(cited.get(id.as_str()).map(|paths| format!("{id:<5} {}", paths.join(" "))));
    }
    let open: Vec<&str> = ids.iter().map(String::as_str).filter(|id| !cited.contains_key(id)).collect();
    lines.push(format!("not cited: {}", open.join(" ")));
    lines.push(format!("{} of {} rules are cited by tests", cited.len(), ids.len()));
    Ok(lines.join("\n"))
}

/// The ids of the checklist's items, such as `S13`, in its order.
fn ids(checklist: &str) -> Vec<String> {
    let mut wanted = false;
    let mut found = Vec::new();
    for line in checklist.lines() {
        if line.starts_with('#') {
            wanted = SECTIONS.iter().any(|section| line.starts_with(section));
        }
        let id = line.strip_prefix("- ").and_then(|item| item.split(' ').next()).filter(|id| is_id(id));
        found.extend(id.filter(|_| wanted).map(str::to_owned));
    }
    found
}

fn is_id(word: &str) -> bool {
    let digits = word.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
    (1..=2).contains(&(word.len() - digits.len()))
        && !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
}

/// The known ids in the comments and function names of the file's tests, each once.
fn citations<'a>(source: &Source, ids: &'a [String]) -> Vec<&'a str> {
    let mut words: Vec<String> = Vec::new();
    for line in source.tests_from..source.raw.len() {
        words.extend(source.comments[line].split(|letter| !is_word(letter)).map(str::to_owned));
        if let Some((_, name)) = source.code[line].split_once("fn ") {
            let name = name.split(|letter| !is_word(letter)).next().unwrap_or_default();
            words.extend(name.split('_').map(str::to_ascii_uppercase));
        }
    }
    ids.iter().map(String::as_str).filter(|id| words.iter().any(|word| word == id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_from_the_wanted_sections() {
        let checklist = "### 3a. Servers\n- S1 M do\n- S12 M do\n- see S3\n### 3d. HTTP\n- H1 M do\n### 3c. stdio\n- IO9 S exit\n";
        assert_eq!(ids(checklist), ["S1", "S12", "IO9"]);
    }

    #[test]
    fn citations_are_found_in_comments_and_names_of_tests() {
        let text = "// S2\n#[cfg(test)]\nmod tests {\n    /// Rule S13, S1.\n    fn io9_exits() {}\n    let x = \"S3\";\n}\n";
        let known = ["S1", "S2", "S3", "S13", "IO9"].map(str::to_owned);
        assert_eq!(citations(&Source::new("crates/a/src/b.rs", text), &known), ["S1", "S13", "IO9"]);
    }
}
