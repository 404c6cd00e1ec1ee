//! What a server offers: tools, resources, resource templates, prompts.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use toolwright_types::capability::extension::UI;
use toolwright_types::content::Annotations;
use toolwright_types::icon::Icon;
use toolwright_types::tools::ToolAnnotations;
use toolwright_types::{prompts, resources, tools};

use crate::cache::Cache;
use crate::handler::Handler;
use crate::input::InputSpec;
use crate::task::TaskSupport;
use crate::uri_template::{InvalidTemplate, UriTemplate};

mod fixed;
mod toolset;

pub use toolset::{Define, Provide, Toolset};

/// The key in `_meta` under which a component's tags stand.
pub const TAGS: &str = "dev.toolwright/tags";

/// One thing a server offers.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Component {
    /// A tool.
    Tool(Tool),
    /// A resource with a fixed URI.
    Resource(Resource),
    /// A family of resources.
    Template(Template),
    /// A prompt.
    Prompt(Prompt),
}

/// A tool: a function that a model can call.
#[derive(Clone)]
pub struct Tool {
    pub(crate) listed: tools::Tool,
    pub(crate) tags: Vec<String>,
    pub(crate) timeout: Option<Duration>,
    /// The id of the extension without which it is not what it says.
    pub(crate) needs: Option<&'static str>,
    pub(crate) task: Option<TaskSupport>,
    pub(crate) input: Arc<InputSpec>,
    pub(crate) handler: Arc<dyn Handler>,
}

/// A resource with a fixed URI.
#[derive(Clone)]
pub struct Resource {
    pub(crate) listed: resources::Resource,
    pub(crate) tags: Vec<String>,
    pub(crate) cache: Cache,
    pub(crate) input: Arc<InputSpec>,
    pub(crate) handler: Arc<dyn Handler>,
}

/// A family of resources whose URIs follow a template of RFC 6570.
#[derive(Clone)]
pub struct Template {
    pub(crate) listed: resources::ResourceTemplate,
    pub(crate) tags: Vec<String>,
    pub(crate) cache: Cache,
    pub(crate) uri: Result<UriTemplate, InvalidTemplate>,
    pub(crate) input: Arc<InputSpec>,
    pub(crate) handler: Arc<dyn Handler>,
}

/// A prompt: messages made from a few arguments, for a person to start from.
#[derive(Clone)]
pub struct Prompt {
    pub(crate) listed: prompts::Prompt,
    pub(crate) tags: Vec<String>,
    pub(crate) input: Arc<InputSpec>,
    pub(crate) handler: Arc<dyn Handler>,
}

macro_rules! described {
    ($($kind:ident by $key:ident),*) => {$(
        impl $kind {
            /// The name for people.
            #[must_use]
            pub fn title(mut self, title: impl Into<String>) -> Self {
                self.listed.title = Some(title.into());
                self
            }

            /// What it is for, for the model.
            #[must_use]
            pub fn description(mut self, text: impl Into<String>) -> Self {
                self.listed.description = Some(text.into());
                self
            }

            /// Adds a tag, to choose components by; clients see the tags in `_meta`, under [`TAGS`].
            #[must_use]
            pub fn tag(mut self, tag: impl Into<String>) -> Self {
                self.tags.push(tag.into());
                let tags = self.tags.clone();
                self.meta(TAGS, tags)
            }

            /// Adds an icon: an `https:` or `data:` URI.
            #[must_use]
            pub fn icon(mut self, src: impl Into<String>) -> Self {
                let icon = Icon { src: src.into(), ..Default::default() };
                self.listed.icons.get_or_insert_default().push(icon);
                self
            }

            /// Adds a member to `_meta`; the key has a prefix, as in `example.com/key`.
            #[must_use]
            pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
                self.listed.meta.get_or_insert_default().insert(key.into(), value.into());
                self
            }

            /// A member of `_meta`.
            pub fn meta_value(&self, key: &str) -> Option<&Value> {
                self.listed.meta.as_ref()?.get(key)
            }

            /// The tags.
            pub fn tags(&self) -> &[String] {
                &self.tags
            }

            pub(crate) fn key(&self) -> &str {
                &self.listed.$key
            }
        }

        impl From<$kind> for Component {
            fn from(component: $kind) -> Self {
                Self::$kind(component)
            }
        }

        impl fmt::Debug for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($kind)).field(&self.key()).finish()
            }
        }
    )*};
}
described!(Tool by name, Resource by uri, Template by uri_template, Prompt by name);

impl Tool {
    /// A tool of this name; `output` is the schema of its structured content, if it has any.
    pub fn new(
        name: impl Into<String>,
        input: InputSpec,
        output: Option<Value>,
        handler: impl Handler,
    ) -> Self {
        let object =
            |schema: Value| if let Value::Object(members) = schema { members } else { Default::default() };
        let mut input_schema = object(input.schema());
        // The protocol wants it said at the root.
        input_schema.insert("type".into(), "object".into());
        let listed = tools::Tool {
            name: name.into(),
            input_schema,
            output_schema: output.map(object),
            ..Default::default()
        };
        Self {
            listed,
            tags: Vec::new(),
            timeout: None,
            needs: None,
            task: None,
            input: input.prepared(),
            handler: Arc::new(handler),
        }
    }

    /// The same tool under another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.listed.name = name.into();
        self
    }

    /// Hints about its behaviour.
    #[must_use]
    pub fn annotations(mut self, annotations: ToolAnnotations) -> Self {
        self.listed.annotations = Some(annotations);
        self
    }

    /// The longest a call may take; the server's own limit holds without one.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Shows its results in this page, a resource under `ui://`, where the client can (MCP Apps).
    ///
    /// The server needs the extension `Apps`. Clients without it see an ordinary tool: return text that says it all.
    #[must_use]
    pub fn ui(mut self, uri: impl Into<String>) -> Self {
        self.needs = Some(UI);
        let uri: String = uri.into();
        self.meta("ui", serde_json::json!({ "resourceUri": uri }))
    }

    /// Its calls become tasks, for clients that know them.
    #[must_use]
    pub fn task(mut self, support: TaskSupport) -> Self {
        self.task = Some(support);
        self
    }

    /// Does not announce the schema of its structured content.
    #[must_use]
    pub fn without_output_schema(mut self) -> Self {
        self.listed.output_schema = None;
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.listed.name
    }
}

impl Resource {
    /// The URI.
    pub fn uri(&self) -> &str {
        &self.listed.uri
    }

    /// A resource under this URI.
    pub fn new(
        uri: impl Into<String>,
        name: impl Into<String>,
        input: InputSpec,
        handler: impl Handler,
    ) -> Self {
        let listed = resources::Resource { uri: uri.into(), name: name.into(), ..Default::default() };
        Self {
            listed,
            tags: Vec::new(),
            cache: Cache::none(),
            input: input.prepared(),
            handler: Arc::new(handler),
        }
    }

    /// The MIME type of the contents.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.listed.mime_type = Some(mime_type.into());
        self
    }

    /// The size in bytes, if it is known.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.listed.size = Some(bytes);
        self
    }

    /// How long its contents may be kept; not at all without.
    #[must_use]
    pub fn cache(mut self, cache: Cache) -> Self {
        self.cache = cache;
        self
    }

    /// For whom it is, and how much it matters.
    #[must_use]
    pub fn annotations(mut self, annotations: Annotations) -> Self {
        self.listed.annotations = Some(annotations);
        self
    }
}

impl Template {
    /// The URI template.
    pub fn uri_template(&self) -> &str {
        &self.listed.uri_template
    }

    /// A family of resources under this template; its variables are the handler's arguments.
    ///
    /// A template that cannot be read is reported when the server is built.
    pub fn new(uri: &str, name: impl Into<String>, input: InputSpec, handler: impl Handler) -> Self {
        let listed = resources::ResourceTemplate {
            uri_template: uri.to_owned(),
            name: name.into(),
            ..Default::default()
        };
        let uri = UriTemplate::parse(uri);
        Self {
            listed,
            tags: Vec::new(),
            cache: Cache::none(),
            uri,
            input: input.prepared(),
            handler: Arc::new(handler),
        }
    }

    /// The MIME type of the contents.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.listed.mime_type = Some(mime_type.into());
        self
    }

    /// How long its contents may be kept; not at all without.
    #[must_use]
    pub fn cache(mut self, cache: Cache) -> Self {
        self.cache = cache;
        self
    }

    /// For whom it is, and how much it matters.
    #[must_use]
    pub fn annotations(mut self, annotations: Annotations) -> Self {
        self.listed.annotations = Some(annotations);
        self
    }
}

impl Prompt {
    /// The name.
    pub fn name(&self) -> &str {
        &self.listed.name
    }

    /// A prompt of this name.
    pub fn new(name: impl Into<String>, input: InputSpec, handler: impl Handler) -> Self {
        let arguments = input.args.iter().map(|arg| prompts::PromptArgument {
            name: arg.name.to_owned(),
            title: None,
            description: arg.schema.get("description").and_then(Value::as_str).map(str::to_owned),
            required: Some(arg.required),
        });
        let arguments: Vec<_> = arguments.collect();
        let arguments = (!arguments.is_empty()).then_some(arguments);
        let listed = prompts::Prompt { name: name.into(), arguments, ..Default::default() };
        Self { listed, tags: Vec::new(), input: input.prepared(), handler: Arc::new(handler) }
    }
}
