//! What tools, resources and prompts are made of: text, pictures, sound, links and embedded resources.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/server/tools#tool-result>

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

use crate::icon::Icon;

/// One block of content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// Plain text.
    Text(TextContent),
    /// A picture.
    Image(ImageContent),
    /// Sound: not before 2025-03-26.
    Audio(AudioContent),
    /// A resource by its URI: not before 2025-06-18.
    ResourceLink(ResourceLink),
    /// A resource with its contents.
    Resource(EmbeddedResource),
}

impl Content {
    /// A block of plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(TextContent { text: text.into(), ..TextContent::default() })
    }
}

/// Text for the model or the user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextContent {
    /// The text.
    pub text: String,
    /// For whom it is, and how much it matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// A picture for the model or the user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageContent {
    /// The bytes, in Base64.
    pub data: String,
    /// Such as `image/png`.
    pub mime_type: String,
    /// For whom it is, and how much it matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Sound for the model or the user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AudioContent {
    /// The bytes, in Base64.
    pub data: String,
    /// Such as `audio/wav`.
    pub mime_type: String,
    /// For whom it is, and how much it matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// A resource that can be read by its URI; it need not be in the server's list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceLink {
    /// URI to read it by.
    pub uri: String,
    /// Name for programs.
    pub name: String,
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it holds, for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// MIME type of the contents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Size in bytes, before any encoding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// For whom it is, and how much it matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// Icons of the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icons: Option<Vec<Icon>>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// A resource's contents inside a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmbeddedResource {
    /// The contents.
    pub resource: ResourceContents,
    /// For whom it is, and how much it matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// The contents of one resource, with its URI.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceContents {
    /// URI of what was read: at times a part of what was asked for.
    pub uri: String,
    /// MIME type of the contents.
    pub mime_type: Option<String>,
    /// The contents themselves.
    pub body: ResourceBody,
    /// Open metadata.
    pub meta: Option<Map<String, Value>>,
}

/// Text or bytes: the member `text` or the member `blob`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResourceBody {
    /// Text.
    Text(String),
    /// Bytes, in Base64.
    Blob(String),
}

impl ResourceContents {
    /// Contents that are text.
    pub fn text(uri: impl Into<String>, text: impl Into<String>) -> Self {
        Self { uri: uri.into(), mime_type: None, body: ResourceBody::Text(text.into()), meta: None }
    }

    /// Contents that are bytes, given in Base64.
    pub fn blob(uri: impl Into<String>, base64: impl Into<String>) -> Self {
        Self { uri: uri.into(), mime_type: None, body: ResourceBody::Blob(base64.into()), meta: None }
    }
}

/// The members of [`ResourceContents`] on the wire, owned to read and borrowed to write.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members<S, M> {
    uri: S,
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<S>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<S>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blob: Option<S>,
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    meta: Option<M>,
}

impl Serialize for ResourceContents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (text, blob) = match &self.body {
            ResourceBody::Text(text) => (Some(text), None),
            ResourceBody::Blob(blob) => (None, Some(blob)),
        };
        let (uri, mime_type, meta) = (&self.uri, self.mime_type.as_ref(), self.meta.as_ref());
        Members { uri, mime_type, text, blob, meta }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ResourceContents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members: Members<String, Map<String, Value>> = Members::deserialize(deserializer)?;
        let body = match (members.text, members.blob) {
            (Some(text), None) => ResourceBody::Text(text),
            (None, Some(blob)) => ResourceBody::Blob(blob),
            _ => return Err(de::Error::custom("resource contents have either `text` or `blob`")),
        };
        Ok(Self { uri: members.uri, mime_type: members.mime_type, body, meta: members.meta })
    }
}

/// For whom something is, and how much it matters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotations {
    /// Who should see it; absent is everyone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<Vec<Role>>,
    /// From 0, may be left out, to 1, is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<f64>,
    /// When it last changed: an ISO 8601 time stamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

/// One side of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::icon::round_trip;

    fn annotations() -> Value {
        json!({"audience": ["user", "assistant"], "priority": 0.5, "lastModified": "2026-07-28T10:00:00Z"})
    }

    #[test]
    fn every_kind_of_content_is_told_by_its_type() {
        let (annotations, meta) = (annotations(), json!({"example.com/k": 1}));
        round_trip::<Annotations>(&annotations);
        let text = json!({"type": "text", "text": "hi", "annotations": annotations, "_meta": meta});
        assert!(matches!(round_trip(&text), Content::Text(_)));
        let image = json!({
            "type": "image", "data": "AA==", "mimeType": "image/png", "annotations": annotations, "_meta": meta
        });
        assert!(matches!(round_trip(&image), Content::Image(_)));
        let audio = json!({
            "type": "audio", "data": "AA==", "mimeType": "audio/wav", "annotations": annotations, "_meta": meta
        });
        assert!(matches!(round_trip(&audio), Content::Audio(_)));
        let link = json!({
            "type": "resource_link", "uri": "file:///a", "name": "a", "title": "A", "description": "d",
            "mimeType": "text/plain", "size": 3, "annotations": annotations, "icons": [{"src": "https://e.com/i.png"}],
            "_meta": meta
        });
        assert!(matches!(round_trip(&link), Content::ResourceLink(_)));
        let embedded = json!({
            "type": "resource", "resource": {"uri": "file:///a", "text": "abc"}, "annotations": annotations, "_meta": meta
        });
        assert!(matches!(round_trip(&embedded), Content::Resource(_)));
    }

    #[test]
    fn content_without_options_has_only_what_it_needs() {
        assert_eq!(Content::text("hi"), round_trip(&json!({"type": "text", "text": "hi"})));
        round_trip::<Content>(&json!({"type": "image", "data": "AA==", "mimeType": "image/png"}));
    }

    #[test]
    fn content_of_an_unknown_type_is_refused() {
        assert!(serde_json::from_str::<Content>(r#"{"type":"video","data":"AA=="}"#).is_err());
        assert!(serde_json::from_str::<Content>(r#"{"text":"hi"}"#).is_err());
    }

    #[test]
    fn resource_contents_are_text_or_bytes() {
        let text = json!({"uri": "file:///a", "mimeType": "text/plain", "text": "abc", "_meta": {"k": true}});
        assert_eq!(round_trip::<ResourceContents>(&text).body, ResourceBody::Text("abc".into()));
        let blob = json!({"uri": "file:///a", "mimeType": "image/png", "blob": "AA==", "_meta": {"k": true}});
        assert_eq!(round_trip::<ResourceContents>(&blob).body, ResourceBody::Blob("AA==".into()));
        assert_eq!(ResourceContents::text("a:b", ""), round_trip(&json!({"uri": "a:b", "text": ""})));
        assert_eq!(ResourceContents::blob("a:b", ""), round_trip(&json!({"uri": "a:b", "blob": ""})));
    }

    #[test]
    fn resource_contents_that_are_neither_or_both_are_refused() {
        for text in [r#"{"uri":"a:b"}"#, r#"{"uri":"a:b","text":"","blob":""}"#] {
            assert!(serde_json::from_str::<ResourceContents>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_absent_member_may_be_written_as_null() {
        let text = r#"{"type":"text","text":"hi","annotations":null,"_meta":null}"#;
        assert_eq!(serde_json::from_str::<Content>(text).unwrap(), Content::text("hi"));
    }
}
