//! A small client: starts a server, writes lines to it, reads the lines it writes.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// Far above what anything takes here: it only keeps a fault from hanging the tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the client speaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Era {
    /// A session that begins with `initialize`.
    Legacy,
    /// Every request says for itself who asks.
    Modern,
}

pub(crate) const ERAS: [Era; 2] = [Era::Legacy, Era::Modern];

pub(crate) struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    errors: Receiver<String>,
    era: Era,
    next_id: u64,
    /// Notifications that came while an answer was awaited.
    pub(crate) notifications: Vec<Value>,
}

impl Client {
    pub(crate) fn start(era: Era, program: &str, args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut command = Command::new(program);
        command.args(args).envs(env.iter().copied()).env("NO_PROXY", "127.0.0.1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = lines_of(child.stdout.take().unwrap());
        let errors = lines_of(child.stderr.take().unwrap());
        let stdin = child.stdin.take();
        let mut client = Self { child, stdin, lines, errors, era, next_id: 0, notifications: Vec::new() };
        if era == Era::Legacy {
            let client_info = json!({"name": "test", "version": "1"});
            let params =
                json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client_info});
            let answer = client.request("initialize", params);
            assert_eq!(answer["result"]["protocolVersion"], "2025-11-25", "{answer}");
            client.notify("notifications/initialized", json!({}));
        }
        client
    }

    pub(crate) fn era(&self) -> Era {
        self.era
    }

    /// Sends a request without waiting for its answer, and gives its id.
    pub(crate) fn send(&mut self, method: &str, mut params: Value) -> u64 {
        self.next_id += 1;
        if self.era == Era::Modern {
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
        }
        let id = self.next_id;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn write(&mut self, message: &Value) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(format!("{message}\n").as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// The next message, whatever it is.
    pub(crate) fn receive(&mut self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("the server says nothing");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// The next notification of this method.
    pub(crate) fn notification(&mut self, method: &str) -> Value {
        if let Some(place) = self.notifications.iter().position(|message| message["method"] == method) {
            return self.notifications.remove(place);
        }
        loop {
            let message = self.receive();
            if message["method"] == method {
                return message;
            }
        }
    }

    /// The answer to this request; notifications before it are kept.
    pub(crate) fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
            self.notifications.push(message);
        }
    }

    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        self.answer(id)
    }

    /// Calls a tool, and gives its result.
    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.request("tools/call", json!({"name": tool, "arguments": arguments}));
        assert!(answer["result"].is_object(), "{tool}: {answer}");
        answer["result"].clone()
    }

    /// Calls a tool that fails, and gives what the model is told.
    pub(crate) fn failure(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], true, "{tool}: {result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Calls a tool that succeeds, and gives its structured content.
    pub(crate) fn success(&mut self, tool: &str, arguments: Value) -> Value {
        let result = self.call(tool, arguments);
        assert_ne!(result["isError"], true, "{tool}: {result}");
        result["structuredContent"].clone()
    }

    /// Waits for a line on standard error that holds this text.
    pub(crate) fn log_line(&mut self, text: &str) -> String {
        loop {
            let line = self.errors.recv_timeout(PATIENCE).expect("no such line in the log");
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Ends the server as clients do, by ending its input, and gives all it said on standard error.
    pub(crate) fn end(mut self) -> String {
        drop(self.stdin.take());
        // Its output ends when it does.
        while self.lines.recv_timeout(PATIENCE).is_ok() {}
        assert!(self.child.wait().unwrap().success());
        self.errors.iter().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// An empty folder for one test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}
