//! Says which values could lead out of a directory if they were made part of a path.

/// Whether a decoded value is refused.
pub(super) fn is_refused(value: &str, spans_path: bool) -> bool {
    value.starts_with('/')
        || value.contains('/') && !spans_path
        || value.contains(|char: char| char == '\\' || char.is_control())
        || value.split('/').any(|segment| matches!(segment.trim(), "." | ".."))
        || has_drive(value)
        || has_encoded_path(value)
}

/// Whether the value starts with a Windows drive, as in `C:`.
fn has_drive(value: &str) -> bool {
    matches!(value.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// Whether a dot, a slash or a backslash would come out of decoding a second time.
fn has_encoded_path(value: &str) -> bool {
    value
        .as_bytes()
        .windows(3)
        .any(|triplet| matches!(triplet, [b'%', b'2', b'e' | b'E' | b'f' | b'F'] | [b'%', b'5', b'c' | b'C']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_could_leave_a_directory_are_refused() {
        let refused = [
            "..", ".", "a/..", "../a", "a/../b", "./a", "a/.", "a/./b", ".. ", "a/ ../b", "/", "/etc",
            "//host", "a\\b", "\\", "..\\a", "a\0", "a\nb", "\u{7f}", "\u{85}", "C:", "c:/x", "C:x", "%2e",
            "a%2E", "x%2fy", "x%2Fy", "%5c", "%5C",
        ];
        for value in refused {
            assert!(is_refused(value, true), "{value:?}");
        }
    }

    #[test]
    fn other_values_pass() {
        let passed = [
            "", "a", "...", "a..b", "..a", "a.", ".git", "a/b", "a//b", "a/", "ab:c", "1:", "é:", "%20", "%2",
        ];
        for value in passed {
            assert!(!is_refused(value, true), "{value:?}");
            assert_eq!(is_refused(value, false), value.contains('/'), "{value:?}");
        }
    }
}
