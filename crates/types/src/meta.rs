//! The parameters of a request and their `_meta`, read by reference, and the reserved keys.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic#meta>

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
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

/// The `_meta` of a request, without what only a tool might look at.
///
/// The reserved keys decide how the request is handled; a duplicate of any of them is refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RequestMeta<'a> {
    /// The version of this request: required from 2026-07-28 on.
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion", deserialize_with = "text")]
    pub protocol_version: Option<Cow<'a, str>>,
    /// What the client can do for this request: required from 2026-07-28 on.
    #[serde(borrow, rename = "io.modelcontextprotocol/clientCapabilities")]
    pub client_capabilities: Option<&'a RawValue>,
    /// Who asks: for display and logs only.
    #[serde(borrow, rename = "io.modelcontextprotocol/clientInfo")]
    pub client_info: Option<&'a RawValue>,
    /// From which level on log messages are wanted.
    #[serde(borrow, rename = "io.modelcontextprotocol/logLevel")]
    pub log_level: Option<&'a RawValue>,
    /// Under which token progress is wanted.
    #[serde(borrow, rename = "progressToken")]
    pub progress_token: Option<&'a RawValue>,
    /// W3C trace context of the caller.
    #[serde(borrow, deserialize_with = "text")]
    pub traceparent: Option<Cow<'a, str>>,
}

impl RequestMeta<'_> {
    /// Whether the request describes itself, as requests do from 2026-07-28 on.
    pub fn is_self_contained(&self) -> bool {
        self.protocol_version.is_some() || self.client_capabilities.is_some()
    }
}

/// The parameters of a message, read in the same pass as the message: its metadata, and by reference the members
/// that the frequent methods have.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Params<'a> {
    /// The metadata.
    #[serde(borrow, rename = "_meta", deserialize_with = "object")]
    pub meta: RequestMeta<'a>,
    /// Which tool or prompt.
    #[serde(borrow)]
    pub name: Option<&'a RawValue>,
    /// Which resource.
    #[serde(borrow)]
    pub uri: Option<&'a RawValue>,
    /// With which arguments.
    #[serde(borrow)]
    pub arguments: Option<&'a RawValue>,
    /// From where on in a list.
    #[serde(borrow)]
    pub cursor: Option<&'a RawValue>,
    /// The whole message, for the methods that have other members.
    #[serde(skip)]
    pub message: &'a str,
}

/// Reads a string by reference where it has no escapes: of an `Option<Cow<str>>` serde makes a copy.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    struct Text;
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
    deserializer.deserialize_str(Text).map(Some)
}

/// Reads an object as a struct; a list of its members' values, which serde would take too, is refused.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Object<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(members))
        }
    }
    deserializer.deserialize_map(Object(PhantomData))
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

    #[test]
    fn reserved_keys_make_a_request_self_contained() {
        let text = r#"{"name":"x","_meta":{"progressToken":1}}"#;
        let params: Params<'_> = serde_json::from_str(text).unwrap();
        assert!(!params.meta.is_self_contained());
        let text = r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#;
        let params: Params<'_> = serde_json::from_str(text).unwrap();
        assert!(params.meta.is_self_contained());
    }

    /// security.md P2: duplicates are refused, not resolved.
    #[test]
    fn a_duplicate_reserved_key_is_refused() {
        let text = r#"{"_meta":{"progressToken":1,"progressToken":2}}"#;
        assert!(serde_json::from_str::<Params<'_>>(text).is_err());
    }
}
