//! Standard input and output of a real process: strays, signals, ends, full pipes, files, sockets.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_getfl};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::peer::{call, cancel, legacy, modern, text};
use crate::process::Process;

fn echo(id: impl Into<Value>, text: &str) -> Value {
    call(id, "echo", json!({"text": text}))
}

/// A library that prints through C's standard output whenever a certain variable is looked up.
fn printing_library() -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (source, library) = (folder.join("stray.c"), folder.join("libstray.so"));
    let text = r#"
        #include <stdio.h>
        #include <string.h>
        extern char **environ;
        char *getenv(const char *name) {
            if (strcmp(name, "STRAY_FROM_C") == 0) { puts("stray from C"); fflush(stdout); printf("and more"); }
            size_t length = strlen(name);
            for (char **all = environ; all && *all; all++)
                if (strncmp(*all, name, length) == 0 && (*all)[length] == '=') return *all + length + 1;
            return 0;
        }
    "#;
    std::fs::write(&source, text).unwrap();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
    assert!(built.unwrap().success(), "the linker of Rust is a C compiler");
    library
}

/// Rule IO3 and security.md T4: whoever prints, only the protocol is on standard output.
#[test]
fn stray_output_never_stands_between_messages() {
    let library = printing_library();
    let mut server = Process::with(|command| command.env("LD_PRELOAD", library));
    for (id, how) in ["macro", "handle", "child", "library", "panic", "macro"].into_iter().enumerate() {
        let answer = server.ask(&call(id, "stray", json!({"how": how})));
        assert_eq!(answer["id"], id, "{how}");
        assert_eq!(answer.get("error").is_some(), how == "panic", "{answer}");
    }
    let (rest, status) = server.end();
    assert!(rest.is_empty() && status.success(), "{rest:?} {status}");
    let errors = server.errors();
    for stray in [
        "before the server runs",
        "from a macro",
        "from a handle",
        "from a child",
        "from C",
        "and more",
        "from a panic",
    ] {
        assert!(errors.contains(stray), "{stray} is not in: {errors}");
    }
}

/// Rules IO9 and IO8: an idle server ends with its input, and one with calls in flight after their answers.
#[test]
fn the_end_of_input_ends_the_server_after_its_answers() {
    let mut server = Process::start();
    server.ask(&echo(1, "x"));
    server.input = None;
    let (status, took) = server.wait();
    assert!(status.success() && took < Duration::from_secs(5), "{status} after {took:?}");

    let mut server = Process::start();
    for id in 0..50 {
        server.send(&call(id, "slow", json!({"ms": 200 + id})));
    }
    let (rest, status) = server.end();
    assert_eq!((rest.len(), status.code()), (50, Some(0)));
}

/// Rules IO9 and S41: told to stop, a server answers what it has begun, and ends well.
#[test]
fn a_signal_ends_the_server_after_its_answers() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = Process::start();
        server.send(&modern(
            "l",
            "subscriptions/listen",
            json!({"notifications": {"toolsListChanged": true}}),
        ));
        assert_eq!(server.next()["method"], "notifications/subscriptions/acknowledged");
        server.send(&call(1, "slow", json!({"ms": 300})));
        assert_eq!(server.ask(&echo(2, "begun"))["id"], 2);
        server.signal(signal);
        assert_eq!(text(&server.next()), "slept 300");
        assert_eq!(server.next()["method"], "notifications/cancelled");
        assert_eq!(server.next()["id"], "l");
        let (status, _) = server.wait();
        assert_eq!(status.code(), Some(0), "{signal:?}");
        assert_eq!(server.line(), None);
    }
}

/// Rule IO9 and security.md T3: what takes longer than the server may is dropped, even on a thread.
#[test]
fn a_call_longer_than_the_drain_is_dropped() {
    for tool in ["slow", "stuck"] {
        let mut server = Process::with(|command| command.env("FIXTURE_DRAIN_MS", "100"));
        let arguments = if tool == "slow" { json!({"ms": 3_600_000}) } else { json!({}) };
        server.send(&call(1, tool, arguments));
        server.ask(&echo(2, "begun"));
        server.signal(Signal::TERM);
        let (status, took) = server.wait();
        assert!(status.code() == Some(0) && took < Duration::from_secs(5), "{tool}: {status} after {took:?}");
    }
}

/// Rule IO9: a client that does not listen any more is gone.
#[test]
fn a_closed_output_ends_the_server() {
    let mut server = Process::start();
    server.close_output();
    server.send(&echo(1, "nobody hears"));
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(0), "{}", server.errors());
}

/// Input may be a file, and output too.
#[test]
fn files_are_served_like_pipes() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (input, output) = (folder.join("requests"), folder.join("answers"));
    let mut requests = String::new();
    for id in 0..1000 {
        requests.push_str(&format!("{}\n", echo(id, "from a file")));
    }
    requests.push_str(&call(1000, "slow", json!({"ms": 50})).to_string());
    std::fs::write(&input, requests).unwrap();
    let mut server = Process::with(|command| {
        command.stdin(File::open(&input).unwrap()).stdout(File::create(&output).unwrap())
    });
    assert_eq!(server.wait().0.code(), Some(0));
    let answers = std::fs::read_to_string(&output).unwrap();
    let ids: Vec<Value> =
        answers.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].take()).collect();
    assert_eq!(ids, (0..=1000).map(Value::from).collect::<Vec<_>>());
}

fn is_blocking(fd: impl AsFd) -> bool {
    !fcntl_getfl(fd).unwrap().contains(OFlags::NONBLOCK)
}

/// Sockets serve as pipes do, even one for both directions, and are left as they were found.
#[test]
fn sockets_are_served_and_left_blocking() {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
    let pair = || socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    for shared in [false, true] {
        let (ours, theirs) = pair();
        let (answers, output) =
            if shared { (ours.try_clone().unwrap(), theirs.try_clone().unwrap()) } else { pair() };
        let kept: [OwnedFd; 2] = [theirs.try_clone().unwrap(), output.try_clone().unwrap()];
        let mut server =
            Process::with(|command| command.stdin(Stdio::from(theirs)).stdout(Stdio::from(output)));
        let (mut ours, mut answers) = (File::from(ours), File::from(answers));
        ours.write_all(format!("{}\n", echo(1, "socket")).as_bytes()).unwrap();
        let mut answer = vec![0; 4096];
        let count = answers.read(&mut answer).unwrap();
        assert_eq!(text(&serde_json::from_slice(&answer[..count]).unwrap()), "socket");
        rustix::net::shutdown(&ours, rustix::net::Shutdown::Write).unwrap();
        assert_eq!(server.wait().0.code(), Some(0));
        assert!(kept.iter().all(is_blocking), "shared: {shared}");
    }
}

/// The flags of pipes are put back, whichever way the server ends.
#[test]
fn pipes_are_left_blocking() {
    for by_signal in [false, true] {
        let (theirs, ours) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
        let (answers, output) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
        let kept = [theirs.try_clone().unwrap(), output.try_clone().unwrap()];
        let mut server =
            Process::with(|command| command.stdin(Stdio::from(theirs)).stdout(Stdio::from(output)));
        let mut ours = File::from(ours);
        ours.write_all(format!("{}\n", echo(1, "pipe")).as_bytes()).unwrap();
        let mut answer = [0; 4096];
        assert!(File::from(answers).read(&mut answer).unwrap() > 0);
        if by_signal {
            server.signal(Signal::TERM);
        } else {
            drop(ours);
        }
        assert_eq!(server.wait().0.code(), Some(0));
        assert!(kept.iter().all(is_blocking), "by signal: {by_signal}");
    }
}

/// Security.md T2: who asks for much and reads nothing costs little, and is answered in the end.
#[test]
fn a_client_that_does_not_read_costs_little_memory() {
    const CALLS: u64 = 5000;
    let mut server = Process::start();
    let mut input = server.input.take().unwrap();
    input.write_all(format!("{}\n", echo("first", "x")).as_bytes()).unwrap();
    let before = server.memory("VmRSS:");
    // All of it fits into what the server reads at once, or waits in the pipe.
    let writer = std::thread::spawn(move || {
        for id in 0..CALLS {
            let request = call(id, "big", json!({"bytes": 64 * 1024}));
            input.write_all(format!("{request}\n").as_bytes()).unwrap();
        }
        input
    });
    let (mut last, mut same) = (0, 0);
    while same < 200 {
        let time = std::fs::read_to_string(format!("/proc/{}/stat", server.child.id())).unwrap();
        let time = time.split_whitespace().nth(13).unwrap().parse::<u64>().unwrap();
        same = if time == last { same + 1 } else { 0 };
        last = time;
        std::thread::yield_now();
    }
    assert_eq!(server.next()["id"], "first");
    for id in 0..CALLS {
        let answer = server.next();
        assert!(answer["id"] == id && text(&answer).len() == 64 * 1024, "{id}");
    }
    let grown = server.memory("VmHWM:").saturating_sub(before);
    assert!(grown <= 32 * 1024, "grown by {grown} KiB");
    drop(writer.join().unwrap());
    assert_eq!(server.wait().0.code(), Some(0));
}

/// Security.md T1: a line of 16 MiB goes both ways.
#[test]
fn a_long_line_goes_both_ways() {
    let mut server = Process::start();
    let long = "x".repeat(16 * 1024 * 1024 - 1000);
    let mut input = server.input.take().unwrap();
    let request = format!("{}\n", echo(1, &long));
    let writer = std::thread::spawn(move || {
        input.write_all(request.as_bytes()).unwrap();
        input
    });
    assert_eq!(text(&server.next()).len(), long.len());
    server.input = Some(writer.join().unwrap());
    assert_eq!(text(&server.ask(&echo(2, "next"))), "next");
}

/// Security.md T1: standard error that nobody reads holds up who writes there, and nobody else.
#[test]
fn an_unread_standard_error_holds_up_no_other_call() {
    let mut server = Process::with(|command| command.env("FIXTURE_DRAIN_MS", "100"));
    server.send(&call("noise", "noise", json!({"mib": 10})));
    for id in 0..300 {
        let answer = server.ask(&echo(id, "heard"));
        assert_eq!(text(&answer), "heard");
        let failed = server.ask(&call(format!("f{id}"), "fail", json!({})));
        assert_eq!(failed["result"]["isError"], true, "{failed}");
    }
    server.input = None;
    assert_eq!(server.wait().0.code(), Some(0));
}

/// Security.md P8: `Limits::blocking_threads`.
#[test]
fn no_more_threads_block_than_may() {
    for (calls, together) in [(2, "2"), (3, "3"), (4, "3")] {
        let mut server = Process::with(|command| command.env("FIXTURE_THREADS", "3"));
        for id in 0..calls {
            server.send(&call(id, "meet", json!({"together": calls})));
        }
        let (answers, _) = server.end();
        assert_eq!(answers.len(), calls);
        assert!(answers.iter().all(|answer| text(answer) == together), "{calls}: {answers:?}");
    }
}

/// Rules IO7 and S36: a call of a real process hears that it is cancelled.
#[test]
fn a_cancelled_call_is_told_in_a_real_process() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("cancelled");
    let _ = std::fs::remove_file(&path);
    let mut server = Process::start();
    let params = json!({"name": "observe", "arguments": {"path": path}, "_meta": {"progressToken": 1}});
    assert_eq!(server.ask(&modern(1, "tools/call", params))["method"], "notifications/progress");
    server.send(&cancel(1));
    assert_eq!(server.ask(&legacy(2, "ping", json!({})))["id"], 2);
    assert_eq!(server.ask(&echo(3, "x"))["id"], 3);
    let (rest, status) = server.end();
    assert!(rest.is_empty() && status.success());
    assert_eq!(std::fs::read_to_string(path).unwrap(), "cancelled");
}

/// Asked for its version or for help, the program says it and ends.
#[test]
fn the_program_says_its_version_and_its_help() {
    for (argument, said, code) in
        [("--version", "fixture 1.2.3", 0), ("--help", "echo, slow", 0), ("--wrong", "--help", 1)]
    {
        let output = Command::new(crate::process::fixture()).arg(argument).output().unwrap();
        let text = if code == 0 { &output.stdout } else { &output.stderr };
        assert!(String::from_utf8_lossy(text).contains(said), "{argument}: {output:?}");
        assert_eq!(output.status.code(), Some(code), "{argument}");
    }
}
