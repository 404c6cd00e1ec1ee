//! The reports of progress of one call: ever further, and not too many.

use std::fmt::Display;
use std::time::Duration;

use serde_json::{Value, json, value::RawValue};
use tokio::time::Instant;
use toolwright_types::method::notification;

use super::Context;
use crate::task::Life;

const SECOND: Duration = Duration::from_secs(1);

/// What was reported, and what is held back.
#[derive(Debug)]
pub(super) struct Reports {
    most: u32,
    done: f64,
    /// When the second began in which reports are counted, and how many it has had.
    second: Option<(Instant, u32)>,
    held: Option<Value>,
}

impl Reports {
    /// Of a call that may report so often in a second.
    pub(super) fn new(most: u32) -> Self {
        Self { most, done: f64::NEG_INFINITY, second: None, held: None }
    }

    /// Whether it is further than what was reported before; it is what comes next then.
    pub(super) fn grows(&mut self, done: f64) -> bool {
        let grows = done.is_finite() && done > self.done;
        if grows {
            self.done = done;
        }
        grows
    }

    /// A report to be sent now, unless there were too many: then it is held until there is a later one.
    pub(super) fn admit(&mut self, report: Value) -> Option<Value> {
        let now = Instant::now();
        let (began, count) = self.second.filter(|(began, _)| now - *began < SECOND).unwrap_or((now, 0));
        if count >= self.most {
            self.held = Some(report);
            return None;
        }
        self.second = Some((began, count + 1));
        self.held = None;
        Some(report)
    }

    /// What is held back, once no more comes.
    pub(super) fn last(&mut self) -> Option<Value> {
        self.held.take()
    }
}

impl Context {
    /// Tells the client how far the call has come, if it asked to know.
    ///
    /// `done` must grow from call to call; a value that does not is left out. `total` is in the same unit, if known.
    /// Of more reports in a second than `Limits::progress` the last is told, before the answer at the latest.
    ///
    /// In a task the message is the task's status message instead, for whoever asks for the task or listens for it; it is
    /// kept once a second at most.
    pub fn progress(&self, done: f64, total: impl Into<Option<f64>>, message: impl Display) {
        if let Some(life) = self.task().filter(|life| life.is_task()) {
            return self.progress_of_task(life, done, &message);
        }
        let Some(token) = &self.0.progress_token else { return };
        let mut gate = self.gate();
        if !gate.open || !gate.reports.grows(done) {
            return;
        }
        let mut params = json!({"progressToken": token, "progress": done});
        if let Some(total) = total.into().filter(|total| total.is_finite()) {
            params["total"] = total.into();
        }
        let message = message.to_string();
        if self.0.dialect.progress_messages && !message.is_empty() {
            params["message"] = message.into();
        }
        if let Some(params) = gate.reports.admit(params) {
            self.send(&gate, notification::PROGRESS, &params);
        }
    }

    fn progress_of_task(&self, life: &Life, done: f64, message: &dyn Display) {
        if !self.gate().reports.grows(done) {
            return;
        }
        let message = message.to_string();
        if !message.is_empty() && life.say(message) {
            self.wake_call();
        }
    }
}

/// Text or a number: anything else is no token, and is as good as none.
pub(super) fn is_token(raw: &RawValue) -> bool {
    let is_text = || serde_json::from_str::<String>(raw.get()).is_ok();
    raw.get().starts_with(|first: char| first == '-' || first.is_ascii_digit()) || is_text()
}
