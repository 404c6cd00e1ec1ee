//! `bench`, `conformance` and `completions`.

use std::process::Command;

use serde_json::Value;

use crate::folder::Folder;
use crate::run;

#[test]
fn a_tool_is_measured() {
    let (code, said, errors) = run(&[
        "bench",
        "URL",
        "--tool",
        "add",
        "--args",
        "a=1",
        "b=2",
        "--concurrency",
        "4",
        "--seconds",
        "0.2",
    ]);
    assert_eq!((code, errors.as_str()), (0, ""));
    for part in [" calls in 0.2", "4 at once: ", "p50 ", "p99.9 ", "errors          0\n"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (_, said, _) = run(&["bench", "URL", "--tool", "add", "--args", "a=1", "--seconds", "0.1", "--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert!(
        said["calls"].as_u64().unwrap() > 0 && said["microseconds"]["p50"].as_f64().unwrap() > 0.0,
        "{said}"
    );
}

#[test]
fn failures_are_counted_and_end_with_five() {
    let (code, said, _) = run(&["bench", "URL", "--tool", "fail", "--seconds", "0.1"]);
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("× no [2Jluck"), "{said}");
    let (code, _, errors) = run(&["bench", "URL", "--tool", "ad", "--seconds", "0.1"]);
    assert_eq!(code, 2);
    assert!(errors.contains("did you mean add?"), "{errors}");
}

#[test]
fn without_node_conformance_says_how_to_get_it() {
    let folder = Folder::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_toolwright"));
    let ended =
        command.args(["conformance", "http://example.com/mcp"]).env("PATH", folder.path()).output().unwrap();
    let errors = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(6));
    assert!(errors.contains("Node.js 22.0 or newer") && errors.contains("https://nodejs.org"), "{errors}");
}

#[test]
fn every_shell_gets_its_completions() {
    for (shell, part) in [
        ("bash", "_toolwright"),
        ("zsh", "#compdef toolwright"),
        ("fish", "complete -c toolwright"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let (code, said, _) = run(&["completions", shell]);
        assert_eq!(code, 0);
        assert!(said.contains(part) && said.contains("inspect"), "{shell}");
    }
}

/// The exit codes stand in one place.
#[test]
fn help_names_all_commands_and_exit_codes() {
    let (code, said, _) = run(&["--help"]);
    assert_eq!(code, 0);
    for word in [
        "call",
        "inspect",
        "new",
        "run",
        "dev",
        "package",
        "bench",
        "conformance",
        "completions",
        "130",
        "--json",
    ] {
        assert!(said.contains(word), "{word}: {said}");
    }
}
