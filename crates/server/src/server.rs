//! The server as its author describes it.

use std::time::Duration;

use toolwright_core::InvalidCatalog;
use toolwright_core::component::Toolset;
use toolwright_core::core::{Core, Parts};
use toolwright_types::icon::{Icon, Implementation};

use crate::limits::Limits;
use crate::service::Service;

/// A server: what it is called, what it offers, what it may be made to spend.
///
/// ```no_run
/// use toolwright::prelude::*;
///
/// /// Greets a person.
/// #[tool]
/// fn greet(/// Who to greet.
///          name: String) -> String {
///     format!("Hello, {name}!")
/// }
///
/// fn main() -> toolwright::Result {
///     Server::new("hello").tools(toolset![greet]).run()
/// }
/// ```
#[derive(Debug)]
#[must_use = "a server serves when it is run"]
pub struct Server {
    parts: Parts,
    instructions: Option<String>,
    limits: Limits,
}

impl Server {
    /// A server of this name, for programs; its version is `0.0.0` until [`version`](Self::version) says otherwise.
    pub fn new(name: impl Into<String>) -> Self {
        let server =
            Implementation { name: name.into(), version: "0.0.0".into(), ..Implementation::default() };
        let mut parts = Parts::default();
        (parts.server, parts.page_size) = (server, 100);
        Self { parts, instructions: None, limits: Limits::default() }
    }

    /// The version, such as `env!("CARGO_PKG_VERSION")`.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.parts.server.version = version.into();
        self
    }

    /// The name for people.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.parts.server.title = Some(title.into());
        self
    }

    /// What it is for, for people.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.parts.server.description = Some(text.into());
        self
    }

    /// The URL of its web page.
    pub fn website_url(mut self, url: impl Into<String>) -> Self {
        self.parts.server.website_url = Some(url.into());
        self
    }

    /// Adds an icon: an `https:` or `data:` URI.
    pub fn icon(mut self, src: impl Into<String>) -> Self {
        let icon = Icon { src: src.into(), ..Icon::default() };
        self.parts.server.icons.get_or_insert_default().push(icon);
        self
    }

    /// How to use it, for the model.
    pub fn instructions(mut self, text: impl Into<String>) -> Self {
        self.instructions = Some(text.into());
        self
    }

    /// Adds tools, resources and prompts: a value with `#[tools]`, or `toolset![function, …]`.
    pub fn tools(mut self, tools: impl Toolset) -> Self {
        self.parts.components.extend(tools.components());
        self
    }

    /// Gives a value that tools take as `State<T>`; a second value of one type replaces the first.
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.parts.state(value);
        self
    }

    /// How many items a page of a list has: 100 by default.
    pub fn page_size(mut self, items: usize) -> Self {
        self.parts.page_size = items;
        self
    }

    /// The longest a call may take, unless its tool says otherwise: 60 seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.call = timeout;
        self
    }

    /// What a peer can make the server spend at most.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Checks and indexes everything; the result can be served, and changed while it is.
    ///
    /// Claims nothing and starts nothing: a test can build a server.
    ///
    /// # Errors
    ///
    /// [`InvalidCatalog`] names all that cannot be served: two tools of one name, state that was not given.
    pub fn build(self) -> Result<Service, InvalidCatalog> {
        let Self { mut parts, instructions, limits } = self;
        let limits = limits.workable();
        parts.timeout = limits.call;
        Ok(Service::new(Core::new(parts)?, instructions, limits))
    }

    /// The whole program: see [`Service::run`], which reads the program's arguments (`--stdio`, `--version`, `--help`).
    /// A program with arguments of its own calls `build()?.run_stdio()` instead.
    ///
    /// # Errors
    ///
    /// As [`Server::build`] and [`Service::run`].
    pub fn run(self) -> toolwright_core::error::Result {
        // Before anything that is built could print.
        crate::stdio::claim()?;
        self.build()?.run()
    }
}
