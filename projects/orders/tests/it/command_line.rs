//! The program as a person and a client start it.

use std::process::Stdio;

use serde_json::json;

use crate::support::Folder;
use crate::wire::client::{Client, Era, orders};

#[test]
fn the_end_of_input_ends_the_server_well_and_leaves_only_the_database() {
    for era in Era::BOTH {
        let mut client = Client::of_tutorial(era);
        client.call("delete_order", json!({"order_id": "ORD-104"}));
        let end = client.end();
        assert_eq!((end.code, end.log.as_str()), (Some(0), ""));
        assert_eq!(end.folder.names(), ["orders.db"]);
    }
}

#[test]
fn a_server_that_is_asked_nothing_ends_well() {
    let folder = Folder::new();
    let output = orders().args(["serve", "--db"]).arg(folder.file()).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success());
    assert!(output.stdout.is_empty());
}

#[test]
fn without_a_command_on_a_pipe_it_serves_the_tutorial() {
    let folder = Folder::new();
    let mut command = orders();
    command.current_dir(folder.file().parent().unwrap());
    let mut client = Client::of(command, folder, Era::Modern);
    assert_eq!(client.read("orders://summary")["orders"], 4);
    let end = client.end();
    assert_eq!((end.code, end.folder.names()), (Some(0), vec!["orders.db".to_owned()]));
}

#[test]
fn without_seed_a_new_database_is_empty() {
    let folder = Folder::new();
    let mut command = orders();
    command.args(["serve", "--readers", "1", "--db"]).arg(folder.file());
    let mut client = Client::of(command, folder, Era::Modern);
    assert_eq!(client.read("orders://summary")["orders"], 0);
}

#[test]
fn the_seed_is_given_only_to_a_new_database() {
    let mut client = Client::of_tutorial(Era::Modern);
    client.call("delete_order", json!({"order_id": "ORD-104"}));
    let end = client.end();
    let mut command = orders();
    command.args(["serve", "--seed", "--db"]).arg(end.folder.file());
    let mut client = Client::of(command, end.folder, Era::Modern);
    assert_eq!(client.read("orders://summary")["orders"], 3);
}

#[test]
fn orders_can_be_generated() {
    let folder = Folder::new();
    for total in [25, 50] {
        let mut command = orders();
        command.args(["generate", "--count", "25", "--seed-number", "7", "--db"]).arg(folder.file());
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.starts_with("Added 25 orders to "), "{total}: {text}");
    }
    let mut command = orders();
    command.args(["serve", "--db"]).arg(folder.file());
    let mut client = Client::of(command, folder, Era::Modern);
    assert_eq!(client.read("orders://summary")["orders"], 50);
}

#[test]
fn a_file_that_is_no_database_is_named_and_left_as_it_was() {
    let folder = Folder::new();
    std::fs::write(folder.file(), "my diary ".repeat(1000)).unwrap();
    let output = orders().args(["serve", "--db"]).arg(folder.file()).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("orders.db") && text.contains("not an SQLite database"), "{text}");
    assert_eq!(std::fs::read_to_string(folder.file()).unwrap(), "my diary ".repeat(1000));
}

#[test]
fn the_demo_shows_real_answers_and_leaves_nothing_behind() {
    let folder = Folder::new();
    let path = folder.file().parent().unwrap().to_owned();
    let output =
        orders().arg("demo").current_dir(&path).env("TMPDIR", &path).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{text}");
    // The demo wraps its lines.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "Order ORD-103 is marked as non-refundable.",
        "limit: expected an integer from 1 to 200, got \"many\"",
        "It can become SHIPPED or CANCELLED.",
        "Cancelled: Ordered twice.",
        "OrderManager",
        "\"mcpServers\"",
        "claude mcp add orders -- ",
        "npx @modelcontextprotocol/inspector ",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains('\u{1b}'));
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn a_demo_whose_reader_has_seen_enough_ends_quietly() {
    let mut child = orders().arg("demo").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn help_and_version_are_told() {
    let help = orders().arg("--help").output().unwrap();
    let text = String::from_utf8(help.stdout).unwrap();
    for word in ["serve", "demo", "generate", "--db"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let version = orders().arg("--version").output().unwrap();
    assert_eq!(
        String::from_utf8(version.stdout).unwrap(),
        concat!("orders ", env!("CARGO_PKG_VERSION"), "\n")
    );
}
