//! A resource that is known when the server is built.

use serde_json::{Value, json};
use toolwright_types::content::ResourceContents;

use super::Resource;
use crate::answer::Answer;
use crate::handler::{Handler, Started};
use crate::input::{Input, InputSpec};

struct Fixed(Value);

impl Handler for Fixed {
    fn start(&self, _: &mut Input<'_>, answer: &mut Answer<'_>) -> Started {
        let cache = answer.place.as_ref().map(|place| place.cache).unwrap_or_default();
        Started::Done(answer.cacheable(&self.0, cache))
    }
}

impl Resource {
    /// What lists say of it.
    pub fn listed(&self) -> &toolwright_types::resources::Resource {
        &self.listed
    }

    /// A resource whose contents are known now and never change; they say its URI and its MIME type.
    ///
    /// ```
    /// use toolwright::Resource;
    /// use toolwright::types::content::ResourceContents;
    ///
    /// let licence = Resource::fixed("licence", ResourceContents::text("docs://licence", "Do as you please."));
    /// assert_eq!(licence.uri(), "docs://licence");
    /// ```
    pub fn fixed(name: impl Into<String>, contents: ResourceContents) -> Self {
        let (uri, mime_type) = (contents.uri.clone(), contents.mime_type.clone());
        let fixed = Fixed(json!({"contents": [contents]}));
        let mut resource = Self::new(uri, name, InputSpec::default(), fixed);
        resource.listed.mime_type = mime_type;
        resource
    }
}
