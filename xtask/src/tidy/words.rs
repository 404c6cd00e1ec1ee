//! Words that do not belong: versions outside their place, leftovers, and what makes a test slow or flaky.

use super::finding::Finding;
use crate::source::Source;

const VERSIONS: [&str; 5] =
    ["\"2024-11-05\"", "\"2025-03-26\"", "\"2025-06-18\"", "\"2025-11-25\"", "\"2026-07-28\""];

/// What each line of one file should not contain.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for line in 0..source.raw.len() {
        for (rule, advice) in line_rules(source, line) {
            findings.push(Finding::new(&source.path, line, rule, advice));
        }
    }
    findings
}

fn line_rules(source: &Source, line: usize) -> Vec<(&'static str, &'static str)> {
    let (code, literals) = (&source.code[line], &source.literals[line]);
    let in_test = line >= source.tests_from;
    let mut broken = Vec::new();
    if !in_test && keeps_versions_out(&source.path) && names_a_version(code, literals) {
        broken.push((
            "versions",
            "ask `types::dialect` for the difference instead of naming a protocol version",
        ));
    }
    if code.contains("todo!") || code.contains("unimplemented!") {
        broken.push(("leftover", "finish it, or open an issue and return an error"));
    }
    if code.contains("#[ignore") {
        broken.push(("ignored", "a test runs or goes: delete it or make it fast enough"));
    }
    if in_test && (code.contains("thread::sleep") || code.contains("time::sleep")) {
        broken
            .push(("sleep", "wait for the event itself (a channel, a line, a paused clock), never for time"));
    }
    if in_test && binds_a_fixed_port(literals) {
        broken.push(("port", "bind port 0 and ask which port it became"));
    }
    broken
}

fn keeps_versions_out(path: &str) -> bool {
    path.starts_with("crates/") && path.contains("/src/") && !path.starts_with("crates/types/")
}

fn names_a_version(code: &str, literals: &str) -> bool {
    code.contains("ProtocolVersion::V") || VERSIONS.iter().any(|version| literals.contains(version))
}

/// Whether a line holds a loopback address with a port of four or five digits, outside a URL.
fn binds_a_fixed_port(literals: &str) -> bool {
    ["\"127.0.0.1:", "\"localhost:", "\"[::1]:"].iter().any(|host| {
        literals.match_indices(host).any(|(at, _)| {
            let port = literals[at + host.len()..].split('"').next().unwrap_or_default();
            (4..=5).contains(&port.len()) && port.chars().all(|letter| letter.is_ascii_digit())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<(usize, &'static str)> {
        check(&Source::new(path, text)).iter().map(|finding| (finding.line, finding.rule)).collect()
    }

    #[test]
    fn a_version_is_named_only_in_types_tests_and_comments() {
        let text = "/// Since \"2025-06-18\".\nlet a = \"2025-06-18\";\nlet b = ProtocolVersion::V2025_06_18;\n\
                    #[cfg(test)]\nmod tests {\n    let c = \"2025-06-18\";\n}\n";
        assert_eq!(rules("crates/server/src/a.rs", text), [(2, "versions"), (3, "versions")]);
        assert_eq!(rules("crates/types/src/version.rs", text), []);
        assert_eq!(rules("crates/server/tests/a.rs", text), []);
    }

    #[test]
    fn leftovers_in_strings_and_comments_are_none() {
        let text = "let a = \"todo!()\"; // todo!()\ntodo!();\n#[ignore = \"slow\"]\n";
        assert_eq!(rules("crates/server/src/a.rs", text), [(2, "leftover"), (3, "ignored")]);
    }

    #[test]
    fn tests_neither_sleep_nor_bind_fixed_ports() {
        let text = "tokio::time::sleep(x);\nlet a = \"127.0.0.1:8080\";\nlet b = \"127.0.0.1:0\";\n\
                    let origin = \"http://localhost:6274\";\n";
        assert_eq!(rules("crates/server/tests/a.rs", text), [(1, "sleep"), (2, "port")]);
        assert_eq!(rules("crates/server/src/a.rs", text), []);
    }
}
