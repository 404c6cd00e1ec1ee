//! A raw HTTP/1.1 client, and a server for it that listens where the system says.

use std::io;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use toolwright::prelude::*;
use toolwright::{Http, Limits, Service};

use crate::asking::look;
use crate::peer::modern;

/// Says the text again.
#[tool(inline)]
fn echo(text: String) -> String {
    text
}

/// Says the text again to a tenant.
#[tool(inline)]
fn tell(#[arg(header = "Tenant")] tenant: String, #[arg(header = "Count")] count: Option<i64>) -> String {
    format!("{tenant} {count:?}")
}

/// Waits until the gate is opened.
#[tool]
async fn wait(gate: State<Arc<Gate>>, ctx: Context) -> &'static str {
    let observer = (ctx.clone(), gate.clone());
    tokio::spawn(async move {
        observer.0.cancelled().await;
        observer.1.cancelled.notify_one();
    });
    gate.began.notify_one();
    gate.open.notified().await;
    gate.finished.notify_one();
    "waited"
}

/// Reports, and waits until the gate is opened.
#[tool]
async fn report(gate: State<Arc<Gate>>, ctx: Context) -> &'static str {
    ctx.progress(1.0, 2.0, "half");
    gate.open.notified().await;
    ctx.progress(2.0, 2.0, "whole");
    "reported"
}

/// Ends its stream, and waits until the gate is opened.
#[tool]
async fn leave(gate: State<Arc<Gate>>, ctx: Context) -> &'static str {
    ctx.hang_up();
    gate.open.notified().await;
    "came back"
}

/// Needs a client that can sample.
#[tool]
async fn need(ctx: Context) -> Result<&'static str> {
    if ctx.client_capabilities().sampling.is_none() {
        return Err(Error::missing_capability("sampling"));
    }
    Ok("can")
}

/// A note.
#[resource("note://one")]
fn note() -> &'static str {
    "one"
}

/// What holds a call, and what is known of it.
#[derive(Default)]
pub(super) struct Gate {
    pub(super) open: tokio::sync::Notify,
    pub(super) began: tokio::sync::Notify,
    pub(super) finished: tokio::sync::Notify,
    pub(super) cancelled: tokio::sync::Notify,
}

/// A server that listens.
pub(super) struct Running {
    pub(super) address: String,
    pub(super) gate: Arc<Gate>,
    pub(super) service: Service,
    stop: oneshot::Sender<()>,
    served: JoinHandle<toolwright::Result>,
}

pub(super) fn service(limits: Limits) -> (Service, Arc<Gate>) {
    let gate = Arc::<Gate>::default();
    (server(&gate).limits(limits).build().unwrap(), gate)
}

pub(super) fn server(gate: &Arc<Gate>) -> Server {
    Server::new("http")
        .tools(toolset![echo, tell, wait, report, leave, need, look, note])
        .state(Arc::clone(gate))
}

/// Starts the server.
pub(super) async fn start(http: Http, limits: Limits) -> Running {
    let (service, gate) = service(limits);
    Running { gate, ..serve(&service, http).await }
}

/// Starts a server of the test's own.
pub(super) async fn serve(service: &Service, http: Http) -> Running {
    let server = service.bind_http(http).await.unwrap();
    let url = server.url();
    let (_, address) = url.split_once("://").unwrap();
    let address = address.split('/').next().unwrap().to_owned();
    let (stop, stopped) = oneshot::channel();
    let served = tokio::spawn(server.run_until(async {
        // A test that lets go of the server wants it to go on for its client.
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
    }));
    Running { address, gate: Arc::default(), service: service.clone(), stop, served }
}

/// Starts it with its defaults.
pub(super) async fn started() -> Running {
    start(Http::new("127.0.0.1:0"), Limits::default()).await
}

impl Running {
    pub(super) async fn connect(&self) -> Client {
        Client::new(&self.address).await
    }

    /// Ends it at once, with all its connections.
    pub(super) fn kill(self) {
        self.served.abort();
    }

    /// Tells it to stop; the future is ready when it has.
    pub(super) fn stop(self) -> JoinHandle<toolwright::Result> {
        let _ = self.stop.send(());
        self.served
    }
}

/// One connection.
pub(super) struct Client<S = TcpStream> {
    stream: BufReader<S>,
    pub(super) host: String,
}

/// The head of an answer, and its body as far as it is known.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(super) fn code(&self) -> i64 {
        crate::peer::code(&self.json())
    }
}

impl Client {
    pub(super) async fn new(address: &str) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap(), address)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(super) fn over(stream: S, host: &str) -> Self {
        Self { stream: BufReader::new(stream), host: host.into() }
    }

    pub(super) async fn send(&mut self, text: &str) {
        self.try_send(text).await.unwrap();
    }

    async fn try_send(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await
    }

    /// Sends a request with these headers beside the usual ones.
    pub(super) async fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) {
        self.send(&self.text(method, path, headers, body)).await;
    }

    /// The bytes of a request.
    fn text(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
        let is_named = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        let mut text = format!("{method} {path} HTTP/1.1\r\ncontent-length: {}\r\n", body.len());
        let usual = [
            ("host", self.host.clone()),
            ("content-type", "application/json".into()),
            ("accept", "application/json, text/event-stream".into()),
        ];
        for (name, value) in usual.iter().filter(|(name, _)| !is_named(name)) {
            text += &format!("{name}: {value}\r\n");
        }
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        format!("{text}\r\n{body}")
    }

    pub(super) async fn post(&mut self, headers: &[(&str, &str)], message: &Value) -> Answer {
        self.request("POST", "/mcp", headers, &message.to_string()).await;
        self.answer().await
    }

    /// Posts a modern request with the headers that belong to it.
    pub(super) async fn modern(&mut self, method: &str, params: Value) -> Answer {
        self.ask(method, params).await;
        self.answer().await
    }

    /// As [`Self::modern`], without waiting for the answer.
    pub(super) async fn ask(&mut self, method: &str, params: Value) {
        self.try_ask(method, params).await.unwrap();
    }

    /// As [`Self::ask`], of a server that may be done with this client.
    pub(super) async fn try_ask(&mut self, method: &str, params: Value) -> io::Result<()> {
        let message = modern(7, method, params.clone());
        let name = params["name"].as_str().or(params["uri"].as_str()).map(str::to_owned);
        let mut headers = vec![("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)];
        headers.extend(name.as_deref().map(|name| ("mcp-name", name)));
        self.try_send(&self.text("POST", "/mcp", &headers, &message.to_string())).await
    }

    /// Begins a legacy session of a version; gives its id.
    pub(super) async fn begin(&mut self, version: &str) -> String {
        let params = json!({
            "protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}
        });
        let answer = self.post(&[], &crate::peer::legacy(1, "initialize", params)).await;
        assert_eq!(answer.json()["result"]["protocolVersion"], version);
        let session = answer.header("mcp-session-id").unwrap().to_owned();
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(self.post(&[("mcp-session-id", &session)], &ready).await.status, 202);
        session
    }

    /// Reads a head, and the body if its length is known.
    pub(super) async fn answer(&mut self) -> Answer {
        let status = self.line().await;
        let status =
            status.split(' ').nth(1).unwrap_or_else(|| panic!("no status: {status:?}")).parse().unwrap();
        let mut answer = Answer { status, headers: Vec::new(), body: String::new() };
        loop {
            let line = self.line().await;
            let Some((name, value)) = line.split_once(": ") else { break };
            answer.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        if let Some(length) = answer.header("content-length") {
            let mut body = vec![0; length.parse().unwrap()];
            self.stream.read_exact(&mut body).await.unwrap();
            answer.body = String::from_utf8(body).unwrap();
        }
        answer
    }

    /// The next event of a stream, its lines joined; none at its end.
    pub(super) async fn event(&mut self) -> Option<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.stream_line().await?;
            match line.as_str() {
                "" if lines.is_empty() => {}
                "" => return Some(lines.join("\n")),
                _ => lines.push(line),
            }
        }
    }

    /// The next message of a stream.
    pub(super) async fn message(&mut self) -> Value {
        loop {
            let event = self.event().await.expect("a message, not the end");
            let data = event.lines().find_map(|line| line.strip_prefix("data: "));
            if let Some(data) = data {
                return serde_json::from_str(data).unwrap();
            }
        }
    }

    /// A line of a chunked body, whose chunks end with lines here.
    async fn stream_line(&mut self) -> Option<String> {
        loop {
            let line = self.line().await;
            if line == "0" {
                assert_eq!(self.line().await, "");
                return None;
            }
            let is_size = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !is_size {
                return Some(line);
            }
        }
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.unwrap();
        line.trim_end_matches(['\r', '\n']).to_owned()
    }

    /// All that the server says until it closes the connection.
    pub(super) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A connection that is reset is closed, too.
        let _ = self.stream.read_to_end(&mut rest).await;
        rest
    }

    /// Whether the server closes the connection without another word.
    pub(super) async fn is_cut(&mut self) -> bool {
        self.rest().await.is_empty()
    }
}
