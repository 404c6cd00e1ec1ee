//! What a conversation has come to, so that another server can go on with it.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};
use toolwright::types::jsonrpc::code;
use toolwright::types::meta::SUBSCRIPTION_ID;
use toolwright::types::method::notification;

/// Where a line goes.
#[derive(Debug, PartialEq)]
pub(super) enum Line {
    ToClient(String),
    ToServer(String),
}

/// The lists that may have changed: their name in the capabilities, in a subscription, and the notification.
const LISTS: [(&str, &str, &str); 3] = [
    ("tools", "toolsListChanged", notification::TOOLS_CHANGED),
    ("prompts", "promptsListChanged", notification::PROMPTS_CHANGED),
    ("resources", "resourcesListChanged", notification::RESOURCES_CHANGED),
];

/// One client's conversation, over all servers it has had.
#[derive(Default)]
pub(super) struct Memory {
    /// The request of a legacy client, once it is answered.
    initialize: Option<Value>,
    is_initialized: bool,
    log_level: Option<Value>,
    /// By URI.
    subscriptions: BTreeMap<String, Value>,
    /// `subscriptions/listen` by the text of its id.
    listening: BTreeMap<String, Value>,
    /// The client's requests without an answer.
    in_flight: BTreeMap<String, Value>,
    /// The server's questions: its own ids by those that the client sees.
    questions: HashMap<String, Value>,
    /// Our own requests, whose answers are for nobody else.
    replays: HashSet<String>,
    /// Listening requests that are made again: their acknowledgement is known.
    again: HashSet<String>,
    /// What the client says while a new server is greeted.
    held: Option<Vec<String>>,
    count: u64,
}

impl Memory {
    /// The client said something.
    pub(super) fn client_says(&mut self, line: String) -> Vec<Line> {
        if let Some(held) = &mut self.held {
            held.push(line);
            return Vec::new();
        }
        let Ok(message) = serde_json::from_str::<Value>(&line) else { return vec![Line::ToServer(line)] };
        match (message["method"].as_str(), message.get("id")) {
            (Some(method), Some(id)) => self.remember(method, id.to_string(), &message),
            (Some(notification::INITIALIZED), None) => self.is_initialized = true,
            (Some(notification::CANCELLED), None) => {
                let id = message["params"]["requestId"].to_string();
                self.in_flight.remove(&id);
                self.listening.remove(&id);
            }
            (None, Some(id)) => {
                // An answer to a server that is gone is for nobody.
                let Some(own) = id.as_str().and_then(|id| self.questions.remove(id)) else {
                    return Vec::new();
                };
                return vec![Line::ToServer(with(message, "id", own).to_string())];
            }
            _ => {}
        }
        vec![Line::ToServer(line)]
    }

    fn remember(&mut self, method: &str, id: String, message: &Value) {
        let uri = || message["params"]["uri"].as_str().unwrap_or_default().to_owned();
        match method {
            "subscriptions/listen" => drop(self.listening.insert(id.clone(), message.clone())),
            "logging/setLevel" => self.log_level = Some(message.clone()),
            "resources/subscribe" => drop(self.subscriptions.insert(uri(), message.clone())),
            "resources/unsubscribe" => drop(self.subscriptions.remove(&uri())),
            _ => {}
        }
        self.in_flight.insert(id, message.clone());
    }

    /// The server said something.
    pub(super) fn server_says(&mut self, line: String) -> Vec<Line> {
        let Ok(message) = serde_json::from_str::<Value>(&line) else { return vec![Line::ToClient(line)] };
        match (message["method"].as_str(), message.get("id")) {
            (Some(_), Some(own)) => {
                self.count += 1;
                let id = format!("dev-{}", self.count);
                self.questions.insert(id.clone(), own.clone());
                vec![Line::ToClient(with(message, "id", json!(id)).to_string())]
            }
            (Some(notification::ACKNOWLEDGED), None) => {
                let id = message["params"]["_meta"][SUBSCRIPTION_ID].to_string();
                if self.again.remove(&id) { Vec::new() } else { vec![Line::ToClient(line)] }
            }
            (None, Some(id)) => self.answered(id.to_string(), line, message),
            _ => vec![Line::ToClient(line)],
        }
    }

    fn answered(&mut self, id: String, line: String, message: Value) -> Vec<Line> {
        if self.replays.remove(&id) {
            return if self.held.is_some() { self.greeted(&message) } else { Vec::new() };
        }
        self.listening.remove(&id);
        let Some(request) = self.in_flight.remove(&id) else { return vec![Line::ToClient(line)] };
        if !matches!(request["method"].as_str(), Some("initialize" | "server/discover")) {
            return vec![Line::ToClient(line)];
        }
        if request["method"] == "initialize" && message.get("result").is_some() {
            self.initialize = Some(request);
        }
        vec![Line::ToClient(announcing(message).to_string())]
    }

    /// Another server is there: what it has to hear first, and what the client does.
    pub(super) fn restarted(&mut self) -> Vec<Line> {
        let mut lines = self
            .lost("the server was restarted while it worked on this, because its source changed: ask again");
        if let Some(initialize) = &self.initialize {
            let replay = with(initialize.clone(), "id", json!("dev-initialize"));
            self.replays.insert(replay["id"].to_string());
            self.held = Some(Vec::new());
            lines.push(Line::ToServer(replay.to_string()));
        }
        let listening: Vec<_> = self.listening.clone().into_iter().collect();
        for (id, request) in listening {
            self.again.insert(id);
            lines.push(Line::ToServer(request.to_string()));
            for (_, wish, method) in LISTS {
                if request["params"]["notifications"][wish] == true {
                    let params = json!({"_meta": {SUBSCRIPTION_ID: request["id"]}});
                    lines.push(Line::ToClient(
                        json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string(),
                    ));
                }
            }
        }
        lines
    }

    /// The server is gone: nobody waits in vain.
    pub(super) fn lost(&mut self, why: &str) -> Vec<Line> {
        let waiting = std::mem::take(&mut self.in_flight);
        let (listening, waiting): (BTreeMap<_, _>, BTreeMap<_, _>) =
            waiting.into_iter().partition(|(id, _)| self.listening.contains_key(id));
        self.in_flight = listening;
        self.replays.clear();
        self.again.clear();
        let mut lines: Vec<_> = waiting.values().map(|request| refusal(&request["id"], why)).collect();
        for (id, _) in self.questions.drain() {
            let params = json!({"requestId": id, "reason": why});
            let cancelled = json!({"jsonrpc": "2.0", "method": notification::CANCELLED, "params": params});
            lines.push(Line::ToClient(cancelled.to_string()));
        }
        let held = self.held.take().unwrap_or_default();
        lines.extend(held.into_iter().filter_map(|line| {
            let message: Value = serde_json::from_str(&line).ok()?;
            (message.get("method").is_some()).then(|| message.get("id").map(|id| refusal(id, why)))?
        }));
        lines
    }

    /// A new server has answered our `initialize`.
    fn greeted(&mut self, message: &Value) -> Vec<Line> {
        let mut lines = Vec::new();
        if self.is_initialized {
            let told = json!({"jsonrpc": "2.0", "method": notification::INITIALIZED});
            lines.push(Line::ToServer(told.to_string()));
        }
        for request in self.log_level.iter().chain(self.subscriptions.values()) {
            self.count += 1;
            let replay = with(request.clone(), "id", json!(format!("dev-again-{}", self.count)));
            self.replays.insert(replay["id"].to_string());
            lines.push(Line::ToServer(replay.to_string()));
        }
        for (capability, _, method) in LISTS {
            if message["result"]["capabilities"].get(capability).is_some() {
                lines.push(Line::ToClient(json!({"jsonrpc": "2.0", "method": method}).to_string()));
            }
        }
        for line in self.held.take().unwrap_or_default() {
            lines.extend(self.client_says(line));
        }
        lines
    }
}

/// The error that ends a request.
pub(super) fn refusal(id: &Value, why: &str) -> Line {
    let error = json!({"code": code::INTERNAL_ERROR, "message": why});
    Line::ToClient(json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string())
}

/// Lists change whenever the source does, whatever the server says of itself.
fn announcing(mut message: Value) -> Value {
    for (capability, ..) in LISTS {
        let said = message.pointer_mut(&format!("/result/capabilities/{capability}"));
        if let Some(said) = said.and_then(Value::as_object_mut) {
            said.insert("listChanged".into(), true.into());
        }
    }
    message
}

fn with(mut message: Value, member: &str, value: Value) -> Value {
    message[member] = value;
    message
}

#[cfg(test)]
mod tests;
