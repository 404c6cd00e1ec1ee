//! The tools, resources and prompts that the tests call.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::time::{self as clock};
use toolwright::prelude::*;
use toolwright::types::content::ResourceLink;
use toolwright::{Limits, Service};

/// What must never be seen on the wire.
pub(crate) const CANARY: &str = "hunter2-canary";

/// Says the text again.
#[tool(inline)]
pub(crate) fn echo(text: String) -> String {
    text
}

/// Waits for so many milliseconds, then says so.
#[tool]
pub(crate) async fn slow(ms: u64) -> String {
    clock::sleep(Duration::from_millis(ms)).await;
    format!("slept {ms}")
}

/// Answers with so many bytes.
#[tool(inline)]
pub(crate) fn big(bytes: usize) -> String {
    "x".repeat(bytes)
}

/// A point.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Point {
    /// To the right.
    x: i32,
    /// Upwards.
    y: Option<f64>,
}

/// Gives a point.
#[tool(inline, read_only, title = "The point")]
pub(crate) fn point(x: i32) -> Point {
    Point { x, y: None }
}

/// Gives a list.
#[tool(inline, icon = "https://example.com/list.png", meta("example.com/k" = "v"))]
pub(crate) fn list() -> Vec<String> {
    vec!["a \"quoted\"".into(), "b\\\n".into()]
}

/// Gives a number.
#[tool(inline)]
pub(crate) fn scalar() -> i64 {
    7
}

/// Gives a picture, sound and a link.
#[tool(inline)]
pub(crate) fn media() -> ToolOutput {
    let link = ResourceLink { uri: "note://1".into(), name: "note".into(), ..Default::default() };
    ToolOutput::new()
        .text("media")
        .content(Image::png(vec![1, 2]))
        .content(Audio::wav(vec![3]))
        .content(toolwright::types::content::Content::ResourceLink(link))
}

/// Says what the model did wrong.
#[tool(inline)]
pub(crate) fn refuse() -> Result<String> {
    Err(tool_error!("give an even number"))
}

/// Fails with what nobody should see.
#[tool(inline)]
pub(crate) fn fail() -> Result<String> {
    Err(Error::msg(format!("password={CANARY}")))
}

/// Waits until it is let through.
#[tool]
pub(crate) async fn wait(gate: State<Gate>) -> Result<&'static str> {
    gate.entered.fetch_add(1, Ordering::SeqCst);
    let _left = Left(&gate.left);
    gate.open.acquire().await?.forget();
    Ok("through")
}

/// Reports, then waits until it is let through, then reports once more.
#[tool]
pub(crate) async fn report(ctx: Context, gate: State<Gate>) -> Result<&'static str> {
    for done in [1.0, 1.0, 0.5, 2.0, f64::NAN, 3.0] {
        ctx.progress(done, 10.0, "working");
    }
    for level in ["debug", "info", "warning", "error"] {
        match level {
            "debug" => ctx.debug(level),
            "info" => ctx.info(level),
            "warning" => ctx.warning(level),
            _ => ctx.error(level),
        }
    }
    gate.open.acquire().await?.forget();
    ctx.progress(4.0, None, "");
    let late = ctx.clone();
    gate.late.lock().unwrap().push(late);
    Ok("reported")
}

/// Lets others see when it is cancelled.
#[tool]
pub(crate) async fn watch(ctx: Context, gate: State<Gate>) -> &'static str {
    let (observer, seen) = (ctx.clone(), gate.clone());
    tokio::spawn(async move {
        observer.cancelled().await;
        seen.cancelled.notify_one();
    });
    gate.entered.fetch_add(1, Ordering::SeqCst);
    std::future::pending().await
}

/// Takes longer than it may.
#[tool(timeout = "3s")]
pub(crate) async fn overstay() -> &'static str {
    std::future::pending().await
}

/// What the tests and the tools share.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) entered: AtomicUsize,
    pub(crate) left: AtomicUsize,
    pub(crate) cancelled: Notify,
    pub(crate) late: std::sync::Mutex<Vec<Context>>,
    pub(crate) blocked: std::sync::Mutex<()>,
}

/// The shared things, and a gate that tools wait at.
pub(crate) struct Gate {
    shared: Arc<Shared>,
    pub(crate) open: Arc<Semaphore>,
}

impl std::ops::Deref for Gate {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { shared: Arc::default(), open: Arc::new(Semaphore::new(0)) }
    }

    pub(crate) fn share(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), open: Arc::clone(&self.open) }
    }
}

struct Left<'a>(&'a AtomicUsize);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A note by its number.
#[resource("note://{id}", mime_type = "text/plain")]
pub(crate) fn note(#[arg(complete = suggest)] id: &str) -> Result<String> {
    if id == "1" { Ok("first".into()) } else { Err(Error::not_found(format!("note {id}"))) }
}

/// The table of contents.
#[resource("contents://all")]
pub(crate) fn contents() -> Vec<u32> {
    vec![1, 2]
}

/// Asks for a greeting.
#[prompt]
pub(crate) fn greet(#[arg(complete = suggest)] who: String, tone: Option<String>) -> String {
    format!("Greet {who} {}", tone.unwrap_or_default())
}

async fn suggest(typed: &str) -> Vec<String> {
    (0..150).map(|n| format!("{typed}{n}")).collect()
}

/// A server with everything, and the gate of its tools.
pub(crate) fn everything(limits: Limits) -> (Service, Gate) {
    let gate = Gate::new();
    let service = Server::new("everything")
        .version("1.2.3")
        .title("Everything")
        .instructions("Try it.")
        .tools(toolset![echo, slow, big, point, list, scalar, media, refuse, fail, wait, report, watch])
        .tools(toolset![overstay, note, contents, greet])
        .state(gate.share())
        .limits(limits)
        .build()
        .unwrap();
    (service, gate)
}

/// A server with everything and the usual limits.
pub(crate) fn service() -> Service {
    everything(Limits::default()).0
}
