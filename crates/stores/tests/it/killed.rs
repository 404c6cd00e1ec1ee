//! A server that is killed again and again: what it acknowledged is there, and comes to an end.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use toolwright::tasks::{SqliteTasks, TaskStore as _};

const CYCLES: u64 = 200;
const PATIENCE: Duration = Duration::from_secs(60);
/// What a task whose process is gone says.
const GONE: &str = "whoever worked on this task is gone";

/// The example `keeper` as a process; it is killed when it is dropped.
struct Keeper {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    asked: u64,
}

impl Keeper {
    fn start(file: &Path) -> Self {
        let mut child = Command::new(program())
            .env("KEEPER_FILE", file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || {
            BufReader::new(output).lines().map_while(Result::ok).all(|line| send.send(line).is_ok())
        });
        Self { child, input, lines, asked: 0 }
    }

    /// Sends a request under the next number.
    fn send(&mut self, method: &str, mut params: Value) -> u64 {
        self.asked += 1;
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities":
                {"extensions": {"io.modelcontextprotocol/tasks": {}}}
        });
        let request = json!({"jsonrpc": "2.0", "id": self.asked, "method": method, "params": params});
        self.input.write_all(format!("{request}\n").as_bytes()).unwrap();
        self.asked
    }

    fn call(&mut self, text: &str, ms: u64) -> u64 {
        self.send("tools/call", json!({"name": "say", "arguments": {"text": text, "ms": ms}}))
    }

    /// How a task stands; none when it is unknown.
    fn look(&mut self, id: &str) -> Option<Value> {
        self.send("tasks/get", json!({"taskId": id}));
        let line = self.lines.recv_timeout(PATIENCE).expect("the server answers");
        let answer: Value = serde_json::from_str(&line).unwrap();
        answer.get("result").cloned()
    }

    /// Kills it (SIGKILL), and gives what it still said before.
    fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.lines.iter().collect()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Cargo builds the examples before it runs the tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("examples/keeper");
    assert!(path.exists(), "{} is built by `cargo test` or `cargo build --examples`", path.display());
    path
}

/// The id of the task that an answer to a call acknowledges, and which call that was.
fn acknowledged(line: &str) -> (u64, String) {
    let answer: Value = serde_json::from_str(line).unwrap();
    assert_eq!(answer["result"]["resultType"], "task", "{answer}");
    (answer["id"].as_u64().unwrap(), answer["result"]["taskId"].as_str().unwrap().to_owned())
}

/// Numbers that are the same in every run: xorshift.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// What is known of a task that was acknowledged: what it says in the end, and how it ended if that was seen.
struct Known {
    text: String,
    end: Option<Value>,
}

impl Known {
    /// That it stands as it may: what was final once has not changed since.
    fn check(&mut self, id: &str, task: Option<Value>) {
        let task = task.unwrap_or_else(|| panic!("{} was lost: {id}", self.text));
        match task["status"].as_str().unwrap() {
            "working" => assert!(self.end.is_none(), "{task}"),
            "completed" => assert_eq!(task["result"]["content"][0]["text"], self.text.as_str(), "{task}"),
            "failed" => assert_eq!(task["statusMessage"], GONE, "{task}"),
            _ => panic!("{task}"),
        }
        if task["status"] != "working" {
            let end = json!([task["status"], task["result"], task["error"], task["lastUpdatedAt"]]);
            assert_eq!(*self.end.get_or_insert_with(|| end.clone()), end);
        }
    }
}

/// One life of the server: it begins tasks until it is killed at some moment; gives those that it acknowledged.
fn live(file: &Path, cycle: u64, dice: &mut Dice, last: &mut [(String, Known)]) -> Vec<(String, Known)> {
    let mut keeper = Keeper::start(file);
    for (id, known) in last {
        let task = keeper.look(id);
        known.check(id, task);
    }
    let looked = keeper.asked;
    let calls = 1 + dice.roll(6);
    let texts: Vec<_> = (0..calls).map(|call| format!("{cycle}/{call}")).collect();
    for text in &texts {
        keeper.call(text, dice.roll(20));
    }
    let mut lines = Vec::new();
    // Mostly it has spoken before, at times it may not even have begun.
    if dice.roll(8) > 0 {
        lines.push(keeper.lines.recv_timeout(PATIENCE).expect("the server acknowledges"));
    }
    let end = Instant::now() + Duration::from_micros(dice.roll(40_000));
    loop {
        match keeper.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => lines.push(line),
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => panic!("the server ended by itself"),
        }
    }
    lines.extend(keeper.kill());
    let known = lines.iter().map(|line| {
        let (asked, id) = acknowledged(line);
        let text = texts[usize::try_from(asked - looked - 1).unwrap()].clone();
        (id, Known { text, end: None })
    });
    known.collect()
}

/// Rule X4: of what was acknowledged before a kill nothing is lost; all of it ends, with its own result or as failed.
#[tokio::test]
async fn no_acknowledged_task_is_lost_or_works_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tasks.db");
    let (mut dice, mut last, mut all) = (Dice(0x5eed_cafe), Vec::new(), BTreeMap::new());
    for cycle in 0..CYCLES {
        let new = live(&file, cycle, &mut dice, &mut last);
        all.extend(std::mem::replace(&mut last, new));
    }
    all.extend(last);
    // Half a minute passes, in which no dead process gives a sign of life.
    let store = SqliteTasks::open(&file, 100_000).unwrap();
    for id in all.keys() {
        let record = store.get(id).await.unwrap().unwrap();
        store.renew(&record.worker, Duration::ZERO).await.unwrap();
    }
    let mut keeper = Keeper::start(&file);
    let mut ends = BTreeMap::<String, usize>::new();
    for (id, known) in &mut all {
        let task = keeper.look(id);
        known.check(id, task);
        let end = known.end.as_ref().unwrap_or_else(|| panic!("{id} works for ever"));
        *ends.entry(end[0].to_string()).or_default() += 1;
    }
    println!("{CYCLES} kills, {} acknowledged tasks: {ends:?}", all.len());
    assert!(ends.len() == 2 && ends.values().all(|count| *count > 20), "both ends were seen: {ends:?}");
    let conn = rusqlite::Connection::open(&file).unwrap();
    let check: String = conn.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}

/// Rule X4: what is killed the moment it has acknowledged a task has kept it, and a result that was seen stays.
#[test]
fn what_was_acknowledged_an_instant_before_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tasks.db");
    let mut keeper = Keeper::start(&file);
    keeper.call("seen", 0);
    let (_, seen) = acknowledged(&keeper.lines.recv_timeout(PATIENCE).unwrap());
    let result = loop {
        let task = keeper.look(&seen).unwrap();
        if task["status"] == "completed" {
            break task;
        }
    };
    keeper.call("acknowledged", 60_000);
    let (_, id) = acknowledged(&keeper.lines.recv_timeout(PATIENCE).unwrap());
    keeper.kill();
    let mut keeper = Keeper::start(&file);
    assert_eq!(keeper.look(&seen).unwrap(), result);
    assert_eq!(keeper.look(&id).unwrap()["status"], "working", "it may still live");
}
