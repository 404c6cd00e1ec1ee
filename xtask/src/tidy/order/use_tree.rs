//! Reads `a::{b, c::d as e}` into the paths it stands for.

use crate::source::is_word;

/// Every path of a use tree, up to the first thing that is none; a renamed path ends with its new name.
pub(super) fn paths(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim_start();
    if tree.starts_with('{') {
        return split(group(tree)).into_iter().flat_map(paths).collect();
    }
    let tree = tree.strip_prefix("r#").unwrap_or(tree);
    let end = tree.find(|letter| !is_word(letter)).unwrap_or(tree.len());
    if end == 0 {
        return if tree.starts_with('*') { vec![vec!["*".to_owned()]] } else { Vec::new() };
    }
    let (name, rest) = (tree[..end].to_owned(), tree[end..].trim_start());
    if let Some(alias) = rest.strip_prefix("as ") {
        let alias = alias.trim_start().chars().take_while(|&letter| is_word(letter)).collect();
        return vec![vec![name, alias]];
    }
    let inner = rest.strip_prefix("::").map(paths).unwrap_or_default();
    if inner.is_empty() {
        return vec![vec![name]];
    }
    inner.into_iter().map(|path| std::iter::once(name.clone()).chain(path).collect()).collect()
}

/// The text from an opening brace to its partner, both included.
pub(super) fn group(text: &str) -> &str {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..=at];
        }
    }
    text
}

/// The members of a group, split at its own commas.
fn split(group: &str) -> Vec<&str> {
    let inner = group.trim_start_matches('{').strip_suffix('}').unwrap_or(group);
    let (mut depth, mut from, mut members) = (0, 0, Vec::new());
    for (at, letter) in inner.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(&inner[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    members.push(&inner[from..]);
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_becomes_its_paths() {
        let joined = |tree| paths(tree).iter().map(|path| path.join("::")).collect::<Vec<_>>();
        assert_eq!(joined("a::{b, c::{d, e as f}, *}"), ["a::b", "a::c::d", "a::c::e::f", "a::*"]);
        assert_eq!(joined("{a, b::c};"), ["a", "b::c"]);
        assert_eq!(joined("engine::E { x }"), ["engine::E"]);
    }
}
