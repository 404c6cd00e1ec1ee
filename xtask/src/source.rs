//! One Rust file, told apart into code, literals and comments, and where its tests begin.

mod mask;

use mask::Masks;
use std::collections::HashSet;

/// A Rust file. The three views have the same lines and columns; what does not belong is blank.
#[derive(Debug)]
pub(crate) struct Source {
    /// The path from the root of the workspace, with `/`.
    pub(crate) path: String,
    /// The lines as they are.
    pub(crate) raw: Vec<String>,
    /// Code alone, without comments and literals.
    pub(crate) code: Vec<String>,
    /// Code with its literals.
    pub(crate) literals: Vec<String>,
    /// Comments alone.
    pub(crate) comments: Vec<String>,
    /// The index of the first line of test code; the number of lines when there is none.
    pub(crate) tests_from: usize,
}

impl Source {
    /// Reads the text of one file.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let masks = Masks::of(text);
        let lines = |text: &str| text.split('\n').map(str::to_owned).collect::<Vec<_>>();
        let mut raw = lines(text);
        if raw.last().is_some_and(String::is_empty) {
            raw.pop();
        }
        let code = lines(&masks.code);
        let tests_from = if path.split('/').any(|part| part == "tests") || path.ends_with("/tests.rs") {
            0
        } else {
            first_test_module(&code).unwrap_or(raw.len())
        };
        let (literals, comments) = (lines(&masks.literals), lines(&masks.comments));
        Self { path: path.to_owned(), raw, code, literals, comments, tests_from }
    }

    /// The path's last part without `.rs`.
    pub(crate) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.strip_suffix(".rs").unwrap_or(name)
    }

    /// Whether this is code that a test compiles to see the compiler's answer.
    pub(crate) fn is_fixture(&self) -> bool {
        self.path.contains("/tests/ui/")
    }

    /// The files that a `#[cfg(test)] mod name;` of this file brings in, without `.rs`.
    fn test_files(&self) -> Vec<String> {
        let folder = match self.path.rsplit_once('/') {
            Some((folder, "lib.rs" | "main.rs")) => folder.to_owned(),
            _ => self.path.trim_end_matches(".rs").to_owned(),
        };
        let modules = (0..self.code.len()).filter(|&line| self.code[line].trim() == "#[cfg(test)]");
        let names = modules.filter_map(|line| declared_module(&self.code[line + 1..]));
        names.map(|name| format!("{folder}/{name}")).collect()
    }
}

/// Marks the files that only exist for tests because their parent declares them so.
pub(crate) fn mark_test_files(sources: &mut [Source]) {
    let tests: HashSet<String> = sources.iter().flat_map(Source::test_files).collect();
    for source in sources {
        let own = source.path.trim_end_matches(".rs");
        let inside = |test: &String| own == test || own.starts_with(&format!("{test}/"));
        if tests.iter().any(inside) {
            source.tests_from = 0;
        }
    }
}

fn first_test_module(code: &[String]) -> Option<usize> {
    (0..code.len())
        .find(|&line| code[line].trim() == "#[cfg(test)]" && declared_module(&code[line + 1..]).is_some())
}

/// The name of the module that the next item declares, past further attributes.
fn declared_module(code: &[String]) -> Option<&str> {
    let item =
        code.iter().map(|line| line.trim()).find(|line| !line.is_empty() && !line.starts_with("#["))?;
    module_name(item)
}

/// The name in `mod name;`, `pub mod name {` and the like.
pub(crate) fn module_name(line: &str) -> Option<&str> {
    let mut rest = line.trim();
    if let Some(after) = rest.strip_prefix("pub") {
        rest = after.trim_start();
        if rest.starts_with('(') {
            rest = rest.split_once(')')?.1.trim_start();
        }
    }
    let name = rest.strip_prefix("mod ")?.trim_start();
    let end = name.find(|letter| !is_word(letter)).unwrap_or(name.len());
    (end > 0).then(|| &name[..end])
}

/// Whether a letter can be part of a name.
pub(crate) fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_begin_at_the_test_module() {
        let text = "fn a() {}\n#[cfg(test)]\nuse x;\n\n#[cfg(test)]\n#[rustfmt::skip]\nmod tests {\n}\n";
        assert_eq!(Source::new("crates/a/src/b.rs", text).tests_from, 4);
        assert_eq!(Source::new("crates/a/src/b.rs", "fn a() {}\n").tests_from, 1);
        assert_eq!(Source::new("crates/a/tests/b.rs", "fn a() {}\n").tests_from, 0);
    }

    #[test]
    fn a_file_declared_for_tests_is_test_code() {
        let parent = Source::new("crates/a/src/lib.rs", "mod b;\n#[cfg(test)]\nmod proofs;\n");
        let child = Source::new("crates/a/src/proofs.rs", "fn a() {}\n");
        let mut sources = [parent, child];
        mark_test_files(&mut sources);
        assert_eq!((sources[0].tests_from, sources[1].tests_from), (1, 0));
    }

    #[test]
    fn module_declarations_are_recognised() {
        assert_eq!(module_name("pub(crate) mod wire;"), Some("wire"));
        assert_eq!(module_name("pub mod wire {"), Some("wire"));
        assert_eq!(module_name("use mod_x;"), None);
    }
}
