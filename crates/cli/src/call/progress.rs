//! How far a call has come: a bar at a terminal, lines where there is none and they are wanted.

use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use toolwright::types::progress::ProgressParams;

use crate::show::plain;
use crate::terminal::say;

/// A bar has so many steps, whatever the server counts.
const STEPS: f64 = 1000.0;

/// The bar of one call, on standard error.
pub(super) struct Progress {
    bar: ProgressBar,
    /// While somebody is asked something.
    rests: AtomicBool,
    says_lines: bool,
}

impl Progress {
    /// Nothing is seen before the server reports.
    pub(super) fn new(says_lines: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Self { bar, rests: AtomicBool::new(false), says_lines }
    }

    /// Hears of a step.
    pub(super) fn hear(&self, step: &ProgressParams) {
        let count = match step.total {
            Some(total) => format!("{}/{total}", step.progress),
            None => step.progress.to_string(),
        };
        let message =
            format!("{count} {}", plain(step.message.as_deref().unwrap_or_default()).replace('\n', " "));
        if self.rests.load(Ordering::Relaxed) {
            return;
        }
        if !crate::terminal::shows() {
            if self.says_lines {
                say(&format!("progress: {}", message.trim_end()));
            }
            return;
        }
        self.appear(step.total.is_some());
        if let Some(total) = step.total.filter(|total| *total > 0.0) {
            self.bar.set_length(STEPS as u64);
            self.bar.set_position((step.progress / total * STEPS).clamp(0.0, STEPS) as u64);
        }
        self.bar.set_message(message);
    }

    fn appear(&self, has_end: bool) {
        if self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        let template = if has_end { "{bar:30} {msg}" } else { "{spinner} {msg}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }

    /// Goes out of the way of a question.
    pub(super) fn rest(&self) {
        self.rests.store(true, Ordering::Relaxed);
        self.bar.set_draw_target(ProgressDrawTarget::hidden());
    }

    /// The question is answered.
    pub(super) fn go_on(&self) {
        self.rests.store(false, Ordering::Relaxed);
    }

    /// Leaves nothing behind on the terminal.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
