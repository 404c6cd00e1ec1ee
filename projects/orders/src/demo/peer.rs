//! The smallest client: JSON-RPC, one message a line, with a child process.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use toolwright::types::meta::{CLIENT_CAPABILITIES, PROTOCOL_VERSION};
use toolwright::types::version::ProtocolVersion;

/// What came back: a result, or the error of the protocol.
pub(super) type Answer = Result<Value, Value>;

/// A server in a child process, which ends with this value.
pub(super) struct Peer {
    child: Child,
    /// Taken when the conversation ends, which tells the server to end.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    last_id: u64,
}

impl Peer {
    /// Starts the program with these arguments.
    pub(super) fn start(program: &Path, args: &[&str]) -> io::Result<Self> {
        let mut child =
            Command::new(program).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let gone = || io::Error::other("the server has no pipe");
        let input = Some(child.stdin.take().ok_or_else(gone)?);
        let output = BufReader::new(child.stdout.take().ok_or_else(gone)?);
        Ok(Self { child, input, output, last_id: 0 })
    }

    /// Asks in the newest way: each request says by itself which version it speaks.
    pub(super) fn ask(&mut self, method: &str, mut params: Value) -> io::Result<Answer> {
        params["_meta"] = json!({
            PROTOCOL_VERSION: ProtocolVersion::LATEST.as_str(),
            CLIENT_CAPABILITIES: {},
        });
        self.exchange(method, &params)
    }

    /// Asks as it stands, after an `initialize` has settled the version.
    pub(super) fn exchange(&mut self, method: &str, params: &Value) -> io::Result<Answer> {
        self.last_id += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}))?;
        loop {
            let mut message = self.receive()?;
            // What has no id of ours is a notification.
            if message["id"] == self.last_id {
                return Ok(match message.get_mut("error") {
                    Some(error) => Err(error.take()),
                    None => Ok(message["result"].take()),
                });
            }
        }
    }

    /// Says something that has no answer.
    pub(super) fn notify(&mut self, method: &str) -> io::Result<()> {
        self.send(&json!({"jsonrpc": "2.0", "method": method}))
    }

    /// Ends the conversation and waits until the server has ended; says whether it ended well.
    pub(super) fn end(mut self) -> io::Result<bool> {
        self.input = None;
        Ok(self.child.wait()?.success())
    }

    fn send(&mut self, message: &Value) -> io::Result<()> {
        let gone = || io::Error::other("the conversation has ended");
        let input = self.input.as_mut().ok_or_else(gone)?;
        input.write_all(format!("{message}\n").as_bytes())
    }

    fn receive(&mut self) -> io::Result<Value> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err(io::Error::other("the server ended before it answered"));
        }
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Without its input it ends by itself and takes its database with it.
        self.input = None;
        let _ = self.child.wait();
    }
}
