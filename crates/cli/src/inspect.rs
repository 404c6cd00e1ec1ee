//! The command `inspect`: everything a server offers, what is wrong with it, what it costs, and how it changed.

mod cost;
mod diff;
pub(crate) mod lint;
mod report;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use toolwright::Client;

use self::report::Report;
use crate::ask::Offers;
use crate::outcome::{Exit, Failure, Outcome};
use crate::server::Server;

/// Shows everything a server offers, what is wrong with it, and what it costs a model to read.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    #[command(flatten)]
    server: Server,
    /// Writes Markdown, for a page of documentation.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Ends with exit code 5 if there are errors or warnings.
    #[arg(long)]
    strict: bool,
    /// Saves what is offered, to be compared later.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Compares with what was saved; ends with exit code 5 if a client of then would break.
    #[arg(long, value_name = "FILE")]
    diff: Option<PathBuf>,
}

impl Inspect {
    /// Runs the command.
    pub(crate) async fn run(self) -> Result<Outcome, Failure> {
        // A file that cannot be read is told before a server is started.
        let before = self.diff.as_deref().map(saved).transpose()?;
        self.server.meet(self.server.options(), async |client| self.look(client, before).await).await
    }

    async fn look(&self, client: &Client, before: Option<Value>) -> Result<Outcome, Failure> {
        let offers = Offers::of(client).await?;
        let now = sorted(offers.json());
        if let Some(file) = &self.save {
            fs::write(file, format!("{now:#}\n"))
                .map_err(|error| Failure::machine(format!("cannot write {}", file.display()), error))?;
        }
        if let Some(before) = before {
            return Ok(compared(&before, &now));
        }
        let report = Report { findings: lint::findings(&offers), costs: cost::of(&offers.tools), offers };
        let is_found = self.strict && report.findings.iter().any(|finding| finding.level > lint::Level::Note);
        let text = if self.markdown { report.markdown() } else { report.text() };
        Ok(Outcome::new(text, report.json()).ending(if is_found { Exit::Found } else { Exit::Worked }))
    }
}

fn saved(file: &Path) -> Result<Value, Failure> {
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::wrong(format!(
            "cannot compare with {}: {error}; `--save FILE` writes such a file",
            file.display()
        ))
    };
    let text = fs::read_to_string(file).map_err(|error| wrong(&error))?;
    let saved: Value = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
    saved["tools"].is_array().then_some(saved).ok_or_else(|| wrong(&"it has no `tools`"))
}

/// By names, so that the same offers are the same file.
fn sorted(mut offers: Value) -> Value {
    for (list, key) in
        [("tools", "name"), ("resources", "uri"), ("resourceTemplates", "uriTemplate"), ("prompts", "name")]
    {
        if let Some(items) = offers[list].as_array_mut() {
            items.sort_by(|one, other| one[key].as_str().cmp(&other[key].as_str()));
        }
    }
    offers
}

fn compared(before: &Value, now: &Value) -> Outcome {
    let changes = diff::changes(before, now);
    let breaking = changes.iter().filter(|change| change.is_breaking).count();
    let mut text = String::new();
    for change in &changes {
        text += &format!("{:<9} {}\n", if change.is_breaking { "BREAKING" } else { "change" }, change.what);
    }
    text += &format!("{} changes, {breaking} of them breaking\n", changes.len());
    let list: Vec<_> =
        changes.iter().map(|change| json!({"breaking": change.is_breaking, "change": change.what})).collect();
    let outcome = Outcome::new(crate::show::plain(&text), json!({"changes": list, "breaking": breaking}));
    outcome.ending(if breaking > 0 { Exit::Found } else { Exit::Worked })
}
