//! One breach of a rule.

use std::fmt;

/// Where a rule is broken and what to do about it.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) path: String,
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) rule: &'static str,
    /// How large the offending thing is, for rules with a limit; otherwise 1.
    pub(super) size: usize,
    pub(super) advice: String,
}

impl Finding {
    /// A breach at the line with this index (counted from 0).
    pub(super) fn new(path: &str, index: usize, rule: &'static str, advice: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: index + 1, rule, size: 1, advice: advice.into() }
    }

    /// The same, with the size that exceeds a limit.
    pub(super) fn sized(self, size: usize) -> Self {
        Self { size, ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.advice)
    }
}
