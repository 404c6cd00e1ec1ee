//! JSON-RPC 2.0 frames, read by reference: method, id and the raw text of the parameters.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic#messages>

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed as _, IgnoredAny, MapAccess};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, value::RawValue};

use crate::meta::{Members, Object, Params, Seen, Text, skip};

/// The error codes of JSON-RPC and of the protocol.
pub mod code {
    /// The text is not JSON.
    pub const PARSE_ERROR: i32 = -32700;
    /// The JSON is not a request.
    pub const INVALID_REQUEST: i32 = -32600;
    /// No such method, or one behind a capability that was not announced.
    pub const METHOD_NOT_FOUND: i32 = -32601;
    /// The parameters do not fit the method.
    pub const INVALID_PARAMS: i32 = -32602;
    /// The server failed.
    pub const INTERNAL_ERROR: i32 = -32603;
    /// Legacy: no such resource.
    pub const RESOURCE_NOT_FOUND: i32 = -32002;
    /// HTTP headers and body disagree.
    pub const HEADER_MISMATCH: i32 = -32020;
    /// The work needs a capability that the client did not declare.
    pub const MISSING_CLIENT_CAPABILITY: i32 = -32021;
    /// The request names a version that is not spoken here.
    pub const UNSUPPORTED_VERSION: i32 = -32022;
}

/// A request id: the JSON text of a string or an integer, kept byte for byte so that it is echoed unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id<'a>(&'a str);

impl<'a> Id<'a> {
    /// Takes the JSON text of an id.
    ///
    /// Strings and integers of up to 64 bits are ids; null, floats, booleans, lists and objects are not, nor are
    /// strings that are no Unicode text and `-0`, which could not be told from `0`.
    pub fn from_json(raw: &'a RawValue) -> Option<Self> {
        let text = raw.get();
        let is_id = if text.starts_with('"') {
            !text.contains('\\') || serde_json::from_str::<String>(text).is_ok()
        } else {
            text != "-0" && (text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok())
        };
        is_id.then_some(Self(text))
    }

    /// The JSON text.
    pub fn as_json(self) -> &'a str {
        self.0
    }

    /// The id in one spelling, so that `"a"` and `"\u0061"` are the same key.
    pub fn key(self) -> Cow<'a, str> {
        if !self.0.contains('\\') {
            return Cow::Borrowed(self.0);
        }
        let text: Option<String> = serde_json::from_str(self.0).ok();
        Cow::Owned(
            text.and_then(|text| serde_json::to_string(&text).ok()).unwrap_or_else(|| self.0.to_owned()),
        )
    }
}

impl fmt::Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A message that came in, borrowed from its text.
#[derive(Debug, Clone)]
pub enum Incoming<'a> {
    /// Must be answered.
    Request {
        /// Echoed in the answer.
        id: Id<'a>,
        /// The method, unescaped.
        method: Cow<'a, str>,
        /// The parameters: none are like an empty object.
        params: Params<'a>,
    },
    /// Must not be answered.
    Notification {
        /// The method, unescaped.
        method: Cow<'a, str>,
        /// The parameters: none are like an empty object.
        params: Params<'a>,
    },
    /// An answer to a request of ours.
    Response {
        /// The id of our request, if it could be read.
        id: Option<Id<'a>>,
        /// The result, or else the error.
        outcome: Result<&'a RawValue, &'a RawValue>,
    },
    /// A notification or a response with something wrong in it: it means nothing, and must not be answered.
    Void,
}

/// Why a frame is no message, with the id to answer it by, if that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The JSON text of the id.
    pub id: Option<Box<str>>,
    /// The answer.
    pub error: ErrorObject,
}

/// The `error` member of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorObject {
    /// One of [`code`], or an application's own outside -32768 to -32000.
    pub code: i32,
    /// One short sentence.
    pub message: Cow<'static, str>,
    /// Details for a program.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub data: Option<Value>,
}

impl ErrorObject {
    /// An error without details.
    pub fn new(code: i32, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// The same error with details.
    #[must_use]
    pub fn with_data(mut self, data: Value) -> Self {
        self.data = Some(data);
        self
    }
}

impl fmt::Display for ErrorObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for ErrorObject {}

#[derive(Default)]
struct Frame<'a> {
    jsonrpc: Option<Cow<'a, str>>,
    id: Option<&'a RawValue>,
    method: Option<Cow<'a, str>>,
    params: Params<'a>,
    result: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
    seen: Seen,
}

impl<'a> Members<'a> for Frame<'a> {
    fn read<A: MapAccess<'a>>(&mut self, name: &str, members: &mut A) -> Result<(), A::Error> {
        match name {
            "jsonrpc" => self.jsonrpc = Some(self.seen.first(0, name, members)?.next_value_seed(Text)?),
            // An explicit `null` is not the same as none.
            "id" => self.id = Some(self.seen.first(1, name, members)?.next_value()?),
            "method" => self.method = Some(self.seen.first(2, name, members)?.next_value_seed(Text)?),
            "params" => self.seen.first(3, name, members)?.next_value_seed(Object(&mut self.params))?,
            "result" => self.result = Some(self.seen.first(4, name, members)?.next_value()?),
            "error" => self.error = Some(self.seen.first(5, name, members)?.next_value()?),
            _ => skip(members)?,
        }
        Ok(())
    }
}

/// Reads one message.
///
/// Members are matched by exact case, and a duplicate member is refused: a gateway that reads
/// another of the two must not be able to disagree with us.
///
/// # Errors
///
/// [`Malformed`] with the answer to send when the text is not JSON or not a JSON-RPC message.
///
/// ```
/// use toolwright_types::jsonrpc::{Incoming, read};
///
/// let message = read(br#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#).unwrap();
/// assert!(matches!(message, Incoming::Request { id, .. } if id.as_json() == "7"));
/// assert_eq!(read(b"{").unwrap_err().error.code, -32700);
/// ```
pub fn read(text: &[u8]) -> Result<Incoming<'_>, Malformed> {
    // Once for the whole message is cheaper than once for each string.
    let text = std::str::from_utf8(text).map_err(|_| not_json())?;
    read_text(text).or_else(|malformed| if asks(text) { Err(malformed) } else { Ok(Incoming::Void) })
}

/// Whether the JSON nests deeper than so many objects and lists.
///
/// A text with no more opening brackets than that cannot, and most have few: only others are looked at closely.
pub fn is_deeper(text: &[u8], than: usize) -> bool {
    openers(text) > than && depth(text) > than
}

/// Counted in bytes, chunk by chunk: so it takes many at a time.
fn openers(text: &[u8]) -> usize {
    let is_opener = |byte: &u8| u8::from(byte | (b'{' ^ b'[') == b'{');
    text.chunks(255).map(|chunk| usize::from(chunk.iter().map(is_opener).sum::<u8>())).sum()
}

fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn read_text(text: &str) -> Result<Incoming<'_>, Malformed> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut frame = Frame::default();
    let read = Object(&mut frame).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    read.map_err(|error| diagnose(text, &error))?;
    frame.params.message = text;
    classify(frame)
}

fn classify(frame: Frame<'_>) -> Result<Incoming<'_>, Malformed> {
    let id = frame.id.map(Id::from_json);
    let refuse = |why: &'static str| {
        Err(Malformed {
            id: id.flatten().map(|id| id.as_json().into()),
            error: ErrorObject::new(code::INVALID_REQUEST, why),
        })
    };
    if frame.jsonrpc.as_deref() != Some("2.0") {
        return refuse("`jsonrpc` must be \"2.0\"");
    }
    match (frame.method, frame.result, frame.error) {
        (Some(method), None, None) => match id {
            None => Ok(Incoming::Notification { method, params: frame.params }),
            Some(Some(id)) => Ok(Incoming::Request { id, method, params: frame.params }),
            Some(None) => refuse("`id` must be a string or an integer"),
        },
        (None, Some(result), None) => Ok(Incoming::Response { id: id.flatten(), outcome: Ok(result) }),
        (None, None, Some(error)) => Ok(Incoming::Response { id: id.flatten(), outcome: Err(error) }),
        (None, None, None) => refuse("a message needs a `method`"),
        _ => refuse("a message has one of `method`, `result` and `error`"),
    }
}

fn not_json() -> Malformed {
    Malformed { id: None, error: ErrorObject::new(code::PARSE_ERROR, "the message is not JSON") }
}

/// Whether a frame that is no message may want an answer: a notification and a response never do (rule S5).
fn asks(text: &str) -> bool {
    let Ok(members) = serde_json::from_str::<HashMap<Cow<'_, str>, &RawValue>>(text) else { return true };
    match members.get("method") {
        Some(method) => members.contains_key("id") || !method.get().starts_with('"'),
        None => !members.contains_key("result") && !members.contains_key("error"),
    }
}

/// Reads a member that may be absent, but keeps an explicit `null` apart from absence.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Finds out, slowly, what is wrong with a frame that did not fit, and by which id to answer it.
fn diagnose(text: &str, error: &serde_json::Error) -> Malformed {
    #[derive(Deserialize)]
    struct Salvage<'a> {
        #[serde(borrow, default, deserialize_with = "present")]
        id: Option<&'a RawValue>,
        #[serde(borrow, default, deserialize_with = "present")]
        params: Option<&'a RawValue>,
    }
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return not_json();
    }
    let invalid = |id, why: String| Malformed { id, error: ErrorObject::new(code::INVALID_REQUEST, why) };
    if !text.trim_start().starts_with('{') {
        return invalid(None, "a message must be a JSON object".into());
    }
    let Ok(Salvage { id, params }) = serde_json::from_str(text) else {
        return invalid(None, format!("not a request: {error}"));
    };
    let id: Option<Box<str>> = id.and_then(Id::from_json).map(|id| id.as_json().into());
    match params {
        Some(params) if !params.get().starts_with('{') => invalid(id, "`params` must be an object".into()),
        // All but the inside of the parameters is that of a request: the fault is in there.
        Some(_) if id.is_some() && is_request(text) => {
            let error = ErrorObject::new(code::INVALID_PARAMS, format!("invalid parameters: {error}"));
            Malformed { id, error }
        }
        _ => invalid(id, format!("not a request: {error}")),
    }
}

/// Whether a frame is a request, whatever its parameters are.
fn is_request(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Shape<'a> {
        #[serde(borrow)]
        jsonrpc: Cow<'a, str>,
        #[serde(borrow, rename = "method")]
        _method: Cow<'a, str>,
        #[serde(borrow, rename = "params")]
        _params: &'a RawValue,
    }
    serde_json::from_str::<Shape<'_>>(text).is_ok_and(|shape| shape.jsonrpc == "2.0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> (i32, Option<String>) {
        let malformed = read(text.as_bytes()).expect_err(text);
        (malformed.error.code, malformed.id.map(String::from))
    }

    #[test]
    fn depth_counts_what_is_open_outside_strings() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for (depth, deeper) in [(63, false), (64, false), (65, true)] {
            assert_eq!(is_deeper(nested(depth).as_bytes(), 64), deeper, "{depth}");
        }
        assert!(!is_deeper(format!("[\"{}\\\"[[\"]", "[".repeat(99)).as_bytes(), 64));
        assert!(!is_deeper("[],".repeat(99).as_bytes(), 64));
    }

    /// Rules S1 and S2, and security.md P2.
    #[test]
    fn only_strings_and_integers_are_ids() {
        for id in ["null", "-0", r#""\ud800""#, "1.5", "1e3", "true", "[]", "{}", "18446744073709551616"] {
            let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
            assert_eq!(refused(&text), (code::INVALID_REQUEST, None), "{text}");
        }
        for id in ["0", "-7", "9007199254740993", r#""""#, r#""a\"b""#] {
            let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
            let Ok(Incoming::Request { id: read, .. }) = read(text.as_bytes()) else { panic!("{text}") };
            assert_eq!(read.as_json(), id);
        }
    }

    /// Rule S3: the id is answered whenever it can be read.
    #[test]
    fn a_malformed_request_is_answered_by_its_id() {
        let cases = [
            r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#,
            r#"{"id":7,"method":"ping"}"#,
            r#"{"jsonrpc":2.0,"id":7,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":7}"#,
            r#"{"jsonrpc":"2.0","id":7,"method":5}"#,
            r#"{"jsonrpc":"2.0","id":7,"Method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":[]}"#,
            r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":null}"#,
            r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":[{}]}"#,
            r#"{"jsonrpc":"2.0","id":7,"method":"ping","result":{}}"#,
            r#"{"jsonrpc":"2.0","id":7,"method":"ping","method":"tools/list"}"#,
            r#"{"jsonrpc":"2.0","id":7,"method":"\ud800"}"#,
        ];
        for text in cases {
            assert_eq!(refused(text), (code::INVALID_REQUEST, Some("7".into())), "{text}");
        }
    }

    /// Rule S13: what is wrong inside the parameters is told as such.
    #[test]
    fn wrong_metadata_is_an_invalid_parameter() {
        for meta in ["[]", "5", "null", r#"{"progressToken":1,"progressToken":2}"#] {
            let text =
                format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{{"_meta":{meta}}}}}"#);
            assert_eq!(refused(&text), (code::INVALID_PARAMS, Some("7".into())), "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_a_parse_error_without_an_id() {
        for text in ["", "{", "nonsense", r#"{"id":1,}"#, "\u{feff}{}", "{} {}"] {
            assert_eq!(refused(text), (code::PARSE_ERROR, None), "{text}");
        }
        assert_eq!(
            read(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}").unwrap_err().error.code,
            code::PARSE_ERROR
        );
    }

    #[test]
    fn json_that_is_no_object_is_an_invalid_request() {
        for text in ["null", "true", "42", "\"text\"", "[]", "[1]", r#"["2.0",1,"ping"]"#] {
            assert_eq!(refused(text), (code::INVALID_REQUEST, None), "{text}");
        }
    }

    #[test]
    fn of_two_ids_none_is_answered() {
        assert_eq!(
            refused(r#"{"jsonrpc":"2.0","id":7,"id":8,"method":"ping"}"#),
            (code::INVALID_REQUEST, None)
        );
    }

    #[test]
    fn one_id_has_one_key_however_it_is_spelled() {
        let raw = RawValue::from_string(r#""\u0061""#.into()).unwrap();
        assert_eq!(Id::from_json(&raw).unwrap().key(), r#""a""#);
    }

    #[test]
    fn a_malformed_notification_or_response_is_void() {
        let cases = [
            r#"{"jsonrpc":"1.0","method":"notifications/x"}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/x","params":null}"#,
            r#"{"jsonrpc":"2.0","id":7,"result":{},"error":{}}"#,
            r#"{"id":{},"error":5,"error":6}"#,
        ];
        for text in cases {
            assert!(matches!(read(text.as_bytes()), Ok(Incoming::Void)), "{text}");
        }
    }

    #[test]
    fn a_response_is_told_from_a_request() {
        let text = br#"{"jsonrpc":"2.0","id":"a","result":{"x":1}}"#;
        assert!(matches!(read(text), Ok(Incoming::Response { id: Some(_), outcome: Ok(_) })));
        let text = br#"{"jsonrpc":"2.0","error":{"code":1,"message":"m"}}"#;
        assert!(matches!(read(text), Ok(Incoming::Response { id: None, outcome: Err(_) })));
    }
}
