//! A client in memory: it sends lines, and reads what the server says to each.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};
use tokio::task::JoinHandle;
use toolwright::Service;

/// The current version, and those that begin with `initialize`, newest first.
pub(crate) const MODERN: &str = "2026-07-28";
pub(crate) const LEGACY: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// What a modern request says of itself.
pub(crate) fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {}
    })
}

/// A modern request.
pub(crate) fn modern(id: impl Into<Value>, method: &str, mut params: Value) -> Value {
    let mut all = meta();
    if let Some(own) = params.get("_meta").and_then(Value::as_object) {
        all.as_object_mut().unwrap().extend(own.clone());
    }
    params["_meta"] = all;
    json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": params})
}

/// A request of the older versions.
pub(crate) fn legacy(id: impl Into<Value>, method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": params})
}

/// A modern call of a tool.
pub(crate) fn call(id: impl Into<Value>, name: &str, arguments: Value) -> Value {
    modern(id, "tools/call", json!({"name": name, "arguments": arguments}))
}

/// A notification that a request is no longer wanted.
pub(crate) fn cancel(id: impl Into<Value>) -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id.into()}})
}

/// The text of the first block of an answer.
pub(crate) fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {answer}"))
}

/// The error code of an answer.
pub(crate) fn code(answer: &Value) -> i64 {
    answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("no error: {answer}"))
}

/// A server that serves, and its client.
pub(crate) struct Peer {
    pub(crate) input: DuplexStream,
    pub(crate) output: BufReader<DuplexStream>,
    pub(crate) server: JoinHandle<std::io::Result<()>>,
    /// Notifications that came while an answer was awaited.
    pub(crate) told: Vec<Value>,
}

impl Peer {
    pub(crate) fn new(service: &Service) -> Self {
        Self::with_room(service, 64 * 1024, 64 * 1024)
    }

    /// A client whose pipes hold so many bytes.
    pub(crate) fn with_room(service: &Service, up: usize, down: usize) -> Self {
        let (input, reader) = duplex(up);
        let (writer, output) = duplex(down);
        let service = service.clone();
        let server = tokio::spawn(async move { service.serve(reader, writer).await });
        Self { input, output: BufReader::new(output), server, told: Vec::new() }
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).await.expect("the server reads");
    }

    pub(crate) async fn send_line(&mut self, line: &str) {
        self.send_bytes(format!("{line}\n").as_bytes()).await;
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.send_line(&message.to_string()).await;
    }

    /// The next line; the clock is paused, so an hour without one is over at once.
    pub(crate) async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.output.read_line(&mut line);
        let count = tokio::time::timeout(Duration::from_secs(3600), read).await;
        let count = count.expect("the server says something").expect("the server writes UTF-8");
        (count > 0).then(|| line.trim_end_matches('\n').to_owned())
    }

    pub(crate) async fn next(&mut self) -> Value {
        let line = self.line().await.expect("the server has not ended");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// The answer to the request of this id; what else comes first is kept.
    pub(crate) async fn answer(&mut self, id: &Value) -> Value {
        loop {
            let message = self.next().await;
            if message.get("id") == Some(id) {
                return message;
            }
            self.told.push(message);
        }
    }

    pub(crate) async fn ask(&mut self, request: Value) -> Value {
        self.send(&request).await;
        self.answer(&request["id"]).await
    }

    /// Begins a session of this version.
    pub(crate) async fn begin(&mut self, version: &str) -> Value {
        let client = json!({"name": "test", "version": "1"});
        let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": client});
        let answer = self.ask(legacy("begin", "initialize", params)).await;
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        answer
    }

    /// That the server lives, and has said nothing that was not read.
    pub(crate) async fn assert_quiet(&mut self) {
        let answer = self.ask(call("live", "echo", json!({"text": "alive"}))).await;
        assert_eq!(text(&answer), "alive");
        assert_eq!(std::mem::take(&mut self.told), Vec::<Value>::new());
    }

    /// Ends the input, and gives all that was still said.
    pub(crate) async fn end(mut self) -> Vec<Value> {
        self.input.shutdown().await.expect("the server reads");
        let mut rest = String::new();
        let read = self.output.read_to_string(&mut rest);
        tokio::time::timeout(Duration::from_secs(3600), read).await.expect("the server ends").unwrap();
        self.server.await.unwrap().unwrap();
        rest.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
