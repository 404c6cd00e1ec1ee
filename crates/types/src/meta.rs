//! The parameters of a request and their `_meta`, read by reference, and the reserved keys.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic#meta>

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Result key: who answers.
pub const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// Key on everything that belongs to a subscription: the id of its listen request.
pub const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";
/// Request key: the version of this request.
pub const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// Request key: what the client can do for this request.
pub const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// Request key: who asks.
pub const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
/// Request key: from which level on log messages are wanted.
pub const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// The `_meta` of a request, without what only a tool might look at.
///
/// The reserved keys decide how the request is handled; a duplicate of any of them is refused.
#[derive(Debug, Clone, Default)]
pub struct RequestMeta<'a> {
    /// The version of this request: required from 2026-07-28 on.
    pub protocol_version: Option<Cow<'a, str>>,
    /// What the client can do for this request: required from 2026-07-28 on.
    pub client_capabilities: Option<&'a RawValue>,
    /// Who asks: for display and logs only.
    pub client_info: Option<&'a RawValue>,
    /// From which level on log messages are wanted.
    pub log_level: Option<&'a RawValue>,
    /// Under which token progress is wanted.
    pub progress_token: Option<&'a RawValue>,
    /// W3C trace context of the caller.
    pub traceparent: Option<Cow<'a, str>>,
    seen: Seen,
}

impl<'a> Members<'a> for RequestMeta<'a> {
    fn read<A: MapAccess<'a>>(&mut self, name: &str, members: &mut A) -> Result<(), A::Error> {
        match name {
            PROTOCOL_VERSION => {
                self.protocol_version = Some(self.seen.first(0, name, members)?.next_value_seed(Text)?);
            }
            CLIENT_CAPABILITIES => {
                self.client_capabilities = self.seen.first(1, name, members)?.next_value()?;
            }
            CLIENT_INFO => self.client_info = self.seen.first(2, name, members)?.next_value()?,
            LOG_LEVEL => self.log_level = self.seen.first(3, name, members)?.next_value()?,
            "progressToken" => self.progress_token = self.seen.first(4, name, members)?.next_value()?,
            "traceparent" => {
                self.traceparent = Some(self.seen.first(5, name, members)?.next_value_seed(Text)?);
            }
            _ => skip(members)?,
        }
        Ok(())
    }
}

impl RequestMeta<'_> {
    /// Whether the request describes itself, as requests do from 2026-07-28 on.
    pub fn is_self_contained(&self) -> bool {
        self.protocol_version.is_some() || self.client_capabilities.is_some()
    }
}

/// The parameters of a message, read in the same pass as the message: its metadata, and by reference the members
/// that the frequent methods have.
#[derive(Debug, Clone, Default)]
pub struct Params<'a> {
    /// The metadata.
    pub meta: RequestMeta<'a>,
    /// Which tool or prompt.
    pub name: Option<&'a RawValue>,
    /// Which resource.
    pub uri: Option<&'a RawValue>,
    /// With which arguments.
    pub arguments: Option<&'a RawValue>,
    /// Which task.
    pub task_id: Option<&'a RawValue>,
    /// From where on in a list.
    pub cursor: Option<&'a RawValue>,
    /// Answers to what the server asked in the round before.
    pub input_responses: Option<&'a RawValue>,
    /// What the server remembers from the round before.
    pub request_state: Option<&'a RawValue>,
    /// The whole message, for the methods that have other members.
    pub message: &'a str,
    seen: Seen,
}

impl<'a> Members<'a> for Params<'a> {
    fn read<A: MapAccess<'a>>(&mut self, name: &str, members: &mut A) -> Result<(), A::Error> {
        match name {
            "_meta" => self.seen.first(0, name, members)?.next_value_seed(Object(&mut self.meta))?,
            "name" => self.name = self.seen.first(1, name, members)?.next_value()?,
            "uri" => self.uri = self.seen.first(2, name, members)?.next_value()?,
            "arguments" => self.arguments = self.seen.first(3, name, members)?.next_value()?,
            "cursor" => self.cursor = self.seen.first(4, name, members)?.next_value()?,
            "inputResponses" => self.input_responses = self.seen.first(5, name, members)?.next_value()?,
            "taskId" => self.task_id = self.seen.first(7, name, members)?.next_value()?,
            "requestState" => self.request_state = self.seen.first(6, name, members)?.next_value()?,
            _ => skip(members)?,
        }
        Ok(())
    }
}

/// What is read member by member where it lies: a message has many members, and moving them costs more than reading.
pub(crate) trait Members<'de> {
    /// Reads the value of this member, or skips it; one that was there before is refused.
    fn read<A: MapAccess<'de>>(&mut self, name: &str, members: &mut A) -> Result<(), A::Error>;
}

/// An object to be read; a list of its members' values, which serde would take too, is refused.
pub(crate) struct Object<'s, T>(pub(crate) &'s mut T);

impl<'de, T: Members<'de>> DeserializeSeed<'de> for Object<'_, T> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Members<'de>> Visitor<'de> for Object<'_, T> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key_seed(Text)? {
            self.0.read(&name, &mut members)?;
        }
        Ok(())
    }
}

/// A string, by reference where it has no escapes: of a `Cow<str>` in an option serde makes a copy.
#[derive(Debug, Clone, Copy)]
pub struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }
    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Which members were there: a second one is refused, as a gateway may read another of the two.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen(u8);

impl Seen {
    /// Gives the members to read this one from, if it is the first of its name.
    pub(crate) fn first<'m, 'de, A: MapAccess<'de>>(
        &mut self,
        place: u8,
        name: &str,
        members: &'m mut A,
    ) -> Result<&'m mut A, A::Error> {
        let before = self.0;
        self.0 |= 1 << place;
        if self.0 == before {
            return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
        }
        Ok(members)
    }
}

pub(crate) fn skip<'de, A: MapAccess<'de>>(members: &mut A) -> Result<(), A::Error> {
    members.next_value::<IgnoredAny>().map(|_| ())
}

impl<'a> Params<'a> {
    /// Reads all parameters as what a method takes; absent ones are an empty object.
    ///
    /// # Errors
    ///
    /// When they are something else.
    pub fn read<T: Deserialize<'a>>(&self) -> Result<T, serde_json::Error> {
        #[derive(Deserialize)]
        struct Whole<'a> {
            #[serde(borrow)]
            params: Option<&'a RawValue>,
        }
        let whole: Whole<'a> = serde_json::from_str(self.message)?;
        serde_json::from_str(whole.params.map_or("{}", RawValue::get))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Params<'_>, serde_json::Error> {
        let mut params = Params::default();
        Object(&mut params).deserialize(&mut serde_json::Deserializer::from_str(text))?;
        Ok(params)
    }

    #[test]
    fn reserved_keys_make_a_request_self_contained() {
        let params = read(r#"{"name":"x","_meta":{"progressToken":1}}"#).unwrap();
        assert!(!params.meta.is_self_contained());
        let params = read(r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#).unwrap();
        assert!(params.meta.is_self_contained());
    }

    /// security.md P2: duplicates are refused, not resolved.
    #[test]
    fn a_duplicate_reserved_key_is_refused() {
        for text in [
            r#"{"_meta":{"progressToken":1,"progressToken":2}}"#,
            r#"{"_meta":{"progressToken":null,"progressToken":2}}"#,
            r#"{"_meta":{},"_meta":{}}"#,
            r#"{"name":null,"name":"x"}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
