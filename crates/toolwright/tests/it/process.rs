//! The fixture as a real process, and a client at its standard input and output.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than anything here takes, so that a hang is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// Cargo builds the examples before it runs the tests.
pub(crate) fn fixture() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().and_then(|deps| deps.parent()).unwrap();
    let path = target.join("examples").join(format!("fixture{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is built by `cargo test` or `cargo build --examples`", path.display());
    path
}

/// A running fixture; it is killed if it is dropped before it ends.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    lines: Option<Receiver<String>>,
    errors: Option<BufReader<ChildStderr>>,
}

impl Process {
    pub(crate) fn start() -> Self {
        Self::with(|command| command)
    }

    /// Starts the fixture as a client would, after `prepare`.
    pub(crate) fn with(prepare: impl FnOnce(&mut Command) -> &mut Command) -> Self {
        let mut command = Command::new(fixture());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env_remove("RUST_BACKTRACE");
        prepare(&mut command);
        let mut child = command.spawn().unwrap();
        let (input, output, errors) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take().map(BufReader::new));
        Self { child, input, output, lines: None, errors }
    }

    pub(crate) fn send(&mut self, message: &Value) {
        let input = self.input.as_mut().expect("the input is open");
        input.write_all(format!("{message}\n").as_bytes()).unwrap();
    }

    /// The next line of standard output, which is read from the first call on.
    pub(crate) fn line(&mut self) -> Option<String> {
        if let Some(output) = self.output.take() {
            let (send, lines) = channel();
            self.lines = Some(lines);
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if send.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        match self.lines.as_ref().unwrap().recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("the server says nothing"),
        }
    }

    pub(crate) fn next(&mut self) -> Value {
        let line = self.line().expect("the server has not ended");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    pub(crate) fn ask(&mut self, request: &Value) -> Value {
        self.send(request);
        self.next()
    }

    pub(crate) fn close_output(&mut self) {
        self.output = None;
    }

    /// The next line of standard error.
    pub(crate) fn error(&mut self) -> String {
        let mut line = String::new();
        self.errors.as_mut().unwrap().read_line(&mut line).unwrap();
        line
    }

    /// All of standard error, once the process has ended.
    pub(crate) fn errors(&mut self) -> String {
        let mut text = String::new();
        self.errors.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Waits for the end, and says how long that took.
    pub(crate) fn wait(&mut self) -> (ExitStatus, Duration) {
        let begun = Instant::now();
        let id = rustix::process::Pid::from_child(&self.child).as_raw_nonzero().get();
        let (send, over) = channel::<()>();
        // Whoever waits for a server that hangs ends it after a while.
        let watch = std::thread::spawn(move || {
            let late = over.recv_timeout(PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
            if late && let Some(id) = rustix::process::Pid::from_raw(id) {
                let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
            }
        });
        let status = self.child.wait().unwrap();
        drop(send);
        watch.join().unwrap();
        (status, begun.elapsed())
    }

    /// Ends the input and waits: gives what was still said.
    pub(crate) fn end(&mut self) -> (Vec<Value>, ExitStatus) {
        self.input = None;
        let mut rest = Vec::new();
        while let Some(line) = self.line() {
            rest.push(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")));
        }
        (rest, self.wait().0)
    }

    /// A figure of `/proc`, in KiB.
    pub(crate) fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
