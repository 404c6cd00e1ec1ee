//! Calls that become tasks: `call`, `call --task`, `task`.

use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::runtime::Runtime;
use toolwright::Http;
use toolwright::prelude::*;

use crate::terminal::Terminal;

/// Takes a moment.
#[tool(task)]
async fn slow() -> &'static str {
    tokio::task::yield_now().await;
    "done"
}

/// Asks.
#[tool(task(required))]
async fn sure(told: State<Told>, ctx: Context) -> Result<bool> {
    let _ended = Ended((*told).clone());
    ctx.confirm("Sure?").await
}

/// What is told of a handler.
#[derive(Clone)]
struct Told(Arc<Mutex<Sender<&'static str>>>);

impl Told {
    fn tell(&self, what: &'static str) {
        let _ = self.0.lock().unwrap().send(what);
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.tell("ended");
    }
}

struct Ended(Told);

/// Never ends by itself.
#[tool(task(required))]
async fn endless(told: State<Told>) {
    let _ended = Ended((*told).clone());
    told.tell("begun");
    std::future::pending::<()>().await;
}

/// A server that outlives the commands on it.
struct Serving {
    _runtime: Runtime,
    url: String,
    told: Receiver<&'static str>,
}

impl Serving {
    fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (tell, told) = channel();
        let tools = toolset![slow, sure, endless];
        let service =
            Server::new("tasks").tools(tools).state(Told(Arc::new(Mutex::new(tell)))).build().unwrap();
        let server = runtime.block_on(service.bind_http(Http::new("127.0.0.1:0"))).unwrap();
        let url = server.url();
        runtime.spawn(server.run_until(std::future::pending()));
        Self { _runtime: runtime, url, told }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_toolwright"));
        command.arg(arguments[0]).arg(&self.url).args(&arguments[1..]).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let ended = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (ended.status.code().unwrap(), text(ended.stdout), text(ended.stderr))
    }

    /// Begins a task, and gives its id.
    fn begin(&self, tool: &str) -> String {
        let (code, said, errors) = self.run(&["call", tool, "--task"]);
        assert_eq!(code, 0, "{errors}");
        said.trim_end().to_owned()
    }
}

/// Rules X1 and X11.
#[test]
fn a_call_that_becomes_a_task_is_waited_for() {
    let server = Serving::new();
    assert_eq!(server.run(&["call", "slow"]), (0, "done\n".into(), String::new()));
    assert_eq!(
        server.run(&["call", "sure", "--yes"]),
        (0, "true\n".into(), "The server asks: Sure?\n".into())
    );
}

/// Rule X11: another command goes on with a task by its id, and answers what it asks.
#[test]
fn a_task_is_gone_on_with_by_its_id() {
    let server = Serving::new();
    let id = server.begin("sure");
    let status = loop {
        let (_, status, _) = server.run(&["task", &id, "--status"]);
        if status != "working\n" {
            break status;
        }
    };
    assert_eq!(status, "input_required\n");
    let (_, said, _) = server.run(&["task", &id, "--status", "--json"]);
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&told["taskId"], &told["status"]), (&id.as_str().into(), &"input_required".into()));
    assert_eq!(server.run(&["task", &id, "--yes"]).1, "true\n");
    let (code, said, _) = server.run(&["task", &id, "--json"]);
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &told["structuredContent"]), (0, &true.into()));
    let (code, _, errors) = server.run(&["task", "x"]);
    assert_eq!(code, 4, "{errors}");
}

/// Rule X8.
#[test]
fn a_task_is_cancelled_by_its_id() {
    let server = Serving::new();
    let (_, said, _) = server.run(&["call", "endless", "--task", "--json"]);
    let told: Value = serde_json::from_str(&said).unwrap();
    let id = told["taskId"].as_str().unwrap();
    assert_eq!(server.told.recv(), Ok("begun"));
    assert_eq!(server.run(&["task", id, "--cancel"]).0, 0);
    assert_eq!(server.told.recv(), Ok("ended"));
    let (code, _, errors) = server.run(&["task", id]);
    assert_eq!((code, errors.as_str()), (4, "toolwright: the task was cancelled\n"));
}

/// Rule X11: who gives up a call gives up its task.
#[test]
fn ctrl_c_cancels_the_task_of_a_call() {
    let server = Serving::new();
    let mut terminal = Terminal::start(&mut server.command(&["call", "sure"]));
    // Before it asks, the command may not have heard of the task yet, and could not cancel it.
    terminal.wait_for("[c]ancel: ");
    let process = rustix::process::Pid::from_child(&terminal.child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    assert_eq!(terminal.end(), (130, String::new()));
    assert_eq!(server.told.recv(), Ok("ended"));
}
