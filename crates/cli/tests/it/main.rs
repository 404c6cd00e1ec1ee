//! The command as a shell starts it, on a server over HTTP.
#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

#[cfg(unix)]
mod call;
#[cfg(unix)]
mod dev;
mod figures;
#[cfg(unix)]
mod discover;
mod folder;
#[cfg(unix)]
mod home;
#[cfg(unix)]
mod install;
mod inspect;
mod new;
#[cfg(unix)]
mod package;
#[cfg(unix)]
mod sign_in;
#[cfg(unix)]
mod tasks;
#[cfg(unix)]
mod terminal;

use std::process::{Command, Output};

use serde_json::Value;
use toolwright::Http;
use toolwright::prelude::*;

/// Adds numbers.
#[tool]
fn add(a: i64, #[arg(default = 1)] b: i64) -> i64 {
    a + b
}

/// Fails, and would clear the screen.
#[tool]
fn fail() -> Result<String> {
    Err(tool_error!("no \u{1b}[2Jluck"))
}

#[tool(description = "")]
fn bare() {}

/// A note.
#[resource("note://one")]
fn note() -> &'static str {
    "first note"
}

/// Asks for a poem.
#[prompt]
fn poem(about: String) -> String {
    format!("Write about {about}.")
}

/// Starts a server, and runs the command on its URL.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let notes = Server::new("notes").version("3.2.1").tools(toolset![add, fail, note, poem]);
    let service = match arguments.contains(&"BARE") {
        true => Server::new("bare").tools(toolset![bare]),
        false => notes,
    };
    let service = service.build().unwrap();
    let server = runtime.block_on(service.bind_http(Http::new("127.0.0.1:0"))).unwrap();
    let url = server.url();
    runtime.spawn(server.run_until(std::future::pending()));
    let arguments = arguments.iter().map(|argument| argument.replace("URL", &url).replace("BARE", &url));
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_toolwright")).args(arguments).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn what_a_server_offers_is_listed() {
    let (code, said, errors) = run(&["list", "URL"]);
    assert_eq!((code, errors.as_str()), (0, ""));
    for part in
        ["notes 3.2.1 (protocol 2026-07-28)", "  add(a, b?)\n      Adds numbers.", "note://one", "  poem\n"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (_, said, _) = run(&["list", "URL", "--json", "--protocol", "2025-06-18"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["protocolVersion"], &said["tools"][0]["name"]), (&"2025-06-18".into(), &"add".into()));
}

#[test]
fn tools_are_called_resources_read_and_prompts_got() {
    assert_eq!(run(&["call", "URL", "add", "a=4"]), (0, "5\n".into(), String::new()));
    let (code, said, _) = run(&["call", "URL", "add", "a=4", "b:=2", "--json"]);
    assert_eq!(code, 0);
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap()["structuredContent"], 6);
    assert_eq!(run(&["read", "URL", "note://one"]), (0, "first note\n".into(), String::new()));
    assert_eq!(
        run(&["prompt", "URL", "poem", "about=rain"]),
        (0, "User: Write about rain.\n".into(), String::new())
    );
}

#[test]
fn an_exit_code_says_what_went_wrong() {
    assert_eq!(run(&["call", "URL", "fail"]), (1, "no [2Jluck\n".into(), String::new()));
    for (arguments, code, why) in [
        (vec!["call", "URL", "nothing"], 2, "there are: add, fail"),
        (vec!["call", "URL", "add", "a"], 2, "write `name=value`"),
        (vec!["call", "URL", "add", "a=1", "--protocol", "1999"], 2, "unknown protocol version"),
        (vec!["list", "/does/not/exist"], 3, "cannot start /does/not/exist"),
        (vec!["read", "URL", "note://none"], 4, "resource not found"),
        (vec!["prompt", "URL", "poem"], 4, "about"),
    ] {
        let (ended, said, errors) = run(&arguments);
        assert_eq!((ended, said.as_str()), (code, ""), "{arguments:?}: {errors}");
        assert!(errors.contains(why), "{errors}");
    }
}

/// security.md T2: a server that ignores every request to end goes with its client, even when that is killed.
#[cfg(unix)]
#[test]
fn no_server_outlives_a_client_that_is_killed() {
    use std::io::Read as _;
    use std::process::Stdio;
    let pipe = std::env::temp_dir().join(format!("toolwright-cli-{}", std::process::id()));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // It holds the pipe open for as long as it lives, and so does what it starts.
    let script = format!("trap '' TERM; exec 3>{}; echo up >&3; sleep 1000", pipe.display());
    let mut client = Command::new(env!("CARGO_BIN_EXE_toolwright"))
        .args(["list", &format!("/bin/sh -c \"{script}\"")])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut held = std::fs::File::open(&pipe).unwrap();
    let mut up = [0; 3];
    held.read_exact(&mut up).unwrap();
    client.kill().unwrap();
    client.wait().unwrap();
    assert_eq!(held.read_to_end(&mut Vec::new()).unwrap(), 0, "the end, and not for a thousand seconds");
    std::fs::remove_file(pipe).unwrap();
}

/// A server of a file, by its name.
#[cfg(unix)]
#[test]
fn a_server_is_found_in_a_configuration() {
    let folder = folder::Folder::new();
    let file = folder.path().join("mcp.json");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/legacy_server.sh");
    let servers = serde_json::json!({"mcpServers": {
        "asks": {"command": "/bin/sh", "args": [script, "${NO_SUCH_VARIABLE:-/dev/null}"]},
        "broken": {"command": "${NO_SUCH_VARIABLE}"}
    }});
    std::fs::write(&file, servers.to_string()).unwrap();
    let file = file.to_str().unwrap();
    let (code, said, errors) = run(&["call", "asks", "grow", "size=3", "--config", file]);
    assert_eq!((code, said.as_str(), errors.as_str()), (0, "grown\n", ""));
    for (name, why) in [("none", "there are: asks, broken"), ("broken", "`NO_SUCH_VARIABLE` is not set")] {
        let (code, _, errors) = run(&["list", name, "--config", file]);
        assert_eq!(code, 2, "{errors}");
        assert!(errors.contains(why), "{errors}");
    }
}
