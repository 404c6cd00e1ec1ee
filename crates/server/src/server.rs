//! The server as its author describes it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use toolwright_core::component::Toolset;
use toolwright_core::core::{Core, Parts};
use toolwright_core::dialog::AskLimits;
use toolwright_core::error::Result;
use toolwright_core::extension::Extension;
use toolwright_core::task::TaskHost;
use toolwright_core::{Cache, InvalidCatalog};
use toolwright_types::icon::{Icon, Implementation};

use crate::engine::{Bus, Engine, Once, Relay};
use crate::limits::Limits;
use crate::seal::{KeyRing, Sealer};
use crate::service::{Peers, Service};
use crate::sessions::SessionStore;
use crate::tasks::{MemoryTasks, TaskStore, Tasks};

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
#[must_use = "a server serves when it is run"]
pub struct Server {
    parts: Parts,
    instructions: Option<String>,
    limits: Limits,
    keys: Option<KeyRing>,
    task_store: Option<Arc<dyn TaskStore>>,
    session_store: Option<Arc<dyn SessionStore>>,
    engine: Option<Arc<dyn Engine>>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("parts", &self.parts).finish_non_exhaustive()
    }
}

impl Server {
    /// A server of this name, for programs; its version is `0.0.0` until [`version`](Self::version) says otherwise.
    pub fn new(name: impl Into<String>) -> Self {
        let server =
            Implementation { name: name.into(), version: "0.0.0".into(), ..Implementation::default() };
        let mut parts = Parts::default();
        (parts.server, parts.page_size) = (server, 100);
        Self {
            parts,
            instructions: None,
            limits: Limits::default(),
            keys: None,
            task_store: None,
            session_store: None,
            engine: None,
        }
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

    /// Adds an extension of the protocol, with the tools, resources, prompts and methods it brings: see [`Extension`].
    pub fn extension(mut self, extension: impl Extension) -> Self {
        self.parts.extension(extension);
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

    /// How long clients since 2026-07-28 may keep lists, and what the server says of itself: not at all by default.
    ///
    /// Each resource says for itself how long its contents may be kept: `#[resource("…", ttl = "60s")]`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use toolwright::{Cache, Server};
    ///
    /// let server = Server::new("hello").cache(Cache::public(Duration::from_secs(300)));
    /// # let _ = server;
    /// ```
    pub fn cache(mut self, cache: Cache) -> Self {
        self.parts.cache = cache;
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

    /// The keys that seal what a call remembers between its rounds, for several instances that answer for one address.
    ///
    /// [`run`](Self::run) takes them from the environment variable `TOOLWRIGHT_KEYS`, if that is set.
    pub fn keys(mut self, keys: KeyRing) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Where tasks are kept: in memory by default, [`Limits::tasks_kept`] of them.
    pub fn task_store(mut self, store: impl TaskStore) -> Self {
        self.task_store = Some(Arc::new(store));
        self
    }

    /// Where sessions over HTTP are kept for other instances, too: see [`sessions`](crate::sessions).
    pub fn session_store(mut self, store: impl SessionStore) -> Self {
        self.session_store = Some(Arc::new(store));
        self
    }

    /// What this server shares with its other instances: changes, used memories of calls that ask, and also tasks and
    /// sessions, unless [these](Self::task_store) or [those](Self::session_store) have a store of their own. Such a server
    /// needs [keys](Self::keys) to listen for HTTP.
    pub fn engine(mut self, engine: impl Engine) -> Self {
        self.engine = Some(Arc::new(engine));
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
        let Self { mut parts, instructions, limits, keys, task_store, session_store, engine } = self;
        let limits = limits.workable();
        parts.timeout = limits.call;
        parts.reports(limits.progress);
        let has_keys = keys.is_some();
        let sessions = session_store.or_else(|| engine.clone().map(|engine| engine as Arc<dyn SessionStore>));
        // Without random numbers nothing can be sealed: whoever asks is told so.
        let once = engine.clone().map(|engine| engine as Arc<dyn Once>);
        if let Some(sealer) = Sealer::new(keys, limits.ask, once) {
            let limits = AskLimits { rounds: limits.rounds, state: limits.state, time: limits.ask };
            parts.asking(Arc::new(sealer), limits);
        }
        if let Some(bus) = engine.clone().map(|engine| engine as Arc<dyn Bus>) {
            bus.subscribe(Arc::new(parts.changes().ear()));
            parts.changes().pass_on(Relay(bus));
        }
        let shared = || engine.clone().map(|engine| engine as Arc<dyn TaskStore>);
        let store = task_store.or_else(shared);
        let store = store.unwrap_or_else(|| Arc::new(MemoryTasks::new(limits.tasks_kept)));
        let tasks = Tasks::new(store, &limits, parts.changes());
        parts.tasks(Arc::clone(&tasks) as Arc<dyn TaskHost>);
        let peers = Peers { has_keys, sessions, engine };
        Ok(Service::new(Core::new(parts)?, instructions, limits, peers, tasks))
    }

    /// The whole program: see [`Service::run`], which reads the program's arguments (`--stdio`, `--version`, `--help`).
    /// A program with arguments of its own calls `build()?.run_stdio()` instead.
    ///
    /// # Errors
    ///
    /// As [`Server::build`] and [`Service::run`].
    pub fn run(self) -> Result {
        // Before anything that is built could print.
        crate::stdio::claim()?;
        let mut server = self;
        if server.keys.is_none() {
            server.keys = KeyRing::from_env()?;
        }
        server.build()?.run()
    }
}
