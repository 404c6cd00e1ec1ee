//! `doctor`: what is wrong with a server, or with all that clients know; each finding with its cause and a next step.

mod finding;

use clap::Args;
use serde_json::json;
use tokio::task::JoinSet;
use toolwright::types::version::ProtocolVersion;

use crate::clients::Machine;
use crate::discover::{self, Found, Known};
use crate::inspect::lint;
use crate::launch::{Launch, looking};
use crate::look::{Look, is_of_server, look};
use crate::outcome::{Exit, Failure, Outcome};
use finding::{Finding, Report};

/// What to look at.
#[derive(Debug, Args)]
#[command(
    after_help = "Without a server it reads the settings of all clients and starts every server in them.\n\
Exit code 0: nothing is wrong, though there may be warnings; 5: something is; 3: the server cannot be reached."
)]
pub(crate) struct Doctor {
    /// A URL, a command line in quotes, or `client:name`.
    server: Option<String>,
    /// How many seconds a server may take for each answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    timeout: u64,
}

impl Doctor {
    pub(crate) async fn run(self) -> Result<Outcome, Failure> {
        match &self.server {
            Some(server) => self.server(server).await,
            None => Ok(self.machine().await),
        }
    }

    /// One server, in every version of the protocol.
    async fn server(&self, server: &str) -> Result<Outcome, Failure> {
        let mut report = Report::default();
        let launch = discover::named(server).transpose()?.or_else(|| Launch::of_url(server));
        if let Some(launch) = &launch {
            report.extend(of_launch(server, launch));
        }
        let target = || match &launch {
            Some(launch) => (launch.target(), looking(self.timeout)),
            None => (server.into(), looking(self.timeout)),
        };
        let (first, options) = target();
        let seen = match look(first, options).await {
            Ok(seen) => seen,
            Err(failure) if is_of_server(failure.exit) => {
                report.push(of_failure(server, &failure, launch.as_ref()));
                return Ok(report.outcome(json!({ "target": server })).ending(failure.exit));
            }
            Err(failure) => return Err(failure),
        };
        report.works(server, &seen.summary());
        report.extend(of_look(server, &seen));
        let (mut spoken, mut unspoken) = (Vec::new(), Vec::new());
        for version in ProtocolVersion::ALL {
            let (target, options) = target();
            match look(target, options.version(version)).await {
                Ok(seen) if seen.offers.facts.version == version => spoken.push(version.as_str()),
                _ => unspoken.push(version.as_str()),
            }
        }
        report.works(server, &format!("speaks {}", spoken.join(", ")));
        if !unspoken.is_empty() {
            report.note(server, &format!("does not speak {}", unspoken.join(", ")));
        }
        let json = json!({
            "target": server, "server": seen.offers.facts.server, "protocolVersion": seen.offers.facts.version.as_str(),
            "protocolVersions": spoken, "milliseconds": seen.took.as_millis() as u64,
            "tools": seen.offers.tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>(),
        });
        Ok(report.outcome(json))
    }

    /// All files, and every server in them, all at once.
    async fn machine(&self) -> Outcome {
        let found = Found::on(&Machine::here());
        let mut report = Report::default();
        for file in &found.files {
            report.works(&file.display().to_string(), "can be read");
        }
        for broken in &found.broken {
            let cause = format!("cannot be read: {}", broken.why);
            report.push(Finding::error(
                &broken.file.display().to_string(),
                cause,
                "mend it by hand: the client may ignore all of it, or write over it".into(),
            ));
        }
        let mut looks = JoinSet::new();
        for (index, known) in found.known.iter().enumerate() {
            let target = known.target();
            match filled(known) {
                Ok(launch) => {
                    let options = looking(self.timeout);
                    looks.spawn(async move {
                        let mut findings = of_launch(&target, &launch);
                        let seen = look(launch.target(), options).await;
                        let works = seen.as_ref().ok().map(Look::summary);
                        match &seen {
                            Ok(seen) => findings.extend(of_look(&target, seen)),
                            Err(failure) => findings.push(of_failure(&target, failure, Some(&launch))),
                        }
                        (index, target, works, findings)
                    });
                }
                Err(finding) => report.push(finding),
            }
        }
        let mut seen = looks.join_all().await;
        seen.sort_by_key(|(index, ..)| *index);
        for (_, target, works, findings) in seen {
            if let Some(works) = works {
                report.works(&target, &works);
            }
            report.extend(findings);
        }
        if found.known.is_empty() {
            report.note("clients", "know no server: `toolwright install CLIENT -- COMMAND` adds one");
        }
        report.outcome(json!({}))
    }
}

fn filled(known: &Known) -> Result<Launch, Finding> {
    let (target, file) = (known.target(), known.file.display());
    let Some(launch) = &known.launch else {
        let next = format!("see how others look in {file}, or install it anew with `toolwright install`");
        return Err(Finding::error(&target, "its entry is not understood".into(), next));
    };
    let unfilled = |why| Finding::warning(&target, why, "try it in the client itself".into());
    launch.filled(|name| std::env::var(name).ok()).map_err(unfilled)
}

/// What can be said before a server is started.
fn of_launch(target: &str, launch: &Launch) -> Vec<Finding> {
    let Launch::Command { command, .. } = launch else { return Vec::new() };
    let path = std::path::Path::new(command);
    let Ok(found) = which::which(command) else {
        // It will fail to start, which says so.
        return Vec::new();
    };
    let (cause, next) = (
        format!("`{command}` is found by PATH, which clients with a window do not share with a shell"),
        format!("write its whole path: {}", found.display()),
    );
    if path.is_absolute() { Vec::new() } else { vec![Finding::warning(target, cause, next)] }
}

fn of_failure(target: &str, failure: &Failure, launch: Option<&Launch>) -> Finding {
    let next = match launch {
        Some(Launch::Command { command, .. }) if which::which(command).is_err() => {
            let is_there = std::path::Path::new(command).exists();
            let advice = if is_there {
                "is no program: `chmod +x` makes it one"
            } else {
                "is not there: build it, or mend the path"
            };
            format!("`{command}` {advice}")
        }
        Some(launch @ Launch::Command { .. }) => {
            format!("start it by hand and see what it says: {}", launch.shown())
        }
        Some(Launch::Url { url, .. }) => format!("see that the server runs and that {url} is its address"),
        None => "start it by hand and see what it says".into(),
    };
    let slow = if failure.exit == Exit::Unreachable { "" } else { "it answers, but " };
    Finding::error(target, format!("{slow}{}", failure.why), next)
}

fn of_look(target: &str, seen: &Look) -> Vec<Finding> {
    /// Some clients give up after 10 seconds.
    const SLOW: u64 = 5;
    let mut findings = Vec::new();
    if !seen.stray.is_empty() {
        let first = seen.stray.lines().next().unwrap_or_default();
        findings.push(Finding::error(
            target,
            format!("standard output has what is no message: {first:?}"),
            "print to standard error; strict clients end the conversation for this".into(),
        ));
    }
    if seen.took.as_secs() >= SLOW {
        let cause = format!("it took {} s to answer, and clients give up", seen.took.as_secs());
        findings.push(Finding::warning(target, cause, "do slow work after the handshake".into()));
    }
    findings
        .extend(lint::findings(&seen.offers).into_iter().filter_map(|found| Finding::of_lint(target, found)));
    findings
}
