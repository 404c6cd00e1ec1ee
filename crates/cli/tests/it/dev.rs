//! `dev`: a client stays connected while servers come and go.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::folder::Folder;
use crate::terminal::Terminal;

/// A legacy server whose one tool says this text; asked to `hang`, it says so and never answers.
fn script(text: &str) -> String {
    format!(
        r#"while IFS= read -r line; do
  id=$(printf %s "$line" | sed -n 's/.*"id":\("[^"]*"\|[0-9]*\).*/\1/p')
  case "$line" in
    *'"method":"initialize"'*)
      echo "{{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{{\"tools\":{{}}}},\"serverInfo\":{{\"name\":\"s\",\"version\":\"1\"}}}}}}" ;;
    *hang*) echo '{{"jsonrpc":"2.0","method":"hanging"}}' ;;
    *'"method":"tools/call"'*) echo "{{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{{\"text\":\"{text}\"}}}}" ;;
  esac
done
"#
    )
}

/// A client of `dev`, line by line.
struct Dev {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    errors: BufReader<std::process::ChildStderr>,
}

impl Dev {
    fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_toolwright"));
        command.arg("dev").args(arguments).current_dir(folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let errors = BufReader::new(child.stderr.take().unwrap());
        Self { child, input, output, errors }
    }

    fn say(&mut self, message: &Value) {
        writeln!(self.input, "{message}").unwrap();
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn ask(&mut self, id: u32, method: &str) -> Value {
        self.say(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": {}}));
        self.hear()
    }

    /// Waits until this stands on standard error.
    fn wait_for(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert!(self.errors.read_line(&mut line).unwrap() > 0, "no {text:?}");
        }
    }

    fn end(mut self) {
        drop(self.input);
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "the client hears its servers and nothing else");
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn a_client_stays_connected_while_its_server_is_changed() {
    let folder = Folder::new();
    let server = folder.path().join("server.sh");
    fs::write(&server, script("old")).unwrap();
    let build = "if [ -e broken ]; then echo 'no luck here' >&2; exit 1; fi";
    let mut dev = Dev::start(&folder, &["--json", "--command", "/bin/sh server.sh", "--build", build]);
    let greeting = dev.ask(1, "initialize");
    assert_eq!(greeting["result"]["capabilities"]["tools"], json!({"listChanged": true}));
    dev.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    assert_eq!(dev.ask(2, "tools/call")["result"]["text"], "old");
    // A build that fails changes nothing.
    fs::write(folder.path().join("broken"), "").unwrap();
    dev.wait_for("no luck here");
    dev.wait_for("the old server runs on");
    assert_eq!(dev.ask(3, "tools/call")["result"]["text"], "old");
    // One that works brings the new server, and nobody waits for the old one.
    assert_eq!(dev.ask(4, "hang")["method"], "hanging");
    fs::write(&server, script("new")).unwrap();
    fs::remove_file(folder.path().join("broken")).unwrap();
    let lost = dev.hear();
    assert_eq!(lost["id"], 4);
    assert!(lost["error"]["message"].as_str().unwrap().contains("was restarted"), "{lost}");
    assert_eq!(dev.hear()["method"], "notifications/tools/list_changed");
    assert_eq!(dev.ask(5, "tools/call")["result"]["text"], "new");
    dev.end();
}

#[test]
fn a_server_that_ends_is_told_and_comes_back_with_the_next_change() {
    let folder = Folder::new();
    let server = folder.path().join("server.sh");
    fs::write(&server, "read line; exit 7\n").unwrap();
    let mut dev = Dev::start(&folder, &["--command", "/bin/sh server.sh"]);
    let lost = dev.ask(1, "initialize");
    assert!(
        lost["error"]["message"].as_str().unwrap().contains("the server ended (exit status: 7)"),
        "{lost}"
    );
    assert!(dev.ask(2, "initialize")["error"]["message"].as_str().unwrap().contains("the server ended"));
    dev.wait_for("the server ended");
    fs::write(&server, script("mended")).unwrap();
    dev.wait_for("the server is up");
    assert_eq!(dev.ask(3, "initialize")["result"]["serverInfo"]["name"], "s");
    assert_eq!(dev.ask(4, "tools/call")["result"]["text"], "mended");
    dev.end();
}

#[test]
fn at_a_terminal_without_node_it_says_what_to_do() {
    let folder = Folder::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_toolwright"));
    command.arg("dev").current_dir(folder.path()).env("PATH", folder.path());
    let mut terminal = Terminal::start(&mut command);
    terminal.wait_for("Node.js 22.19 or newer is needed, and there is no `node`");
    assert_eq!(terminal.end(), (6, String::new()));
}
