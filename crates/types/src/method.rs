//! The methods of the protocol as one table of facts.

use crate::dialect::Era;

/// A request that a client may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `initialize`
    Initialize,
    /// `ping`
    Ping,
    /// `server/discover`
    Discover,
    /// `tools/list`
    ListTools,
    /// `tools/call`
    CallTool,
    /// `resources/list`
    ListResources,
    /// `resources/templates/list`
    ListResourceTemplates,
    /// `resources/read`
    ReadResource,
    /// `resources/subscribe`
    Subscribe,
    /// `resources/unsubscribe`
    Unsubscribe,
    /// `prompts/list`
    ListPrompts,
    /// `prompts/get`
    GetPrompt,
    /// `completion/complete`
    Complete,
    /// `logging/setLevel`
    SetLogLevel,
    /// `subscriptions/listen`
    Listen,
    /// `tasks/get`: the tasks extension
    GetTask,
    /// `tasks/update`: the tasks extension
    UpdateTask,
    /// `tasks/cancel`: the tasks extension
    CancelTask,
    /// A method of an extension, by its name.
    Extension(&'static str),
}

/// What is known of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// The method.
    pub method: Method,
    /// Its name on the wire.
    pub name: &'static str,
    /// The one era that has it, or none when both have.
    pub only_in: Option<Era>,
    /// The capability a server must announce to be asked.
    pub needs: Option<Feature>,
    /// The result carries `ttlMs` and `cacheScope` (rule S63).
    pub cacheable: bool,
    /// The member of the parameters that names what is asked for, mirrored in `Mcp-Name`.
    pub name_source: Option<&'static str>,
    /// The result may ask the client for input (rule S27).
    pub may_ask: bool,
    /// Who answers it.
    pub served_by: ServedBy,
    /// It runs nothing, and so is answered even while as many calls run as may (rule G4).
    pub prompt: bool,
}

/// The part of a server that answers a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServedBy {
    /// What is offered: tools, resources and prompts.
    Core,
    /// The conversation with one client.
    Connection,
}

/// A server capability that gates methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Feature {
    /// `tools`
    Tools,
    /// `resources`
    Resources,
    /// `prompts`
    Prompts,
    /// `completions`
    Completions,
    /// `logging`
    Logging,
    /// The tasks extension
    Tasks,
}

const fn facts(method: Method, name: &'static str) -> Facts {
    Facts {
        method,
        name,
        only_in: None,
        needs: None,
        cacheable: false,
        name_source: None,
        may_ask: false,
        served_by: ServedBy::Core,
        prompt: false,
    }
}

const fn of_connection(method: Method, name: &'static str) -> Facts {
    Facts { served_by: ServedBy::Connection, ..facts(method, name) }
}

const fn of_task(method: Method, name: &'static str) -> Facts {
    Facts { only_in: MODERN, needs: Some(Feature::Tasks), name_source: Some("taskId"), ..facts(method, name) }
}

const LEGACY: Option<Era> = Some(Era::Legacy);
const MODERN: Option<Era> = Some(Era::Modern);

/// Every method.
pub const METHODS: [Facts; 18] = [
    Facts {
        needs: Some(Feature::Tools),
        name_source: Some("name"),
        may_ask: true,
        ..facts(Method::CallTool, "tools/call")
    },
    Facts { needs: Some(Feature::Tools), cacheable: true, ..facts(Method::ListTools, "tools/list") },
    Facts {
        needs: Some(Feature::Resources),
        cacheable: true,
        name_source: Some("uri"),
        may_ask: true,
        ..facts(Method::ReadResource, "resources/read")
    },
    Facts {
        needs: Some(Feature::Resources),
        cacheable: true,
        ..facts(Method::ListResources, "resources/list")
    },
    Facts {
        needs: Some(Feature::Resources),
        cacheable: true,
        ..facts(Method::ListResourceTemplates, "resources/templates/list")
    },
    Facts {
        needs: Some(Feature::Prompts),
        name_source: Some("name"),
        may_ask: true,
        ..facts(Method::GetPrompt, "prompts/get")
    },
    Facts { needs: Some(Feature::Prompts), cacheable: true, ..facts(Method::ListPrompts, "prompts/list") },
    Facts { needs: Some(Feature::Completions), ..facts(Method::Complete, "completion/complete") },
    Facts {
        only_in: MODERN,
        cacheable: true,
        prompt: true,
        ..of_connection(Method::Discover, "server/discover")
    },
    Facts { only_in: MODERN, ..of_connection(Method::Listen, "subscriptions/listen") },
    Facts { only_in: LEGACY, ..of_connection(Method::Initialize, "initialize") },
    Facts { only_in: LEGACY, prompt: true, ..of_connection(Method::Ping, "ping") },
    Facts {
        only_in: LEGACY,
        needs: Some(Feature::Logging),
        ..of_connection(Method::SetLogLevel, "logging/setLevel")
    },
    Facts {
        only_in: LEGACY,
        needs: Some(Feature::Resources),
        ..of_connection(Method::Subscribe, "resources/subscribe")
    },
    Facts {
        only_in: LEGACY,
        needs: Some(Feature::Resources),
        ..of_connection(Method::Unsubscribe, "resources/unsubscribe")
    },
    of_task(Method::GetTask, "tasks/get"),
    of_task(Method::UpdateTask, "tasks/update"),
    of_task(Method::CancelTask, "tasks/cancel"),
];

/// What is known of any method of an extension: that the extension answers it.
pub const EXTENSION: Facts = facts(Method::Extension(""), "");

impl Method {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        if let Self::Extension(name) = self {
            return name;
        }
        METHODS.iter().find(|facts| facts.method == self).map_or("", |facts| facts.name)
    }
}

impl Facts {
    /// The facts of a method by its name on the wire.
    pub fn of(name: &str) -> Option<&'static Self> {
        METHODS.iter().find(|facts| facts.name == name)
    }

    /// Whether the method exists in an era.
    pub fn exists_in(&self, era: Era) -> bool {
        self.only_in.is_none_or(|only| only == era)
    }
}

/// The names of notifications.
pub mod notification {
    /// A request in flight is no longer wanted.
    pub const CANCELLED: &str = "notifications/cancelled";
    /// Legacy: the client is ready.
    pub const INITIALIZED: &str = "notifications/initialized";
    /// How far a request has come.
    pub const PROGRESS: &str = "notifications/progress";
    /// A log line for the client.
    pub const MESSAGE: &str = "notifications/message";
    /// The set of tools changed.
    pub const TOOLS_CHANGED: &str = "notifications/tools/list_changed";
    /// The set of prompts changed.
    pub const PROMPTS_CHANGED: &str = "notifications/prompts/list_changed";
    /// The set of resources changed.
    pub const RESOURCES_CHANGED: &str = "notifications/resources/list_changed";
    /// A resource changed.
    pub const RESOURCE_UPDATED: &str = "notifications/resources/updated";
    /// A task changed: the tasks extension.
    pub const TASK: &str = "notifications/tasks";
    /// A listen request was accepted.
    pub const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_method_stands_once_in_the_table() {
        for facts in METHODS {
            assert_eq!(Facts::of(facts.name), Some(&facts));
        }
    }

    /// Rule S27: three methods may ask the client for input.
    #[test]
    fn three_methods_may_ask() {
        let asking: Vec<_> = METHODS.iter().filter(|facts| facts.may_ask).map(|facts| facts.name).collect();
        assert_eq!(asking, ["tools/call", "resources/read", "prompts/get"]);
    }

    /// Rule S63: six results carry cache hints.
    #[test]
    fn six_results_are_cacheable() {
        assert_eq!(METHODS.iter().filter(|facts| facts.cacheable).count(), 6);
    }
}
