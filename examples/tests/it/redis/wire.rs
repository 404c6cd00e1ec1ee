//! Requests as they stand on the wire: by HTTP/1.0, so that each has a connection of its own and no body has chunks.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// A request of a client that can be asked.
pub(crate) fn plain(method: &str, params: Value) -> Value {
    request(method, params, json!({"elicitation": {}}))
}

/// A request of a client that knows tasks, too.
pub(crate) fn task(method: &str, params: Value) -> Value {
    request(method, params, json!({"elicitation": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}}))
}

fn request(method: &str, mut params: Value, capabilities: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    });
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

/// Sends a request.
async fn send(address: SocketAddr, message: &Value) -> TcpStream {
    let (method, params) = (message["method"].as_str().unwrap(), &message["params"]);
    let name = params["name"].as_str().or(params["taskId"].as_str());
    let name = name.map(|name| format!("mcp-name: {name}\r\n")).unwrap_or_default();
    post(address, &format!("mcp-protocol-version: 2026-07-28\r\nmcp-method: {method}\r\n{name}"), message)
        .await
}

/// Sends a message with these headers.
async fn post(address: SocketAddr, headers: &str, message: &Value) -> TcpStream {
    let body = message.to_string();
    let head = format!(
        "POST /mcp HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    stream
}

/// The answer to a request.
pub(crate) async fn ask(address: SocketAddr, message: &Value) -> Value {
    let answer = read(send(address, message).await).await;
    let body = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}")).1;
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

/// A subscription.
pub(crate) struct Stream(BufReader<TcpStream>);

impl Stream {
    pub(crate) async fn listen(address: SocketAddr, filter: Value) -> Self {
        let message = task("subscriptions/listen", json!({"notifications": filter}));
        let mut stream = Self(BufReader::new(send(address, &message).await));
        let first = stream.next().await;
        assert_eq!(first["method"], "notifications/subscriptions/acknowledged", "{first}");
        stream
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).await.unwrap() > 0, "the stream ended");
            if let Some(message) =
                line.strip_prefix("data:").map(str::trim).filter(|message| !message.is_empty())
            {
                return serde_json::from_str(message).unwrap();
            }
        }
    }
}

/// A session of an older client.
pub(crate) struct Session(String);

impl Session {
    pub(crate) async fn begin(address: SocketAddr, version: &str) -> Self {
        let info = json!({"name": "c", "version": "1"});
        let params =
            json!({"protocolVersion": version, "capabilities": {"elicitation": {}}, "clientInfo": info});
        let begin = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
        let answer = read(post(address, "", &begin).await).await;
        let id = answer.lines().find_map(|line| line.strip_prefix("mcp-session-id: "));
        let id = id.unwrap_or_else(|| panic!("{answer}"));
        Self(format!("mcp-session-id: {id}\r\nmcp-protocol-version: {version}\r\n"))
    }

    /// Sends what has no answer.
    pub(crate) async fn tell(&self, address: SocketAddr, message: &Value) {
        let answer = read(post(address, &self.0, message).await).await;
        assert!(answer.split(' ').nth(1) == Some("202"), "{answer}");
    }

    /// Sends what is answered by a stream.
    pub(crate) async fn open(&self, address: SocketAddr, message: &Value) -> Stream {
        Stream(BufReader::new(post(address, &self.0, message).await))
    }
}

async fn read(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
