//! MCP Apps: pages that a client shows with a tool's results.
//!
//! <https://modelcontextprotocol.io/extensions/apps>

use serde_json::{Map, Value, json};
use toolwright_core::component::{Component, Resource};
use toolwright_core::context::Context;
use toolwright_core::extension::Extension;
use toolwright_types::capability::extension::UI;
use toolwright_types::content::ResourceContents;

/// The MIME type of such a page.
pub const MIME_TYPE: &str = "text/html;profile=mcp-app";

/// The extension MCP Apps.
///
/// Pages are given here, or are resources of their own under `ui://`, whose MIME type is set then. A tool names its page
/// with `#[tool(ui = "ui://…")]`. A client without the extension sees an ordinary tool, so its result says everything
/// in text. The page can call tools as its user: never put what others wrote into its HTML; send it as a result.
///
/// ```
/// use toolwright::apps::{Apps, Page};
/// use toolwright::prelude::*;
///
/// /// The weather of a city.
/// #[tool(ui = "ui://weather/view")]
/// fn weather(city: String) -> String {
///     format!("Sunny in {city}.")
/// }
///
/// # fn main() -> toolwright::Result {
/// let page = Page::new("ui://weather/view", "<!doctype html><title>Weather</title><main></main>")
///     .connects_to(["https://api.example.com"]);
/// let service = Server::new("weather").tools(toolset![weather]).extension(Apps::new().page(page)).build()?;
/// # let _ = service;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Apps {
    pages: Vec<Page>,
}

/// One page: an HTML document, and what it may do in the sandbox of the client. Without more it may do nothing.
#[derive(Debug, Clone)]
pub struct Page {
    uri: String,
    html: String,
    csp: Map<String, Value>,
    ui: Map<String, Value>,
}

/// What a page may ask its browser for; a client need not grant it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permission {
    /// Pictures from the camera.
    Camera,
    /// Sound from the microphone.
    Microphone,
    /// Where the user is.
    Geolocation,
    /// To put something into the clipboard.
    ClipboardWrite,
}

impl Apps {
    /// The extension, without pages of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a page.
    #[must_use]
    pub fn page(mut self, page: Page) -> Self {
        self.pages.push(page);
        self
    }

    /// Whether the client of this call shows pages.
    ///
    /// ```
    /// use toolwright::{Context, apps::Apps};
    ///
    /// assert!(!Apps::are_shown_by(&Context::detached()));
    /// ```
    pub fn are_shown_by(ctx: &Context) -> bool {
        let settings = ctx.extension::<Self>();
        let types = settings.as_ref().and_then(|settings| settings.get("mimeTypes"));
        types.and_then(Value::as_array).is_some_and(|types| types.iter().any(|one| one == MIME_TYPE))
    }
}

impl Page {
    /// A page under a URI that begins with `ui://`.
    pub fn new(uri: impl Into<String>, html: impl Into<String>) -> Self {
        Self { uri: uri.into(), html: html.into(), csp: Map::new(), ui: Map::new() }
    }

    /// Origins that it may talk to, such as `https://api.example.com`.
    #[must_use]
    pub fn connects_to<'a>(self, origins: impl IntoIterator<Item = &'a str>) -> Self {
        self.allow("connectDomains", origins)
    }

    /// Origins from which it may load scripts, styles, pictures and fonts.
    #[must_use]
    pub fn loads_from<'a>(self, origins: impl IntoIterator<Item = &'a str>) -> Self {
        self.allow("resourceDomains", origins)
    }

    /// Origins of pages it may show inside itself.
    #[must_use]
    pub fn frames<'a>(self, origins: impl IntoIterator<Item = &'a str>) -> Self {
        self.allow("frameDomains", origins)
    }

    /// Asks for something of the browser.
    #[must_use]
    pub fn permission(mut self, permission: Permission) -> Self {
        let name = match permission {
            Permission::Camera => "camera",
            Permission::Microphone => "microphone",
            Permission::Geolocation => "geolocation",
            Permission::ClipboardWrite => "clipboardWrite",
        };
        let permissions = self.ui.entry("permissions").or_insert_with(|| json!({}));
        permissions[name] = json!({});
        self
    }

    /// Whether it is to have a border and a background; the client decides without.
    #[must_use]
    pub fn border(mut self, wanted: bool) -> Self {
        self.ui.insert("prefersBorder".into(), wanted.into());
        self
    }

    fn allow<'a>(mut self, directive: &str, origins: impl IntoIterator<Item = &'a str>) -> Self {
        self.csp.insert(directive.into(), origins.into_iter().collect());
        self
    }

    fn resource(&self) -> Component {
        let mut ui = self.ui.clone();
        if !self.csp.is_empty() {
            ui.insert("csp".into(), self.csp.clone().into());
        }
        let mut contents = ResourceContents::text(&self.uri, &self.html);
        contents.mime_type = Some(MIME_TYPE.into());
        if !ui.is_empty() {
            contents.meta = Some(Map::from_iter([("ui".to_owned(), Value::Object(ui))]));
        }
        Resource::fixed(self.uri.trim_start_matches("ui://"), contents).into()
    }
}

impl Extension for Apps {
    const ID: &'static str = UI;

    fn components(&self) -> Vec<Component> {
        self.pages.iter().map(Page::resource).collect()
    }

    fn extend(&self, component: Component) -> Component {
        match component {
            Component::Resource(page) if page.uri().starts_with("ui://") => page.mime_type(MIME_TYPE).into(),
            other => other,
        }
    }

    fn faults(&self, components: &[Component]) -> Vec<String> {
        let stray = self.pages.iter().filter(|page| !page.uri.starts_with("ui://"));
        let stray = stray.map(|page| format!("page `{}`: its URI must begin with `ui://`", page.uri));
        let missing = components.iter().filter_map(|component| {
            let Component::Tool(tool) = component else { return None };
            let uri = tool.meta_value("ui")?.get("resourceUri")?.as_str()?;
            let is_it = |one: &Component| matches!(one, Component::Resource(page) if page.uri() == uri);
            let name = tool.name();
            (!components.iter().any(is_it)).then(|| format!("tool `{name}`: there is no resource `{uri}`"))
        });
        stray.chain(missing).collect()
    }
}
