//! Files of at most 400 lines before their tests, functions of at most 60.

use super::finding::Finding;
use crate::source::{Source, is_word};

const BODY: usize = 400;
const FUNCTION: usize = 60;

/// The file and the functions that are too long.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let body = body(source);
    if body > BODY {
        let advice = format!(
            "{body} lines before the tests, at most {BODY}: split the file by what its parts are for"
        );
        findings.push(Finding::new(&source.path, 0, "body", advice).sized(body));
    }
    for (name, start, length) in functions(&source.code) {
        if length > FUNCTION {
            let advice =
                format!("`{name}` has {length} lines, at most {FUNCTION}: name a part of it and move it out");
            findings.push(Finding::new(&source.path, start, "function", advice).sized(length));
        }
    }
    findings
}

/// The lines before the tests; an integration test has no others.
fn body(source: &Source) -> usize {
    let end = if source.path.contains("/src/") { source.tests_from } else { source.raw.len() };
    source.raw[..end].iter().rposition(|line| !line.trim().is_empty()).map_or(0, |last| last + 1)
}

/// Name, first line (index) and number of lines of each function with a body.
fn functions(code: &[String]) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    for (line, text) in code.iter().enumerate() {
        for (at, _) in text.match_indices("fn ") {
            let before = text[..at].chars().next_back();
            let name: String =
                text[at + 3..].trim_start().chars().take_while(|&letter| is_word(letter)).collect();
            if before.is_some_and(is_word) || name.is_empty() {
                continue;
            }
            if let Some(last) = end_of_function(code, line, at) {
                found.push((name, line, last - line + 1));
            }
        }
    }
    found
}

/// The line of the brace that closes the body, if there is a body.
fn end_of_function(code: &[String], line: usize, column: usize) -> Option<usize> {
    let (mut braces, mut parens) = (0_i32, 0_i32);
    for (index, text) in code.iter().enumerate().skip(line) {
        let from = if index == line { column } else { 0 };
        for letter in text[from..].chars() {
            match letter {
                '(' | '[' => parens += 1,
                ')' | ']' => parens -= 1,
                ';' if braces == 0 && parens == 0 => return None,
                '{' => braces += 1,
                '}' => {
                    braces -= 1;
                    if braces <= 0 {
                        return Some(index);
                    }
                }
                _ => {}
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_ends_at_its_own_brace() {
        let text = "pub fn a(b: [u8; 2]) -> C {\n    let s = \"}\"; // }\n    if x { y }\n}\nfn z() {}\n";
        let source = Source::new("crates/a/src/b.rs", text);
        assert_eq!(functions(&source.code), [("a".to_owned(), 0, 4), ("z".to_owned(), 4, 1)]);
    }

    #[test]
    fn declarations_and_function_types_have_no_body() {
        let source = Source::new("crates/a/src/b.rs", "trait T {\n    fn a(&self);\n}\ntype F = fn (u8);\n");
        assert_eq!(functions(&source.code), []);
    }

    #[test]
    fn inline_tests_do_not_count() {
        let tests = "#[test]\n".repeat(BODY);
        let source =
            Source::new("crates/a/src/b.rs", &format!("//! A.\n\n#[cfg(test)]\nmod tests {{\n{tests}}}\n"));
        assert_eq!(body(&source), 1);
    }

    #[test]
    fn a_long_function_is_reported_with_its_length() {
        let text = format!("fn a() {{\n{}}}\n", "    b();\n".repeat(FUNCTION));
        let findings = check(&Source::new("crates/a/src/b.rs", &text));
        assert_eq!(findings.iter().map(|finding| finding.size).collect::<Vec<_>>(), [FUNCTION + 2]);
    }
}
