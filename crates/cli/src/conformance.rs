//! The command `conformance`: the official suite, scored by scenario.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::Args;
use serde_json::{Value, json};
use tokio::process::Command;
use toolwright::types::version::ProtocolVersion;

use crate::node;
use crate::outcome::{Exit, Failure, Outcome};
use crate::terminal::say;

const NODE_NEEDED: node::Version = (22, 0);
const SUITE: &str = "@modelcontextprotocol/conformance@0.2.0-alpha.12";
/// How long a client may take for a scenario, in milliseconds.
const TIME: &str = "60000";
/// A check that every scenario gets, and that is true of who says nothing.
const ENVELOPE: &str = "wire-schema-valid";

/// Runs the official conformance suite, one scenario at a time, and ends with exit code 5 if one fails.
///
/// It needs Node.js 22, and npm to fetch the suite.
#[derive(Debug, Args)]
pub(crate) struct Conformance {
    /// The URL of a server; or the command line of a client, to which the suite adds the URL of its own server.
    target: String,
    /// The version of the protocol.
    #[arg(long, value_name = "VERSION", default_value_t = ProtocolVersion::LATEST)]
    protocol: ProtocolVersion,
    /// Only these scenarios.
    #[arg(long = "scenario", value_name = "NAME")]
    scenarios: Vec<String>,
    /// The suite's script, if it is installed already.
    #[arg(long, value_name = "FILE")]
    suite: Option<PathBuf>,
}

/// How a scenario ended.
struct Score {
    name: String,
    checks: usize,
    faults: Vec<String>,
}

impl Conformance {
    /// Runs the command.
    pub(crate) async fn run(self) -> Result<Outcome, Failure> {
        if let Some(missing) = node::missing(NODE_NEEDED) {
            return Err(Failure {
                why: format!("the conformance suite cannot run: {missing}"),
                exit: Exit::Machine,
            });
        }
        let names = if self.scenarios.is_empty() { self.names().await? } else { self.scenarios.clone() };
        let mut scores = Vec::new();
        for name in names {
            let score = self.score(name).await?;
            say(&format!("{} {}", if score.faults.is_empty() { "ok  " } else { "FAIL" }, score.name));
            scores.push(score);
        }
        Ok(outcome(&scores))
    }

    fn is_server(&self) -> bool {
        self.target.starts_with("http://") || self.target.starts_with("https://")
    }

    fn command(&self) -> Command {
        let mut command = match &self.suite {
            Some(script) => {
                let mut command = Command::new("node");
                command.arg(script);
                command
            }
            None => {
                let mut command = Command::new("npx");
                command.args(["-y", SUITE]);
                command
            }
        };
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// The scenarios of the version.
    async fn names(&self) -> Result<Vec<String>, Failure> {
        let side = if self.is_server() { "--server" } else { "--client" };
        let listed =
            self.command().args(["list", side, "--spec-version", self.protocol.as_str()]).output().await;
        let listed = listed.map_err(|error| Failure::machine("cannot start the suite", error))?;
        let said = String::from_utf8_lossy(&listed.stdout).into_owned();
        let names = said.lines().filter_map(|line| line.strip_prefix("  - ")?.split_whitespace().next());
        let names: Vec<_> = names.map(str::to_owned).collect();
        if names.is_empty() {
            let why = String::from_utf8_lossy(&listed.stderr).into_owned();
            return Err(Failure::machine("the suite lists no scenarios", format!("{said}{why}")));
        }
        Ok(names)
    }

    async fn score(&self, name: String) -> Result<Score, Failure> {
        let folder = std::env::temp_dir().join(format!("toolwright-conformance-{}", std::process::id()));
        let mut command = self.command();
        if self.is_server() {
            command.args(["server", "--url", &self.target]);
        } else {
            command.args(["client", "--command", &self.target, "--timeout", TIME]);
        }
        command.args(["--scenario", &name, "--spec-version", self.protocol.as_str(), "-o"]).arg(&folder);
        let ended =
            command.output().await.map_err(|error| Failure::machine("cannot start the suite", error))?;
        let checks = checks(&folder);
        let _ = fs::remove_dir_all(&folder);
        let mut faults = faults(&checks);
        if faults.is_empty() && !ended.status.success() {
            let said = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
            faults
                .push(said.lines().next_back().unwrap_or("the suite failed and did not say why").to_owned());
        }
        let passed = checks.iter().filter(|check| check["status"] == "SUCCESS").count();
        Ok(Score { name, checks: passed, faults })
    }
}

/// What the suite wrote down.
fn checks(folder: &Path) -> Vec<Value> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter_map(|entry| fs::read(entry.path().join("checks.json")).ok());
    files.filter_map(|text| serde_json::from_slice::<Vec<Value>>(&text).ok()).flatten().collect()
}

/// A scenario passes if something was checked and nothing is wrong.
fn faults(checks: &[Value]) -> Vec<String> {
    let text = |check: &Value, member: &str| check[member].as_str().unwrap_or_default().to_owned();
    let is_wrong = |check: &&Value| matches!(check["status"].as_str(), Some("FAILURE" | "WARNING"));
    let mut faults: Vec<_> = checks
        .iter()
        .filter(is_wrong)
        .map(|check| {
            let why =
                check["errorMessage"].as_str().map_or_else(|| text(check, "description"), str::to_owned);
            format!("{}: {why}", text(check, "id"))
        })
        .collect();
    let is_checked = checks.iter().any(|check| check["status"] == "SUCCESS" && check["id"] != ENVELOPE);
    if faults.is_empty() && !is_checked {
        faults.push("nothing was checked".into());
    }
    faults
}

fn outcome(scores: &[Score]) -> Outcome {
    let passed = scores.iter().filter(|score| score.faults.is_empty()).count();
    let mut text = String::new();
    for score in scores {
        let word = if score.faults.is_empty() { "ok  " } else { "FAIL" };
        let _ = writeln!(text, "{word} {} ({} checks)", score.name, score.checks);
        for fault in &score.faults {
            let _ = writeln!(text, "       {}", crate::show::plain(fault));
        }
    }
    let _ = writeln!(text, "{passed} of {} scenarios passed", scores.len());
    let list: Vec<_> = scores.iter().map(|score| {
        json!({"scenario": score.name, "passed": score.faults.is_empty(), "checks": score.checks, "faults": score.faults})
    }).collect();
    let outcome = Outcome::new(text, json!({"passed": passed, "of": scores.len(), "scenarios": list}));
    outcome.ending(if passed == scores.len() { Exit::Worked } else { Exit::Found })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_without_a_check_of_its_own_has_not_passed() {
        let check = |id: &str, status: &str| json!({"id": id, "status": status, "description": "d"});
        assert_eq!(faults(&[check(ENVELOPE, "SUCCESS")]), ["nothing was checked"]);
        assert_eq!(faults(&[check("a", "SUCCESS"), check("b", "INFO")]), Vec::<String>::new());
        assert_eq!(faults(&[check("a", "SUCCESS"), check("b", "FAILURE")]), ["b: d"]);
    }
}
