//! Percent-encoding (<https://www.rfc-editor.org/rfc/rfc3986#section-2.1>).

use std::borrow::Cow;

/// Whether the bytes start with `%` and two hex digits.
pub(super) fn is_triplet(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// Whether every `%` starts a triplet.
pub(super) fn is_well_formed(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| byte != b'%' || is_triplet(&text.as_bytes()[at..]))
}

/// Whether a byte stands for itself in every part of a URI.
pub(super) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// Whether a byte has a meaning of its own in some part of a URI.
pub(super) fn is_reserved(byte: u8) -> bool {
    b":/?#[]@!$&'()*+,;=".contains(&byte)
}

/// Encodes every byte but those to keep.
pub(super) fn encode(text: &str, keep: impl Fn(u8) -> bool) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii() && keep(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(HEX[usize::from(byte >> 4)]));
            encoded.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    encoded
}

/// Encodes what is not ASCII, and nothing else.
pub(super) fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(encode(text, |_| true)) }
}

/// Decodes once; `None` where a `%` starts no triplet or the result is not UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let [_, high, low, after @ ..] = rest else {
                return None;
            };
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            decoded.push(digit(*high)? << 4 | digit(*low)?);
            rest = after;
        } else {
            decoded.push(byte);
            rest = after;
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_happens_once_and_only_for_whole_triplets() {
        let cases = [
            ("a%20b", Some("a b")),
            ("%c3%A9", Some("é")),
            ("é", Some("é")),
            ("%252e", Some("%2e")),
            ("a+b", Some("a+b")),
            ("%", None),
            ("%2", None),
            ("%2g", None),
            ("%+1", None),
            ("%é", None),
            ("%ff", None),
            ("%c3", None),
        ];
        for (text, decoded) in cases {
            assert_eq!(decode(text).as_deref(), decoded, "{text}");
        }
    }

    #[test]
    fn encoding_writes_upper_case_triplets_of_utf_8() {
        assert_eq!(encode("a é/%", is_unreserved), "a%20%C3%A9%2F%25");
        assert_eq!(ascii("a é"), "a %C3%A9");
        assert!(is_well_formed("a%20") && !is_well_formed("a%2") && !is_well_formed("%%20"));
    }
}
