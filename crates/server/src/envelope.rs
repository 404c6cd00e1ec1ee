//! The frames around results, errors and notifications.

use serde::Serialize;
use serde_json::json;
use toolwright_types::jsonrpc::ErrorObject;

/// Writes what stands before a result; [`end`] writes what stands behind it.
///
/// `id` is the JSON text of the request's id.
pub(crate) fn begin(out: &mut Vec<u8>, id: &str) {
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    out.extend_from_slice(id.as_bytes());
    out.extend_from_slice(br#","result":"#);
}

/// Ends a result.
pub(crate) fn end(out: &mut Vec<u8>) {
    out.push(b'}');
}

/// Writes an error answer; the id is left out when it could not be read (rule S3).
pub(crate) fn error(out: &mut Vec<u8>, id: Option<&str>, error: &ErrorObject) {
    out.extend_from_slice(br#"{"jsonrpc":"2.0""#);
    if let Some(id) = id {
        out.extend_from_slice(br#","id":"#);
        out.extend_from_slice(id.as_bytes());
    }
    out.extend_from_slice(br#","error":"#);
    out.extend_from_slice(json!(error).to_string().as_bytes());
    out.push(b'}');
}

/// Writes a notification.
pub(crate) fn notification(out: &mut Vec<u8>, method: &str, params: &impl Serialize) {
    let message = json!({"jsonrpc": "2.0", "method": method, "params": params});
    out.extend_from_slice(message.to_string().as_bytes());
}
