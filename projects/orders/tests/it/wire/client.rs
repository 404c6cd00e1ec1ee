//! A client of one server process: asks, calls, and keeps the notifications that come in between.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::Folder;

/// Far more than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// Each request describes itself.
    Modern,
    /// After `initialize`.
    Legacy,
}

impl Era {
    pub(crate) const BOTH: [Self; 2] = [Self::Modern, Self::Legacy];

    pub(crate) const fn version(self) -> &'static str {
        match self {
            Self::Modern => "2026-07-28",
            Self::Legacy => "2025-11-25",
        }
    }
}

/// The program under test.
pub(crate) fn orders() -> Command {
    Command::new(env!("CARGO_BIN_EXE_orders"))
}

/// How a server ended, and what it said on its way.
pub(crate) struct End {
    pub(crate) code: Option<i32>,
    pub(crate) log: String,
    /// The database and its folder, which go with this value.
    pub(crate) folder: Folder,
}

/// A client of a server process of its own.
pub(crate) struct Client {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    log: Option<JoinHandle<String>>,
    notifications: VecDeque<Value>,
    last_id: u64,
    era: Era,
    folder: Option<Folder>,
}

impl Client {
    /// A server of the four tutorial orders.
    pub(crate) fn of_tutorial(era: Era) -> Self {
        let folder = Folder::new();
        let mut command = orders();
        command.args(["serve", "--seed", "--db"]).arg(folder.file());
        Self::of(command, folder, era)
    }

    /// A server of this command, whose database is in this folder.
    pub(crate) fn of(mut command: Command, folder: Folder, era: Era) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (output, mut errors) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let log = thread::spawn(move || {
            let mut log = String::new();
            errors.read_to_string(&mut log).unwrap();
            log
        });
        let input = child.stdin.take();
        let (log, folder) = (Some(log), Some(folder));
        let mut client =
            Self { child, input, lines, log, notifications: VecDeque::new(), last_id: 0, era, folder };
        if era == Era::Legacy {
            let info = json!({"name": "test", "version": "1"});
            let params = json!({"protocolVersion": era.version(), "capabilities": {}, "clientInfo": info});
            let about = client.request("initialize", params).unwrap();
            assert_eq!(about["protocolVersion"], era.version());
            client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        }
        client
    }

    /// Writes one message.
    pub(crate) fn send(&mut self, message: &Value) {
        let input = self.input.as_mut().unwrap();
        input.write_all(format!("{message}\n").as_bytes()).unwrap();
    }

    /// Sends a request and returns its id.
    pub(crate) fn begin(&mut self, method: &str, mut params: Value) -> u64 {
        if self.era == Era::Modern {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": self.era.version(),
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// The result, or the error of the protocol.
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.begin(method, params);
        loop {
            let mut message = self.next();
            if message.get("method").is_some() {
                self.notifications.push_back(message);
                continue;
            }
            assert_eq!((&message["jsonrpc"], &message["id"]), (&json!("2.0"), &json!(id)), "{message}");
            return match message.get_mut("error") {
                Some(error) => Err(error.take()),
                None => Ok(message["result"].take()),
            };
        }
    }

    /// The whole result of a tool.
    pub(crate) fn tool(&mut self, name: &str, arguments: Value) -> Value {
        self.request("tools/call", json!({"name": name, "arguments": arguments})).unwrap()
    }

    /// What a tool returned, which is the same as structure and as text.
    pub(crate) fn call(&mut self, name: &str, arguments: Value) -> Value {
        let mut result = self.tool(name, arguments);
        assert!(result.get("isError").is_none(), "{name}: {result}");
        let structured = result["structuredContent"].take();
        let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(text, structured);
        structured
    }

    /// What a tool that failed says to the model.
    pub(crate) fn refusal(&mut self, name: &str, arguments: Value) -> String {
        let result = self.tool(name, arguments);
        assert_eq!(result["isError"], true, "{name}: {result}");
        assert!(result.get("structuredContent").is_none(), "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// The JSON of a resource.
    pub(crate) fn read(&mut self, uri: &str) -> Value {
        let result = self.request("resources/read", json!({ "uri": uri })).unwrap();
        let contents = &result["contents"][0];
        assert_eq!((&contents["uri"], &contents["mimeType"]), (&json!(uri), &json!("application/json")));
        serde_json::from_str(contents["text"].as_str().unwrap()).unwrap()
    }

    /// The next notification.
    pub(crate) fn notification(&mut self) -> Value {
        self.notifications.pop_front().unwrap_or_else(|| {
            let message = self.next();
            assert!(message.get("method").is_some(), "{message}");
            message
        })
    }

    /// The notifications that have come so far.
    pub(crate) fn notifications(&mut self) -> Vec<Value> {
        // Whatever was sent before this answer has come with it.
        let method = if self.era == Era::Modern { "server/discover" } else { "ping" };
        self.request(method, json!({})).unwrap();
        self.notifications.drain(..).collect()
    }

    /// The orders of a list, by id.
    pub(crate) fn ids(found: &Value) -> Vec<&str> {
        found["orders"].as_array().unwrap().iter().map(|order| order["order_id"].as_str().unwrap()).collect()
    }

    pub(crate) fn folder(&self) -> &Folder {
        self.folder.as_ref().unwrap()
    }

    /// Closes the server's input and waits until it has ended.
    pub(crate) fn end(mut self) -> End {
        drop(self.input.take());
        let code = self.child.wait().unwrap().code();
        let log = self.log.take().unwrap().join().unwrap();
        End { code, log, folder: self.folder.take().unwrap() }
    }

    fn next(&mut self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("the server is silent");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // A test that ended early must not leave its server behind.
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
