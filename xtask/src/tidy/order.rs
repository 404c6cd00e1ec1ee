//! Modules stand in reading order: each imports only modules declared above it in `lib.rs`.

mod use_tree;

use super::finding::Finding;
use crate::source::{Source, is_word, module_name};
use std::collections::HashMap;

/// The modules of one crate: their place in `lib.rs`, and which of them each name at the root comes from.
struct Root {
    modules: HashMap<String, usize>,
    reexports: HashMap<String, String>,
}

/// The imports against the reading order, in every crate under `crates/`.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for library in sources.iter().filter(|source| is_library(&source.path)) {
        let root = Root::of(library);
        let folder = library.path.trim_end_matches("lib.rs");
        for source in
            sources.iter().filter(|source| source.path.starts_with(folder) && source.path != library.path)
        {
            findings.extend(root.check(source, &source.path[folder.len()..]));
        }
    }
    findings
}

fn is_library(path: &str) -> bool {
    path.starts_with("crates/") && path.ends_with("/src/lib.rs")
}

impl Root {
    fn of(library: &Source) -> Self {
        let declared = library.code[..library.tests_from].iter().filter_map(|line| module_name(line));
        let modules = declared.enumerate().map(|(place, name)| (name.to_owned(), place)).collect();
        let mut root = Self { modules, reexports: HashMap::new() };
        let text = library.code[..library.tests_from].join("\n");
        for statement in
            text.split(';').filter_map(|statement| statement.rsplit_once("use ").map(|(_, tree)| tree))
        {
            for path in use_tree::paths(statement) {
                let mut parts = path.iter().skip_while(|part| matches!(part.as_str(), "self" | "crate"));
                let (Some(module), Some(name)) = (parts.next(), path.last()) else { continue };
                if root.modules.contains_key(module) && module != name {
                    root.reexports.insert(name.clone(), module.clone());
                }
            }
        }
        root
    }

    /// `inside` is the path from the crate's `src/`.
    fn check(&self, source: &Source, inside: &str) -> Vec<Finding> {
        let own = inside.trim_end_matches(".rs").split('/').next().unwrap_or_default();
        let Some(&place) = self.modules.get(own) else { return Vec::new() };
        let mut findings = Vec::new();
        for (line, name) in imports(source, inside.matches('/').count()) {
            let module = self.reexports.get(&name).unwrap_or(&name);
            if self.modules.get(module).is_some_and(|&other| other > place) {
                let advice = format!(
                    "`{own}` imports `{module}`, which lib.rs declares further down: move one of them"
                );
                findings.push(Finding::new(&source.path, line, "order", advice));
            }
        }
        findings
    }
}

/// Line and first name of each path that starts at the crate's root, outside tests.
fn imports(source: &Source, depth: usize) -> Vec<(usize, String)> {
    let text = source.code[..source.tests_from].join("\n");
    let mut found = Vec::new();
    for prefix in ["crate::".to_owned(), "super::".repeat(depth + 1)] {
        for (at, _) in text.match_indices(&prefix) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|letter| is_word(letter) || letter == '$' || letter == ':') {
                continue;
            }
            let rest = &text[at + prefix.len()..];
            let tree = if rest.starts_with('{') { use_tree::group(rest) } else { rest };
            for path in use_tree::paths(tree) {
                let line = text[..at].matches('\n').count();
                found.extend(path.first().map(|name| (line, name.clone())));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(file: &str, text: &str) -> Vec<usize> {
        let library = "//! A.\npub mod wire;\nmod codec;\npub(crate) mod engine;\npub use codec::{Codec, read as load};\n\
                       #[cfg(test)]\nmod tests {}\n";
        let sources =
            [Source::new("crates/a/src/lib.rs", library), Source::new(&format!("crates/a/src/{file}"), text)];
        check(&sources).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn importing_upwards_is_fine_and_downwards_is_not() {
        assert_eq!(broken("codec.rs", "use crate::wire::A;\nuse crate::engine::B;\n"), [2]);
        assert_eq!(broken("engine.rs", "use crate::{codec, wire::A};\n"), []);
    }

    #[test]
    fn groups_inline_paths_and_submodules_are_seen() {
        assert_eq!(broken("wire.rs", "use crate::{\n    codec::{A, B},\n    wire::C,\n};\n"), [1]);
        assert_eq!(broken("wire/frame.rs", "use super::C;\nfn a() -> crate::engine::E {}\n"), [2]);
        assert_eq!(broken("wire/frame.rs", "use super::super::codec::A;\n"), [1]);
        assert_eq!(broken("wire.rs", "use super::codec::A;\n"), [1]);
    }

    #[test]
    fn names_lifted_to_the_root_count_as_their_module() {
        assert_eq!(broken("wire.rs", "use crate::Codec;\nuse crate::load;\n"), [1, 2]);
    }

    #[test]
    fn tests_comments_and_macro_paths_are_free() {
        let text = "/// See crate::engine::E.\nmacro_rules! m { () => { $crate::engine::E } }\n\
                    #[cfg(test)]\nmod tests {\n    use crate::engine::E;\n}\n";
        assert_eq!(broken("wire.rs", text), []);
    }
}
