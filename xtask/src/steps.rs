//! The steps of `cargo xtask ci`, in their order.

use crate::command::{cargo, cargo_command, run};
use crate::workspace::Result;
use crate::{suites, tidy};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::Instant;

/// The most crates the hello server's dependency tree may have, as it is and without HTTP.
const MOST_CRATES: [(&[&str], usize); 2] = [(&[], 80), (&["--no-default-features"], 60)];

type Step = (&'static str, fn() -> Result<String>);

const STEPS: [Step; 20] = [
    ("fmt", || cargo(&["fmt", "--all", "--check"])),
    ("clippy", || cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])),
    ("tidy", tidy::check),
    ("crates", crates),
    ("test", || cargo(&["test", "--workspace"])),
    ("redis", suites::redis),
    ("docs", docs),
    ("schema", suites::schema),
    ("python", suites::python),
    ("rmcp", suites::rmcp),
    ("inspector", suites::inspector),
    ("http-clients", suites::http_clients),
    ("browser", suites::browser),
    ("inspector-http", suites::inspector_http),
    ("load", suites::load),
    ("inspector-web", suites::inspector_web),
    ("install", suites::install),
    ("conformance", suites::conformance),
    ("cli", suites::cli),
    ("sign-in", suites::sign_in),
];

/// Whether there is a step of that name.
pub(crate) fn exists(name: &str) -> bool {
    STEPS.iter().any(|(step, _)| *step == name)
}

/// Runs one step and returns all it has to say.
pub(crate) fn alone(name: &str) -> Result<String> {
    let (_, step) =
        STEPS.iter().find(|(step, _)| *step == name).ok_or_else(|| format!("no step `{name}`"))?;
    let report = step()?;
    Ok(if report.trim().is_empty() { format!("{name}: ok") } else { report.trim_end().to_owned() })
}

/// Runs all steps up to the first failure, one line each.
pub(crate) fn ci() -> Result<String> {
    for (name, step) in STEPS {
        print!("{name:<15}");
        std::io::stdout().flush().map_err(|error| error.to_string())?;
        let start = Instant::now();
        let outcome = step();
        let seconds = start.elapsed().as_secs_f64();
        match outcome {
            Ok(report) => println!("ok   {seconds:>7.1} s  {}", summary(&report)),
            Err(message) => {
                println!("FAIL {seconds:>7.1} s");
                let alone = format!("cargo xtask {name}");
                return Err(format!("{message}\n\nci stopped at `{name}`; run it alone with `{alone}`"));
            }
        }
    }
    Ok(format!("ci: {} passed, 0 failed", STEPS.len()))
}

/// The last line of a report, or the number of tests when it is one of cargo's.
fn summary(report: &str) -> String {
    let passed =
        |line: &str| line.strip_prefix("test result: ok. ")?.split(' ').next()?.parse::<usize>().ok();
    match report.lines().filter_map(passed).collect::<Vec<_>>().as_slice() {
        [] => report.lines().next_back().unwrap_or_default().to_owned(),
        counts => format!("{} tests passed", counts.iter().sum::<usize>()),
    }
}

fn docs() -> Result<String> {
    run(cargo_command().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// Counts the crates a program gets that depends on `toolwright` alone.
fn crates() -> Result<String> {
    let mut counts = Vec::new();
    for (features, most) in MOST_CRATES {
        let tree = ["tree", "--package", "toolwright", "--edges", "normal", "--prefix", "none"];
        let tree = cargo(&[tree.as_slice(), features].concat())?;
        let names: BTreeSet<&str> =
            tree.lines().map(|line| line.split(" (").next().unwrap_or(line).trim()).collect();
        let count = names.iter().filter(|name| !name.is_empty()).count();
        if count > most {
            return Err(format!(
                "{}\n{count} crates {features:?} are more than {most}: drop a dependency or put it behind a feature",
                Vec::from_iter(names).join("\n")
            ));
        }
        counts.push(format!("{count} of at most {most}"));
    }
    Ok(format!("crates in the hello server's dependency tree: {}, without HTTP {}", counts[0], counts[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_the_last_line_or_the_sum_of_tests() {
        assert_eq!(summary("a: 1\nall well\n"), "all well");
        let tests = "test result: ok. 3 passed; 0 failed\n\ntest result: ok. 4 passed; 0 failed\n";
        assert_eq!(summary(tests), "7 tests passed");
        assert_eq!(summary(""), "");
    }
}
