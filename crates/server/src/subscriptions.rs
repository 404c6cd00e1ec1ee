//! Who wants to know of which changes: listen requests, and what a legacy session is told unasked.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json, value::RawValue};
use toolwright_core::change::Change;
use toolwright_types::meta::SUBSCRIPTION_ID;
use toolwright_types::method::{Feature, notification};
use toolwright_types::subscriptions::SubscriptionFilter;

use crate::envelope;
use crate::tasks::Watched;

/// The subscriptions of one connection.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    listening: Vec<Listening>,
    /// Legacy: what the session subscribed to.
    pub(crate) resources: HashSet<String>,
}

#[derive(Debug)]
struct Listening {
    /// The JSON text of the listen request's id.
    id: Box<str>,
    key: Box<str>,
    filter: SubscriptionFilter,
    tasks: Vec<Arc<Watched>>,
}

impl Subscriptions {
    pub(crate) fn is_empty(&self) -> bool {
        self.listening.is_empty() && self.resources.is_empty()
    }

    /// The ids and URIs of all subscriptions.
    pub(crate) fn held(&self) -> impl Iterator<Item = &str> {
        self.listening.iter().map(|listening| &*listening.id).chain(self.uris()).chain(self.tasks())
    }

    fn tasks(&self) -> impl Iterator<Item = &str> {
        self.listening.iter().flat_map(|listening| &listening.tasks).map(|task| task.id())
    }

    fn uris(&self) -> impl Iterator<Item = &str> {
        let listened = self.listening.iter().flat_map(|listening| &listening.filter.resource_subscriptions);
        listened.flatten().chain(&self.resources).map(String::as_str)
    }

    /// Every change that somebody here may want to hear of.
    pub(crate) fn everything(&self) -> Vec<Change> {
        let uris: HashSet<&str> = self.uris().collect();
        let uris = uris.into_iter().map(|uri| Change::Resource(uri.into()));
        let tasks: HashSet<&str> = self.tasks().collect();
        let tasks = tasks.into_iter().map(|id| Change::Task(id.into()));
        [Change::Tools, Change::Prompts, Change::Resources].into_iter().chain(uris).chain(tasks).collect()
    }

    /// Begins a subscription and acknowledges it (rule S40: the first word on it) as far as there are features.
    pub(crate) fn listen(
        &mut self,
        id: &str,
        key: Box<str>,
        filter: SubscriptionFilter,
        tasks: Vec<Arc<Watched>>,
        has: impl Fn(Feature) -> bool,
        out: &mut Vec<u8>,
    ) {
        let wanted = |wish: Option<bool>, feature| wish.filter(|wanted| *wanted && has(feature));
        let honoured = SubscriptionFilter {
            tools_list_changed: wanted(filter.tools_list_changed, Feature::Tools),
            prompts_list_changed: wanted(filter.prompts_list_changed, Feature::Prompts),
            resources_list_changed: wanted(filter.resources_list_changed, Feature::Resources),
            resource_subscriptions: filter.resource_subscriptions.filter(|_| has(Feature::Resources)),
            task_ids: filter.task_ids,
        };
        let params = json!({"notifications": honoured, "_meta": {SUBSCRIPTION_ID: raw(id)}});
        envelope::notification(out, notification::ACKNOWLEDGED, &params);
        self.listening.push(Listening { id: id.into(), key, filter: honoured, tasks });
    }

    /// Ends a subscription; false when there is none of this id.
    pub(crate) fn cancel(&mut self, key: &str) -> bool {
        let before = self.listening.len();
        self.listening.retain(|listening| *listening.key != *key);
        self.listening.len() < before
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.listening.iter().any(|listening| *listening.key == *key)
    }

    /// Ends all subscriptions from our side, and gives their ids (rules S37, S41).
    pub(crate) fn end(&mut self) -> Vec<Box<str>> {
        self.listening.drain(..).map(|listening| listening.id).collect()
    }

    /// Writes what the client is told of a change, one line each: to its listeners, and its session if that hears it.
    pub(crate) fn tell(&self, change: &Change, session: bool, out: &mut Vec<u8>) {
        if let Change::Task(id) = change {
            return self.tell_task(id, out);
        }
        let (method, uri) = match change {
            Change::Tools => (notification::TOOLS_CHANGED, None),
            Change::Prompts => (notification::PROMPTS_CHANGED, None),
            Change::Resources => (notification::RESOURCES_CHANGED, None),
            Change::Resource(uri) => (notification::RESOURCE_UPDATED, Some(&**uri)),
            _ => return,
        };
        let params = |meta: Option<Value>| {
            let mut params = serde_json::Map::new();
            params.extend(uri.map(|uri| ("uri".to_owned(), uri.into())));
            params.extend(meta.map(|meta| ("_meta".to_owned(), meta)));
            params
        };
        if session && uri.is_none_or(|uri| self.resources.contains(uri)) {
            envelope::notification(out, method, &params(None));
            out.push(b'\n');
        }
        for listening in self.listening.iter().filter(|listening| listening.wants(change)) {
            envelope::notification(out, method, &params(Some(json!({SUBSCRIPTION_ID: raw(&listening.id)}))));
            out.push(b'\n');
        }
    }
}

impl Subscriptions {
    /// Writes how a task stands, one line for each who listens for it.
    fn tell_task(&self, id: &str, out: &mut Vec<u8>) {
        for listening in &self.listening {
            let task = listening.tasks.iter().find(|task| task.id() == id).and_then(|task| task.newest());
            let Some(task) = task else { continue };
            let mut params = json!(*task);
            params["_meta"] = json!({SUBSCRIPTION_ID: raw(&listening.id)});
            envelope::notification(out, notification::TASK, &params);
            out.push(b'\n');
        }
    }
}

impl Listening {
    fn wants(&self, change: &Change) -> bool {
        let filter = &self.filter;
        match change {
            Change::Tools => filter.tools_list_changed.is_some(),
            Change::Prompts => filter.prompts_list_changed.is_some(),
            Change::Resources => filter.resources_list_changed.is_some(),
            Change::Resource(uri) => {
                filter.resource_subscriptions.iter().flatten().any(|wanted| **wanted == **uri)
            }
            _ => false,
        }
    }
}

/// An id as it was given: same JSON type, same text.
pub(crate) fn raw(id: &str) -> Option<Box<RawValue>> {
    RawValue::from_string(id.to_owned()).ok()
}
