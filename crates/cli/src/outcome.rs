//! What a command has to say, and the exit code it ends with.

use std::fmt;

use serde_json::Value;
use toolwright::client::Error;

/// The exit codes, as `--help` shows them.
pub(crate) const EXIT_CODES: &str = "Exit codes:
  0    it worked
  1    the tool failed
  2    the command is wrong
  3    the server cannot be reached
  4    the server refused
  5    a check found something: inspect --strict, inspect --diff, bench, conformance, discover, doctor
  6    something on this machine is missing or failed: a file, cargo, Node.js
  130  Ctrl-C";

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Worked = 0,
    ToolFailed = 1,
    Wrong = 2,
    Unreachable = 3,
    Refused = 4,
    Found = 5,
    Machine = 6,
    Interrupted = 130,
}

/// What is to be said, for people and for programs, and how it ended.
pub(crate) struct Outcome {
    pub(crate) text: String,
    pub(crate) json: Value,
    pub(crate) exit: Exit,
}

impl Outcome {
    /// It worked.
    pub(crate) fn new(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json, exit: Exit::Worked }
    }

    /// It worked, or not.
    pub(crate) fn ending(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }
}

/// What went wrong, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) why: String,
    pub(crate) exit: Exit,
}

impl Failure {
    /// The command cannot be understood.
    pub(crate) fn wrong(why: impl Into<String>) -> Self {
        Self { why: why.into(), exit: Exit::Wrong }
    }

    /// Something on this machine does not work.
    pub(crate) fn machine(what: impl fmt::Display, error: impl fmt::Display) -> Self {
        Self { why: format!("{what}: {error}"), exit: Exit::Machine }
    }

    /// A person pressed Ctrl-C.
    pub(crate) fn interrupted() -> Self {
        Self { why: "interrupted".into(), exit: Exit::Interrupted }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match error {
            Error::Tool(_) => Exit::ToolFailed,
            Error::Gone(_) | Error::TimedOut(_) => Exit::Unreachable,
            _ => Exit::Refused,
        };
        let advice = match error {
            Error::TimedOut(_) => "; `--timeout SECONDS` waits longer",
            _ => "",
        };
        Self { why: format!("{error}{advice}"), exit }
    }
}
