//! `call`: for people at a terminal, and in pipes.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::folder::Folder;
use crate::run;
use crate::terminal::Terminal;

/// The script of a server that asks, and where it writes down what it hears.
struct Asking {
    folder: Folder,
}

impl Asking {
    fn new() -> Self {
        Self { folder: Folder::new() }
    }

    fn heard(&self) -> PathBuf {
        self.folder.path().join("heard")
    }

    fn call(&self, arguments: &[&str]) -> Command {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/legacy_server.sh");
        let server = format!("/bin/sh '{script}' '{}'", self.heard().display());
        let mut command = Command::new(env!("CARGO_BIN_EXE_toolwright"));
        command.args(["call", &server]).args(arguments);
        command
    }

    fn answers(&self, arguments: &[&str]) -> (Value, String) {
        let ended = self.call(arguments).stdin(Stdio::null()).output().unwrap();
        let errors = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(0), "{errors}");
        let answer: Value = serde_json::from_slice(&ended.stdout).unwrap();
        (answer["result"].clone(), errors)
    }
}

#[test]
fn questions_are_answered_by_options_in_a_pipe() {
    let server = Asking::new();
    let (answer, errors) = server.answers(&["ask", "--answer", "name=Dora", "--answer", "colours=Green,r"]);
    assert_eq!(answer["content"], json!({"name": "Dora", "age": 30, "colours": ["g", "r"]}));
    assert_eq!(errors, "The server asks: Who are you?\n");
    assert_eq!(server.answers(&["ask", "--decline"]).0, json!({"action": "decline"}));
    let (answer, errors) = server.answers(&["ask"]);
    assert_eq!(answer, json!({"action": "cancel"}));
    assert!(errors.contains("--answer FIELD=VALUE"), "{errors}");
    let (answer, errors) = server.answers(&["ask", "--yes"]);
    assert_eq!(answer, json!({"action": "cancel"}), "its form suggests no name");
    assert!(errors.contains("give `--answer name=VALUE`"), "{errors}");
    let (answer, errors) = server.answers(&["ask", "--answer", "name=D"]);
    assert_eq!(answer, json!({"action": "cancel"}));
    assert!(errors.contains("text of at least 2 characters"), "{errors}");
}

#[test]
fn a_form_is_filled_in_at_a_terminal() {
    let server = Asking::new();
    let mut terminal = Terminal::start(&mut server.call(&["ask"]));
    terminal.wait_for("Who are you?");
    terminal.wait_for("[Y]es, [n]o, [c]ancel: ");
    terminal.type_in("y");
    terminal.wait_for("name (text of at least 2 characters) = ");
    terminal.type_in("D");
    terminal.wait_for("not `D`");
    terminal.wait_for("= ");
    terminal.type_in("Dora");
    terminal.wait_for("age (whole number) [30] = ");
    terminal.type_in("");
    terminal.wait_for("nick (text) [none] = ");
    terminal.type_in("");
    terminal.wait_for("some of 1. r Red, 2. g Green, parted by commas) [none] = ");
    terminal.type_in("2");
    let (code, said) = terminal.end();
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (code, &said["result"]["content"]),
        (0, &json!({"name": "Dora", "age": 30, "colours": ["g"]}))
    );
}

#[test]
fn a_question_can_be_declined_at_a_terminal() {
    let server = Asking::new();
    let mut terminal = Terminal::start(&mut server.call(&["ask"]));
    terminal.wait_for("[c]ancel: ");
    terminal.type_in("n");
    let said: Value = serde_json::from_str(&terminal.end().1).unwrap();
    assert_eq!(said["result"], json!({"action": "decline"}));
}

#[test]
fn missing_arguments_are_asked_for_at_a_terminal_and_named_in_a_pipe() {
    let server = Asking::new();
    let mut terminal = Terminal::start(&mut server.call(&["grow"]));
    terminal.wait_for("size (integer): How large. = ");
    terminal.type_in("huge");
    terminal.wait_for("takes integer");
    terminal.wait_for("= ");
    terminal.type_in("7");
    assert_eq!(terminal.end(), (0, "grown\n".into()));
    let ended = server.call(&["grow"]).stdin(Stdio::null()).output().unwrap();
    let errors = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert!(errors.contains("needs `size`") && errors.contains("size (integer): How large."), "{errors}");
}

/// Rule C14: who waits no longer says so.
#[test]
fn ctrl_c_cancels_the_call_and_its_bar_is_seen_until_then() {
    let server = Asking::new();
    let mut terminal = Terminal::start(&mut server.call(&["wait"]));
    terminal.wait_for("1/4 a quarter");
    let process = rustix::process::Pid::from_child(&terminal.child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    assert_eq!(terminal.end(), (130, String::new()));
    let heard = std::fs::read_to_string(server.heard()).unwrap();
    assert!(heard.contains("notifications/cancelled"), "{heard}");
}

#[test]
fn the_servers_log_and_progress_are_lines_in_a_pipe_when_wanted() {
    let server = Asking::new();
    let ended = server.call(&["wait", "--verbose", "--timeout", "1"]).stdin(Stdio::null()).output().unwrap();
    let errors = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(3));
    for part in
        ["[info] waiter: I wait\n", "progress: 1/4 a quarter\n", "no answer within 1s", "--timeout SECONDS"]
    {
        assert!(errors.contains(part), "{part}: {errors}");
    }
}

#[test]
fn a_tool_that_does_not_exist_brings_the_nearest_names() {
    let (code, _, errors) = run(&["call", "URL", "ad", "a=1"]);
    assert_eq!((code, errors.as_str()), (2, "toolwright: there is no tool `ad`; did you mean add?\n"));
    let (code, said, errors) = run(&["call", "URL", "weather", "--json"]);
    assert_eq!((code, said.as_str()), (2, ""));
    let told: Value = serde_json::from_str(&errors).unwrap();
    assert_eq!(told["error"]["exitCode"], 2);
    assert!(told["error"]["message"].as_str().unwrap().contains("there are: add, fail"), "{told}");
}
