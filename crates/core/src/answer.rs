//! The result of a call, written once, straight into the buffer of the connection.
//!
//! What differs between protocol versions is asked of the [`Dialect`]; handlers never see it.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};
use toolwright_types::content::{AudioContent, Content, ResourceLink};
use toolwright_types::dialect::{Dialect, Structured};
use toolwright_types::icon::Implementation;
use toolwright_types::lifecycle::ResultType;
use toolwright_types::meta;
use toolwright_types::prompts::PromptMessage;

use crate::cache::Cache;
use crate::error::BoxError;

/// The member under which values that are no objects travel to clients that know only objects.
pub(crate) const WRAPPED: &str = "result";

/// The parts of an answer that are the same in all answers of a server, in the words of each dialect.
#[derive(Debug)]
pub(crate) struct Tails {
    /// `,"resultType":"complete","_meta":{…}}` for stateless dialects.
    stateless: Box<[u8]>,
    /// The member of `_meta` that says who answers.
    identity: Value,
}

impl Tails {
    pub(crate) fn new(server: &Implementation) -> Self {
        let identity = json!(server);
        let meta = json!({ meta::SERVER_INFO: identity });
        let stateless = format!(r#","resultType":"complete","_meta":{meta}}}"#);
        Self { stateless: stateless.into_bytes().into(), identity }
    }
}

/// What a resource is read as, when the handler does not say.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) uri: String,
    pub(crate) mime_type: Option<String>,
    pub(crate) cache: Cache,
}

/// An answer being written.
pub struct Answer<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    pub(crate) dialect: &'static Dialect,
    tails: &'a Tails,
    pub(crate) place: Option<Arc<Place>>,
}

impl std::fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("dialect", &self.dialect.version).finish_non_exhaustive()
    }
}

impl<'a> Answer<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>, dialect: &'static Dialect, tails: &'a Tails) -> Self {
        let start = out.len();
        Self { out, start, dialect, tails, place: None }
    }

    /// Forgets what was written.
    pub(crate) fn restart(&mut self) {
        self.out.truncate(self.start);
    }

    /// A tool's result that is plain text.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), BoxError> {
        self.put(br#"{"content":[{"type":"text","text":"#);
        self.json(text)?;
        self.put(b"}]");
        self.close(None)
    }

    /// A tool's failure, for the model to read.
    pub(crate) fn tool_error(&mut self, text: &str) -> Result<(), BoxError> {
        self.put(br#"{"content":[{"type":"text","text":"#);
        self.json(text)?;
        self.put(br#"}],"isError":true"#);
        self.close(None)
    }

    /// A tool's structured result: serialised once, then repeated as text from what was just written.
    pub(crate) fn structured<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
        is_object: bool,
    ) -> Result<(), BoxError> {
        let wrapped = self.dialect.structured == Structured::Objects && !is_object;
        self.put(br#"{"structuredContent":"#);
        if wrapped {
            self.put(format!("{{\"{WRAPPED}\":").as_bytes());
        }
        let from = self.out.len();
        self.json(value)?;
        let to = self.out.len();
        if wrapped {
            self.put(b"}");
        }
        self.put(br#","content":[{"type":"text","text":""#);
        self.repeat_escaped(from, to);
        self.put(br#""}]"#);
        if self.dialect.structured == Structured::None {
            self.drop_structured(to);
        }
        self.close(None)
    }

    /// A tool's result with everything an author may say.
    pub(crate) fn output(
        &mut self,
        content: &[Content],
        structured: Option<&Value>,
        is_error: bool,
        meta: Option<&Map<String, Value>>,
    ) -> Result<(), BoxError> {
        self.put(br#"{"content":["#);
        for (index, block) in content.iter().enumerate() {
            if index > 0 {
                self.put(b",");
            }
            self.block(block)?;
        }
        if let (true, Some(value)) = (content.is_empty(), structured) {
            // Rule S50: who cannot read the one reads the other.
            self.json(&Content::text(value.to_string()))?;
        }
        self.put(b"]");
        match (structured, self.dialect.structured) {
            (None, _) | (_, Structured::None) => {}
            (Some(value), Structured::Objects) if !value.is_object() => {
                self.put(br#","structuredContent":"#);
                self.json(&json!({ WRAPPED: value }))?;
            }
            (Some(value), _) => {
                self.put(br#","structuredContent":"#);
                self.json(value)?;
            }
        }
        if is_error {
            self.put(br#","isError":true"#);
        }
        self.close(meta)
    }

    /// A prompt's messages.
    pub(crate) fn messages(&mut self, messages: &[PromptMessage]) -> Result<(), BoxError> {
        self.put(br#"{"messages":["#);
        for (index, message) in messages.iter().enumerate() {
            if index > 0 {
                self.put(b",");
            }
            self.put(br#"{"role":"#);
            self.json(&message.role)?;
            self.put(br#","content":"#);
            self.block(&message.content)?;
            self.put(b"}");
        }
        self.put(b"]");
        self.close(None)
    }

    /// A block of content, told as text where the version does not know its kind.
    fn block(&mut self, block: &Content) -> Result<(), BoxError> {
        match block {
            Content::Audio(audio) if !self.dialect.audio => self.json(&Content::text(describe_audio(audio))),
            Content::ResourceLink(link) if !self.dialect.resource_links => {
                self.json(&Content::text(describe_link(link)))
            }
            block => self.json(block),
        }
    }

    /// A result given as one JSON object.
    pub(crate) fn object(&mut self, members: &Value) -> Result<(), BoxError> {
        self.json(members)?;
        // Take the brace back: the tail goes inside.
        self.out.pop();
        self.close(None)
    }

    /// A result given as one JSON object, to be kept for a while by those who may.
    pub(crate) fn cacheable(&mut self, members: &Value, cache: Cache) -> Result<(), BoxError> {
        self.json(members)?;
        self.out.pop();
        if self.dialect.stateless {
            let (ttl, scope) = (cache.ttl_ms(), cache.scope());
            self.put(format!(r#","ttlMs":{ttl},"cacheScope":"{scope}""#).as_bytes());
        }
        self.close(None)
    }

    /// A result given as its members; one that says how long it may be kept says so to those who understand it.
    pub(crate) fn members(
        &mut self,
        mut members: Map<String, Value>,
        cache: Option<Cache>,
    ) -> Result<(), BoxError> {
        if self.dialect.stateless {
            if let Some(cache) = cache {
                cache.write(&mut members);
            }
            members.entry("resultType").or_insert_with(|| "complete".into());
            let meta = members.entry("_meta").or_insert_with(|| json!({}));
            meta[meta::SERVER_INFO] = self.tails.identity.clone();
        }
        self.json(&members)
    }

    /// A result of another kind than `complete`, such as questions with what is to be sent back with their answers.
    pub(crate) fn of_kind(&mut self, kind: &ResultType, mut members: Value) -> Result<(), BoxError> {
        members["resultType"] = kind.as_str().into();
        members["_meta"] = json!({ meta::SERVER_INFO: self.tails.identity });
        self.restart();
        self.json(&members)
    }

    /// A whole result that was written before.
    pub(crate) fn prepared(&mut self, result: &[u8]) {
        self.put(result);
    }

    fn close(&mut self, meta: Option<&Map<String, Value>>) -> Result<(), BoxError> {
        match (meta, self.dialect.stateless) {
            (None, true) => self.out.extend_from_slice(&self.tails.stateless),
            (None, false) => self.put(b"}"),
            (Some(meta), stateless) => {
                let mut meta = meta.clone();
                if stateless {
                    self.put(br#","resultType":"complete""#);
                    meta.insert(meta::SERVER_INFO.into(), self.tails.identity.clone());
                }
                self.put(br#","_meta":"#);
                self.json(&meta)?;
                self.put(b"}");
            }
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BoxError> {
        serde_json::to_writer(&mut *self.out, value).map_err(Into::into)
    }

    /// Writes `out[from..to]`, which is JSON, once more as the inside of a JSON string.
    ///
    /// JSON has no control characters outside its own escapes, so quotes and backslashes are all there is.
    fn repeat_escaped(&mut self, from: usize, to: usize) {
        self.out.reserve((to - from) + (to - from) / 4);
        let mut clean = from;
        for at in from..to {
            if matches!(self.out[at], b'"' | b'\\') {
                self.out.extend_from_within(clean..at);
                self.out.push(b'\\');
                clean = at;
            }
        }
        self.out.extend_from_within(clean..to);
    }

    /// Cuts the structured member out again, for the versions that have only text.
    fn drop_structured(&mut self, to: usize) {
        let value_ends = to + 1;
        self.out.drain(self.start + 1..value_ends);
    }
}

fn describe_audio(audio: &AudioContent) -> String {
    format!("[audio, {}, {} bytes in Base64: this client cannot play it]", audio.mime_type, audio.data.len())
}

fn describe_link(link: &ResourceLink) -> String {
    let description = link.description.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
    format!("{} <{}>{description}", link.title.as_deref().unwrap_or(&link.name), link.uri)
}

#[cfg(test)]
mod tests {
    use super::*;
    use toolwright_types::version::ProtocolVersion;

    fn write(version: ProtocolVersion, write: impl FnOnce(&mut Answer<'_>)) -> Value {
        let tails =
            Tails::new(&Implementation { name: "s".into(), version: "1".into(), ..Default::default() });
        let mut out = b"before".to_vec();
        write(&mut Answer::new(&mut out, Dialect::of(version), &tails));
        serde_json::from_slice(&out[6..]).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&out)))
    }

    fn list(version: ProtocolVersion) -> Value {
        write(version, |answer| answer.structured(&["a \"b\" \\ \n ü"], false).unwrap())
    }

    /// protocol.md 2.7 and rule S50: a list is legal in every version, and mirrored as text in all.
    #[test]
    fn a_list_is_told_as_each_version_can_take_it() {
        let value = json!(["a \"b\" \\ \n ü"]);
        for version in ProtocolVersion::ALL {
            let result = list(version);
            let text = result["content"][0]["text"].as_str().unwrap();
            assert_eq!(serde_json::from_str::<Value>(text).unwrap(), value, "{version}");
        }
        assert_eq!(list(ProtocolVersion::V2026_07_28)["structuredContent"], value);
        assert_eq!(list(ProtocolVersion::V2025_11_25)["structuredContent"], json!({ "result": value }));
        assert_eq!(list(ProtocolVersion::V2025_06_18)["structuredContent"], json!({ "result": value }));
        assert!(list(ProtocolVersion::V2025_03_26).get("structuredContent").is_none());
        assert!(list(ProtocolVersion::V2024_11_05).get("structuredContent").is_none());
    }

    /// Rules S3 and S15.
    #[test]
    fn only_the_stateless_version_names_its_kind_and_who_answers() {
        let modern = write(ProtocolVersion::LATEST, |answer| answer.text("x").unwrap());
        assert_eq!(modern["resultType"], "complete");
        assert_eq!(modern["_meta"][meta::SERVER_INFO]["name"], "s");
        let legacy = write(ProtocolVersion::LATEST_LEGACY, |answer| answer.text("x").unwrap());
        assert_eq!(legacy, json!({"content": [{"type": "text", "text": "x"}]}));
    }

    #[test]
    fn an_authors_meta_stands_beside_ours() {
        let meta = json!({"example.com/k": 1});
        let modern = write(ProtocolVersion::LATEST, |answer| {
            answer.output(&[], Some(&json!([1])), true, meta.as_object()).unwrap();
        });
        assert_eq!(modern["_meta"]["example.com/k"], 1);
        assert_eq!(modern["_meta"][meta::SERVER_INFO]["version"], "1");
        assert_eq!((&modern["isError"], &modern["structuredContent"]), (&json!(true), &json!([1])));
    }

    #[test]
    fn content_that_a_version_does_not_know_becomes_text() {
        let link = ResourceLink { uri: "a:b".into(), name: "n".into(), ..Default::default() };
        let audio = AudioContent { data: "AAAA".into(), mime_type: "audio/wav".into(), ..Default::default() };
        let content = [Content::ResourceLink(link), Content::Audio(audio)];
        let oldest =
            write(ProtocolVersion::V2024_11_05, |answer| answer.output(&content, None, false, None).unwrap());
        let kinds: Vec<_> =
            oldest["content"].as_array().unwrap().iter().map(|block| &block["type"]).collect();
        assert_eq!(kinds, ["text", "text"]);
        let newest =
            write(ProtocolVersion::LATEST, |answer| answer.output(&content, None, false, None).unwrap());
        assert_eq!(newest["content"][0]["type"], "resource_link");
    }
}
