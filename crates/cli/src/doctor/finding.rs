//! What was found, for people and for programs.

use serde_json::{Value, json};

use crate::inspect::lint;
use crate::outcome::{Exit, Outcome};
use crate::show::plain;

/// Something that is wrong.
#[derive(Debug)]
pub(super) struct Finding {
    level: Level,
    subject: String,
    cause: String,
    next: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
}

impl Finding {
    /// It does not work.
    pub(super) fn error(subject: &str, cause: String, next: String) -> Self {
        Self { level: Level::Error, subject: subject.to_owned(), cause, next }
    }

    /// It works, but not everywhere or not well.
    pub(super) fn warning(subject: &str, cause: String, next: String) -> Self {
        Self { level: Level::Warning, subject: subject.to_owned(), cause, next }
    }

    /// What `inspect` finds; its notes are no faults.
    pub(super) fn of_lint(target: &str, found: lint::Finding) -> Option<Self> {
        let level = match found.level {
            lint::Level::Error => Level::Error,
            lint::Level::Warning => Level::Warning,
            lint::Level::Note => return None,
        };
        let subject = format!("{target}: {}", found.place);
        Some(Self { level, subject, cause: found.rule.to_owned(), next: found.advice })
    }

    fn level(&self) -> &'static str {
        match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        }
    }

    fn json(&self) -> Value {
        json!({"level": self.level(), "subject": self.subject, "cause": self.cause, "next": self.next})
    }
}

/// All that was looked at.
#[derive(Default)]
pub(super) struct Report {
    text: String,
    works: Vec<Value>,
    findings: Vec<Finding>,
}

impl Report {
    /// Something is as it should be.
    pub(super) fn works(&mut self, subject: &str, how: &str) {
        self.line("ok", subject, how);
        self.works.push(json!({"subject": subject, "how": how}));
    }

    /// Something that need not be wrong.
    pub(super) fn note(&mut self, subject: &str, what: &str) {
        self.line("note", subject, what);
    }

    pub(super) fn push(&mut self, finding: Finding) {
        self.line(finding.level(), &finding.subject, &finding.cause);
        self.text += &format!("{:9}→ {}\n", "", indented(&finding.next));
        self.findings.push(finding);
    }

    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.push(finding));
    }

    fn line(&mut self, level: &str, subject: &str, what: &str) {
        self.text += &format!("{level:9}{}: {}\n", plain(subject), indented(what));
    }

    /// With more for programs.
    pub(super) fn outcome(self, mut json: Value) -> Outcome {
        let count = |level| self.findings.iter().filter(|finding| finding.level == level).count();
        let (errors, warnings) = (count(Level::Error), count(Level::Warning));
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let (many, more) = (plural(errors), plural(warnings));
        let text = format!("{}\n{errors} error{many}, {warnings} warning{more}\n", self.text);
        json["ok"] = json!(self.works);
        json["findings"] = self.findings.iter().map(Finding::json).collect();
        Outcome::new(text, json).ending(if errors == 0 { Exit::Worked } else { Exit::Found })
    }
}

/// Further lines stand below the first.
fn indented(text: &str) -> String {
    plain(text).replace('\n', "\n           ")
}
