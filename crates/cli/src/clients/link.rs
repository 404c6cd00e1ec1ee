//! Links that ask a client's user to add a server.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Fills in a template: `$NAME`, `$BASE64` for the entry, `$JSON` for the entry with its name.
pub(super) fn written(template: &str, name: &str, entry: &Value) -> String {
    let mut named = json!({ "name": name });
    for (key, value) in entry.as_object().into_iter().flatten() {
        named[key] = value.clone();
    }
    // What is filled in has no `$` any more.
    let link = template.replace("$BASE64", &quoted(&STANDARD.encode(entry.to_string())));
    link.replace("$JSON", &quoted(&named.to_string())).replace("$NAME", &quoted(name))
}

/// All but letters that stand for themselves anywhere in a URL (RFC 3986, 2.3).
fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for byte in text.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' => quoted.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => quoted.push(byte.into()),
            _ => drop(write!(quoted, "%{byte:02X}")),
        }
    }
    quoted
}
