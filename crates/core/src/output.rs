//! What a handler may return besides its own types: media, links, and results said in full.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Map, Value};
use toolwright_types::content::{
    AudioContent, Content, EmbeddedResource, ImageContent, ResourceContents, ResourceLink, Role,
};
use toolwright_types::prompts::PromptMessage;

use crate::answer::Answer;
use crate::error::BoxError;

/// A picture, such as `Image::png(bytes)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    bytes: Vec<u8>,
    mime_type: Cow<'static, str>,
}

impl Image {
    /// A picture of this MIME type.
    pub fn new(bytes: impl Into<Vec<u8>>, mime_type: impl Into<Cow<'static, str>>) -> Self {
        Self { bytes: bytes.into(), mime_type: mime_type.into() }
    }

    /// A PNG picture.
    pub fn png(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(bytes, "image/png")
    }

    /// A JPEG picture.
    pub fn jpeg(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(bytes, "image/jpeg")
    }
}

/// Sound of some MIME type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audio {
    bytes: Vec<u8>,
    mime_type: Cow<'static, str>,
}

impl Audio {
    /// Sound of this MIME type.
    pub fn new(bytes: impl Into<Vec<u8>>, mime_type: impl Into<Cow<'static, str>>) -> Self {
        Self { bytes: bytes.into(), mime_type: mime_type.into() }
    }

    /// Sound in WAV format.
    pub fn wav(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(bytes, "audio/wav")
    }
}

/// Bytes with a URI and a MIME type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    uri: String,
    bytes: Vec<u8>,
    mime_type: Cow<'static, str>,
}

impl File {
    /// A file under a URI of its own.
    pub fn new(
        uri: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
        mime_type: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { uri: uri.into(), bytes: bytes.into(), mime_type: mime_type.into() }
    }
}

/// A value that is told as JSON, whatever else it might be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl From<Image> for Content {
    fn from(image: Image) -> Self {
        let data = STANDARD.encode(image.bytes);
        Self::Image(ImageContent { data, mime_type: image.mime_type.into_owned(), ..Default::default() })
    }
}

impl From<Audio> for Content {
    fn from(audio: Audio) -> Self {
        let data = STANDARD.encode(audio.bytes);
        Self::Audio(AudioContent { data, mime_type: audio.mime_type.into_owned(), ..Default::default() })
    }
}

impl From<File> for Content {
    fn from(file: File) -> Self {
        let mut resource = ResourceContents::blob(file.uri, STANDARD.encode(file.bytes));
        resource.mime_type = Some(file.mime_type.into_owned());
        Self::Resource(EmbeddedResource { resource, annotations: None, meta: None })
    }
}

/// A tool's result said in full: blocks of content, structured content, whether it is an error, `_meta`.
///
/// ```
/// use toolwright::prelude::*;
///
/// let output = ToolOutput::new()
///     .text("Sales by month:")
///     .content(Image::png(b"\x89PNG".to_vec()))
///     .structured(serde_json::json!({"january": 12}));
/// assert!(!output.is_error());
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolOutput {
    content: Vec<Content>,
    structured: Option<Value>,
    is_error: bool,
    meta: Option<Map<String, Value>>,
}

impl ToolOutput {
    /// An empty result.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a block of text.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.content(Content::text(text))
    }

    /// Adds a block of content: an [`Image`], an [`Audio`], a [`File`], a link.
    #[must_use]
    pub fn content(mut self, block: impl Into<Content>) -> Self {
        self.content.push(block.into());
        self
    }

    /// Sets the structured content, for programs. Say the same in text, for models.
    #[must_use]
    pub fn structured(mut self, value: Value) -> Self {
        self.structured = Some(value);
        self
    }

    /// Marks the result as a failure that the model should read.
    #[must_use]
    pub fn error(mut self) -> Self {
        self.is_error = true;
        self
    }

    /// Adds a member to `_meta`; the key has a prefix, as in `example.com/key`.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.meta.get_or_insert_default().insert(key.into(), value.into());
        self
    }

    /// Whether the result is a failure.
    pub fn is_error(&self) -> bool {
        self.is_error
    }
}

/// What a tool can return as it is, without being told as JSON.
///
/// Everything that implements `Serialize` and `JsonSchema` can be returned too, as structured content.
pub trait IntoOutput {
    /// Writes the result.
    ///
    /// # Errors
    ///
    /// When a value cannot be written as JSON.
    fn write(self, answer: &mut Answer<'_>) -> Result<(), BoxError>;
}

macro_rules! text_output {
    ($($text:ty),*) => {$(
        impl IntoOutput for $text {
            fn write(self, answer: &mut Answer<'_>) -> Result<(), BoxError> {
                answer.text(&self)
            }
        }
    )*};
}
text_output!(String, &'static str, Cow<'static, str>, Box<str>);

macro_rules! block_output {
    ($($block:ty),*) => {$(
        impl IntoOutput for $block {
            fn write(self, answer: &mut Answer<'_>) -> Result<(), BoxError> {
                answer.output(&[self.into()], None, false, None)
            }
        }
    )*};
}
block_output!(Content, Image, Audio, File);

impl IntoOutput for ResourceLink {
    fn write(self, answer: &mut Answer<'_>) -> Result<(), BoxError> {
        answer.output(&[Content::ResourceLink(self)], None, false, None)
    }
}

impl IntoOutput for () {
    fn write(self, answer: &mut Answer<'_>) -> Result<(), BoxError> {
        answer.output(&[], None, false, None)
    }
}

impl IntoOutput for Vec<Content> {
    fn write(self, answer: &mut Answer<'_>) -> Result<(), BoxError> {
        answer.output(&self, None, false, None)
    }
}

impl IntoOutput for ToolOutput {
    fn write(self, answer: &mut Answer<'_>) -> Result<(), BoxError> {
        answer.output(&self.content, self.structured.as_ref(), self.is_error, self.meta.as_ref())
    }
}

/// What a resource can return as it is; everything that implements `Serialize` is told as JSON text.
pub trait IntoContents {
    /// The contents, with the URI that was asked for and the MIME type that was declared.
    fn contents(self, uri: &str, mime_type: Option<&str>) -> Vec<ResourceContents>;
}

fn one(mut contents: ResourceContents, mime_type: Option<&str>, or: &str) -> Vec<ResourceContents> {
    contents.mime_type = Some(mime_type.unwrap_or(or).to_owned());
    vec![contents]
}

impl IntoContents for String {
    fn contents(self, uri: &str, mime_type: Option<&str>) -> Vec<ResourceContents> {
        one(ResourceContents::text(uri, self), mime_type, "text/plain")
    }
}

impl IntoContents for &'static str {
    fn contents(self, uri: &str, mime_type: Option<&str>) -> Vec<ResourceContents> {
        self.to_owned().contents(uri, mime_type)
    }
}

impl IntoContents for Vec<u8> {
    fn contents(self, uri: &str, mime_type: Option<&str>) -> Vec<ResourceContents> {
        one(ResourceContents::blob(uri, STANDARD.encode(self)), mime_type, "application/octet-stream")
    }
}

impl IntoContents for Image {
    fn contents(self, uri: &str, _: Option<&str>) -> Vec<ResourceContents> {
        one(ResourceContents::blob(uri, STANDARD.encode(self.bytes)), Some(&self.mime_type), "")
    }
}

impl IntoContents for File {
    fn contents(self, _: &str, _: Option<&str>) -> Vec<ResourceContents> {
        one(ResourceContents::blob(self.uri, STANDARD.encode(self.bytes)), Some(&self.mime_type), "")
    }
}

impl IntoContents for ResourceContents {
    fn contents(self, _: &str, _: Option<&str>) -> Vec<ResourceContents> {
        vec![self]
    }
}

impl IntoContents for Vec<ResourceContents> {
    fn contents(self, _: &str, _: Option<&str>) -> Vec<ResourceContents> {
        self
    }
}

/// The contents of a value told as JSON.
pub(crate) fn json_contents<T: Serialize>(
    value: &T,
    uri: &str,
    mime_type: Option<&str>,
) -> Result<Vec<ResourceContents>, BoxError> {
    Ok(one(ResourceContents::text(uri, serde_json::to_string(value)?), mime_type, "application/json"))
}

/// One message of a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Message(PromptMessage);

impl Message {
    /// A message of the person.
    pub fn user(content: impl Into<MessageContent>) -> Self {
        Self(PromptMessage { role: Role::User, content: content.into().0 })
    }

    /// A message of the model.
    pub fn assistant(content: impl Into<MessageContent>) -> Self {
        Self(PromptMessage { role: Role::Assistant, content: content.into().0 })
    }
}

/// What a message says: text, a picture, sound, a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageContent(Content);

impl From<&str> for MessageContent {
    fn from(text: &str) -> Self {
        Self(Content::text(text))
    }
}

impl From<String> for MessageContent {
    fn from(text: String) -> Self {
        Self(Content::text(text))
    }
}

macro_rules! message_content {
    ($($block:ty),*) => {$(
        impl From<$block> for MessageContent {
            fn from(block: $block) -> Self {
                Self(block.into())
            }
        }
    )*};
}
message_content!(Content, Image, Audio, File);

/// What a prompt can return: text for one message of the person, or messages.
#[diagnostic::on_unimplemented(
    message = "a prompt cannot return `{Self}`",
    label = "not something a prompt can return",
    note = "return a `String` for one message of the user, a `Message`, a `Vec<Message>`, or a `Result` of these"
)]
pub trait IntoMessages {
    /// The messages.
    fn messages(self) -> Vec<Message>;
}

impl IntoMessages for String {
    fn messages(self) -> Vec<Message> {
        vec![Message::user(self)]
    }
}

impl IntoMessages for &'static str {
    fn messages(self) -> Vec<Message> {
        vec![Message::user(self)]
    }
}

impl IntoMessages for Message {
    fn messages(self) -> Vec<Message> {
        vec![self]
    }
}

impl IntoMessages for Vec<Message> {
    fn messages(self) -> Vec<Message> {
        self
    }
}

impl From<Message> for PromptMessage {
    fn from(message: Message) -> Self {
        message.0
    }
}
