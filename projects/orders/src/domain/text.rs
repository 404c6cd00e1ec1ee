//! Free text: how long it may be and which characters it may hold.

use super::invalid::Invalid;

/// The most characters of a note or a reason.
pub const MAX_TEXT: usize = 2000;

/// Accepts 1 to `max` characters that are not all blank, without control characters but tab and line breaks.
///
/// # Errors
/// [`Invalid`] names `what` and says which rule the text breaks.
pub fn checked_text(what: &str, text: &str, max: usize) -> Result<(), Invalid> {
    if text.trim().is_empty() {
        return Err(Invalid::new(format!("The {what} is empty; write at least one character.")));
    }
    let length = text.chars().count();
    if length > max {
        return Err(Invalid::new(format!(
            "The {what} has {length} characters; shorten it to at most {max}."
        )));
    }
    // SQLite's LIKE and length() stop at NUL, so such text would be half hidden from a search.
    if let Some(bad) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Invalid::new(format!(
            "The {what} contains the control character U+{:04X}; remove it.",
            u32::from(bad)
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters() {
        assert!(checked_text("note", &"é".repeat(2000), MAX_TEXT).is_ok());
        let error = checked_text("note", &"é".repeat(2001), MAX_TEXT).unwrap_err();
        assert_eq!(error.to_string(), "The note has 2001 characters; shorten it to at most 2000.");
    }

    #[test]
    fn blank_text_and_control_characters_are_refused() {
        for text in ["", " ", "\n\t", "a\0b", "\u{7}", "\u{1b}[31m"] {
            assert!(checked_text("note", text, MAX_TEXT).is_err(), "{text:?}");
        }
        assert!(checked_text("note", "line one\r\n\tline two ☃", MAX_TEXT).is_ok());
    }
}
