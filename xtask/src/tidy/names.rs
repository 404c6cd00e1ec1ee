//! Names say what a thing is: no drawers (`utils`), no numbers, no `mod.rs`, and a first line of documentation.

use super::finding::Finding;
use crate::source::{Source, is_word, module_name};

const DRAWERS: [&str; 6] = ["utils", "util", "helpers", "helper", "common", "misc"];
/// Words whose digit belongs to them.
const WITH_DIGIT: [&str; 8] = ["utf8", "utf16", "base64", "sha256", "http1", "http2", "ipv4", "ipv6"];

/// What is wrong with the names of one file, its modules and its tests.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found =
        |line, rule, advice: String| findings.push(Finding::new(&source.path, line, rule, advice));
    if !source.raw.first().is_some_and(|line| line.starts_with("//!")) {
        found(0, "doc-line", "begin the file with a `//!` line that says what it is for".to_owned());
    }
    let stem = source.stem();
    if stem == "mod" {
        found(0, "mod-rs", "name the file after its module, beside the module's folder".to_owned());
    }
    if DRAWERS.contains(&stem) {
        found(0, "drawer", format!("`{stem}` says nothing: name the file after what it holds"));
    }
    if ends_in_a_number(stem) {
        found(0, "numbered", format!("`{stem}`: say how it differs instead of counting"));
    }
    for (line, code) in source.code.iter().enumerate() {
        if let Some(name) = module_name(code).filter(|name| DRAWERS.contains(name)) {
            found(line, "drawer", format!("`mod {name}` says nothing: name the module after what it holds"));
        }
    }
    for (line, name) in test_functions(&source.code) {
        if name.starts_with("test_") {
            found(line, "test-name", format!("`{name}`: name a test by what is true, without `test_`"));
        } else if ends_in_a_number(&name) {
            found(line, "test-name", format!("`{name}`: say what this case shows instead of counting"));
        }
    }
    findings
}

/// Whether a name counts (`foo2`, `foo_2`), as opposed to dates, status codes, rule ids and words like `utf8`.
fn ends_in_a_number(name: &str) -> bool {
    let parts: Vec<&str> = name.split('_').collect();
    let Some((last, before)) = parts.split_last() else { return false };
    let letters = last.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let digits = last.len() - letters.len();
    if digits == 0 || digits > 2 || WITH_DIGIT.contains(last) {
        return false;
    }
    if before.last().is_some_and(|word| WITH_DIGIT.contains(&format!("{word}{last}").as_str())) {
        return false;
    }
    let after_a_number = before.last().is_some_and(|part| part.chars().all(|letter| letter.is_ascii_digit()));
    if letters.is_empty() { !after_a_number } else { letters.len() > 2 }
}

/// Line and name of each function under a `#[test]`-like attribute.
fn test_functions(code: &[String]) -> Vec<(usize, String)> {
    let is_test = |line: &str| {
        let attribute =
            line.trim().strip_prefix("#[").map(|rest| rest.split([']', '(']).next().unwrap_or(rest));
        attribute.is_some_and(|path| path == "test" || path.ends_with("::test"))
    };
    let tests = (0..code.len()).filter(|&line| is_test(&code[line]));
    tests.filter_map(|line| next_function(code, line)).collect()
}

fn next_function(code: &[String], from: usize) -> Option<(usize, String)> {
    let line = (from..code.len()).find(|&line| format!(" {}", code[line]).contains(" fn "))?;
    let (_, rest) = code[line].split_once("fn ")?;
    Some((line, rest.chars().take_while(|&letter| is_word(letter)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_names_are_told_from_names_with_digits() {
        for counting in ["foo2", "foo_2", "list_pages_12"] {
            assert!(ends_in_a_number(counting), "{counting}");
        }
        for telling in [
            "utf8",
            "reads_base64",
            "in_2025_11_25",
            "v2026_07_28",
            "answers_404",
            "keeps_rule_s13",
            "as_i64",
        ] {
            assert!(!ends_in_a_number(telling), "{telling}");
        }
    }

    #[test]
    fn the_function_under_a_test_attribute_is_found() {
        let text = "#[test]\nfn a() {}\n#[tokio::test(start_paused = true)]\n#[cfg(unix)]\nasync fn test_b() {}\nfn c() {}\n";
        let source = Source::new("crates/a/src/b.rs", text);
        assert_eq!(test_functions(&source.code), [(1, "a".to_owned()), (4, "test_b".to_owned())]);
    }

    #[test]
    fn each_bad_name_is_one_finding() {
        let source = Source::new("crates/a/src/utils.rs", "//! A.\nmod misc {}\n#[test]\nfn test_it() {}\n");
        let rules: Vec<&str> = check(&source).iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, ["drawer", "drawer", "test-name"]);
    }
}
