//! The one error of the domain: a value that breaks a rule, told so that the caller can mend it.

use std::borrow::Cow;

/// A value that breaks a rule of the domain; its message says what to send instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(Cow<'static, str>);

impl Invalid {
    /// Makes an error from a sentence that tells the caller how to mend the value.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(message.into())
    }
}

/// Shows a refused value inside a message: quoted, escaped, and cut when it is long.
pub(crate) fn quoted(value: &str) -> String {
    const SHOWN: usize = 40;
    let mut chars = value.chars();
    let head: String = chars.by_ref().take(SHOWN).collect();
    let more = if chars.next().is_some() { "…" } else { "" };
    format!("{head:?}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_cut_in_a_message() {
        let shown = quoted(&"x".repeat(100_000));
        assert_eq!(shown, format!("\"{}\"…", "x".repeat(40)));
    }

    #[test]
    fn control_characters_are_escaped_in_a_message() {
        assert_eq!(quoted("a\0\n\u{202e}"), r#""a\0\n\u{202e}""#);
    }
}
