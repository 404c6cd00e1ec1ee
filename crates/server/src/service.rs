//! What all connections of a server share, and the changes it tells them of.

use std::fmt;
use std::sync::Arc;

use toolwright_core::InvalidCatalog;
use toolwright_core::change::Change;
use toolwright_core::component::{Component, Toolset};
use toolwright_core::core::Core;

use crate::engine::Engine;
use crate::limits::Limits;
use crate::sessions::SessionStore;
use crate::tasks::Tasks;

/// A built server: serve it, and change what it offers while it serves. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Shared>);

struct Shared {
    core: Core,
    instructions: Option<String>,
    limits: Limits,
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only HTTP has several instances"))]
    peers: Peers,
    tasks: Arc<Tasks>,
}

/// What is known of other instances.
#[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only HTTP has several instances"))]
pub(crate) struct Peers {
    /// They can open what this one seals.
    pub(crate) has_keys: bool,
    /// They find its sessions, and it theirs.
    pub(crate) sessions: Option<Arc<dyn SessionStore>>,
    pub(crate) engine: Option<Arc<dyn Engine>>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("core", &self.0.core).finish_non_exhaustive()
    }
}

impl Service {
    pub(crate) fn new(
        core: Core,
        instructions: Option<String>,
        limits: Limits,
        peers: Peers,
        tasks: Arc<Tasks>,
    ) -> Self {
        Self(Arc::new(Shared { core, instructions, limits, peers, tasks }))
    }

    pub(crate) fn tasks(&self) -> &Arc<Tasks> {
        &self.0.tasks
    }

    pub(crate) fn core(&self) -> &Core {
        &self.0.core
    }

    pub(crate) fn instructions(&self) -> Option<&str> {
        self.0.instructions.as_deref()
    }

    #[cfg(feature = "http")]
    pub(crate) fn peers(&self) -> &Peers {
        &self.0.peers
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Adds components while the server serves, and tells its clients.
    ///
    /// # Errors
    ///
    /// As when the server was built; nothing is changed then.
    pub fn add(&self, tools: impl Toolset) -> Result<(), InvalidCatalog> {
        let added = tools.components();
        let changes = changes(&added);
        self.0.core.change(|components| components.extend(added))?;
        self.tell(changes);
        Ok(())
    }

    /// Removes the tool of this name, if there is one, and tells the clients.
    pub fn remove_tool(&self, name: &str) -> bool {
        self.remove(|component| matches!(component, Component::Tool(tool) if tool.name() == name))
    }

    /// Removes the prompt of this name, if there is one, and tells the clients.
    pub fn remove_prompt(&self, name: &str) -> bool {
        self.remove(|component| matches!(component, Component::Prompt(prompt) if prompt.name() == name))
    }

    /// Removes the resource or the template under this URI, if there is one, and tells the clients.
    pub fn remove_resource(&self, uri: &str) -> bool {
        self.remove(|component| match component {
            Component::Resource(resource) => resource.uri() == uri,
            Component::Template(template) => template.uri_template() == uri,
            _ => false,
        })
    }

    /// Tells the clients that subscribed to it that a resource changed.
    pub fn resource_updated(&self, uri: &str) {
        self.0.core.changes().resource_updated(uri);
    }

    /// Stops the tasks that still run, which have failed then, and lets no more begin.
    ///
    /// A server that is run does so at its end; this is for a program that serves in its own way.
    pub async fn end_tasks(&self) {
        self.0.tasks.end().await;
    }

    fn remove(&self, unwanted: impl Fn(&Component) -> bool) -> bool {
        let mut removed = Vec::new();
        let changed = self.0.core.change(|components| {
            removed = components.extract_if(.., |component| unwanted(component)).collect();
        });
        // Fewer components are as sound as more, unless an extension needs them: then they stay.
        if changed.is_err() {
            return false;
        }
        let found = !removed.is_empty();
        self.tell(changes(&removed));
        found
    }

    fn tell(&self, changes: impl IntoIterator<Item = Change>) {
        for change in changes {
            self.0.core.changes().tell(&change);
        }
    }
}

fn changes(components: &[Component]) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for component in components {
        let change = match component {
            Component::Tool(_) => Change::Tools,
            Component::Prompt(_) => Change::Prompts,
            _ => Change::Resources,
        };
        if !changes.contains(&change) {
            changes.push(change);
        }
    }
    changes
}
