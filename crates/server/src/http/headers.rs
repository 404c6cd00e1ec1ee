//! The headers that repeat the body, and what they must say (rules H8 to H23).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::value::RawValue;
use toolwright_core::{Mirrored, MirroredKind};
use toolwright_types::jsonrpc::{ErrorObject, code};

use super::guard::only;

pub(super) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
pub(super) const METHOD: HeaderName = HeaderName::from_static("mcp-method");
pub(super) const NAME: HeaderName = HeaderName::from_static("mcp-name");
pub(super) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
pub(super) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The one value of a header, as text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ErrorObject> {
    let value = only(headers, name).map_err(|()| mismatch(format!("there are two headers `{name}`")))?;
    value.map(|value| legible(name, value)).transpose()
}

fn legible<'a>(name: &HeaderName, value: &'a HeaderValue) -> Result<&'a str, ErrorObject> {
    value.to_str().map_err(|_| mismatch(format!("the header `{name}` has illegal characters")))
}

/// The header must be there and say what the body says (rules H8, H12, H23).
pub(super) fn repeats(headers: &HeaderMap, name: &HeaderName, body: &str) -> Result<(), ErrorObject> {
    let header = text(headers, name)?.ok_or_else(|| missing(name))?;
    if header == body { Ok(()) } else { Err(differs(name)) }
}

/// As [`repeats`], of a value that may be encoded (rules H16, H17).
pub(super) fn repeats_encoded(headers: &HeaderMap, name: &HeaderName, body: &str) -> Result<(), ErrorObject> {
    let header = text(headers, name)?.ok_or_else(|| missing(name))?;
    if decode(name, header)? == body { Ok(()) } else { Err(differs(name)) }
}

/// The arguments that a tool wants repeated (rules H20, H21, H23).
pub(super) fn repeat_arguments(
    headers: &HeaderMap,
    mirrored: &[Mirrored],
    arguments: Option<&RawValue>,
) -> Result<(), ErrorObject> {
    for argument in mirrored {
        let Ok(name) = HeaderName::from_bytes(argument.header.as_bytes()) else { continue };
        let header = text(headers, &name)?.map(|value| decode(&name, value)).transpose()?;
        let same = match (&header, argument.value(arguments)) {
            (None, None) => true,
            (None, Some(_)) => return Err(missing(&name)),
            (Some(_), None) => false,
            (Some(header), Some(value)) => is_same(argument.kind, header, value),
        };
        if !same {
            return Err(differs(&name));
        }
    }
    Ok(())
}

fn is_same(kind: MirroredKind, header: &str, value: &RawValue) -> bool {
    let value = value.get();
    match kind {
        MirroredKind::Text => serde_json::from_str::<String>(value).is_ok_and(|value| value == header),
        MirroredKind::Boolean => header == value,
        // `42.0` is 42.
        MirroredKind::Integer => {
            header == value
                || header.parse::<f64>().is_ok_and(|header| {
                    value.trim_matches('"').parse::<f64>().is_ok_and(|value| value == header)
                })
        }
    }
}

/// Takes `=?base64?…?=` apart; anything else is meant as it stands.
fn decode<'a>(name: &HeaderName, value: &'a str) -> Result<Cow<'a, str>, ErrorObject> {
    let Some(encoded) = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
        return Ok(Cow::Borrowed(value));
    };
    let bytes = STANDARD.decode(encoded).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(Cow::Owned).ok_or_else(|| mismatch(format!("the header `{name}` is not Base64 of text")))
}

fn missing(name: &HeaderName) -> ErrorObject {
    mismatch(format!("the header `{name}` is missing"))
}

fn differs(name: &HeaderName) -> ErrorObject {
    mismatch(format!("the header `{name}` differs from the body"))
}

pub(super) fn mismatch(message: String) -> ErrorObject {
    ErrorObject::new(code::HEADER_MISMATCH, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(kind: MirroredKind, header: &str, value: &str) -> bool {
        is_same(kind, header, &RawValue::from_string(value.into()).unwrap())
    }

    /// Rule H23.
    #[test]
    fn integers_compare_as_numbers_and_text_as_text() {
        assert!(same(MirroredKind::Integer, "42.0", "42"));
        assert!(same(MirroredKind::Integer, "42", "42"));
        assert!(!same(MirroredKind::Integer, "43", "42"));
        assert!(same(MirroredKind::Boolean, "false", "false"));
        assert!(!same(MirroredKind::Boolean, "False", "false"));
        assert!(same(MirroredKind::Text, "", "\"\""));
        assert!(!same(MirroredKind::Text, "a", "\"A\""));
    }

    /// Rules H16 and H17: the markers are exact.
    #[test]
    fn only_a_whole_sentinel_is_decoded() {
        let decoded = |value| decode(&NAME, value).map(Cow::into_owned).map_err(|error| error.code);
        assert_eq!(decoded("=?base64?SGVsbG8=?="), Ok("Hello".into()));
        for literal in ["SGVsbG8=", "=?base64?SGVsbG8=", "SGVsbG8=?=", "=?BASE64?SGVsbG8=?="] {
            assert_eq!(decoded(literal), Ok(literal.into()));
        }
        for wrong in ["=?base64?SGVsbG8?=", "=?base64?SGVs!!!bG8=?=", "=?base64?/w==?="] {
            assert_eq!(decoded(wrong), Err(code::HEADER_MISMATCH), "{wrong}");
        }
    }
}
