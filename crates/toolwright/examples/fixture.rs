//! The server that `tests/it/stdio.rs` runs as a real process: its tools do what should harm nobody.

use std::io::Write as _;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use toolwright::Limits;
use toolwright::prelude::*;

/// Says the text again.
#[tool(inline)]
fn echo(text: String) -> String {
    text
}

/// Waits for so many milliseconds.
#[tool]
async fn slow(ms: u64) -> String {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    format!("slept {ms}")
}

/// Waits on a thread for ever.
#[tool(blocking)]
fn stuck() -> &'static str {
    loop {
        std::thread::park();
    }
}

/// Answers with so many bytes.
#[tool(inline)]
fn big(bytes: usize) -> String {
    "x".repeat(bytes)
}

/// Fails, and so logs.
#[tool(inline)]
fn fail() -> Result<String> {
    Err(Error::msg("the reason is for the log"))
}

/// Prints where only the protocol may be.
#[tool(inline)]
#[allow(clippy::print_stdout, reason = "that is what it is for")]
fn stray(how: String) -> Result<&'static str> {
    match how.as_str() {
        "macro" => println!("stray from a macro"),
        "handle" => std::io::stdout().write_all(b"stray from a handle\n")?,
        "child" => drop(
            std::process::Command::new("sh").args(["-c", "printf 'stray from a child\\n'; cat"]).status()?,
        ),
        // A library that stands before the C library prints when this is asked for.
        "library" => drop(std::env::var("STRAY_FROM_C")),
        _ => panic!("stray from a panic"),
    }
    Ok("printed")
}

/// Writes so many MiB of noise to standard error.
#[tool(blocking)]
fn noise(mib: usize) -> Result<&'static str> {
    let line = format!("{}\n", "noise ".repeat(170));
    for _ in 0..mib * 1024 {
        std::io::stderr().write_all(line.as_bytes())?;
    }
    Ok("written")
}

/// Writes a file when it is cancelled.
#[tool]
async fn observe(ctx: Context, path: String) -> &'static str {
    let observer = ctx.clone();
    tokio::spawn(async move {
        observer.cancelled().await;
        let _ = std::fs::write(path, "cancelled");
    });
    ctx.progress(1.0, None, "");
    std::future::pending().await
}

static PRESENT: Mutex<(usize, usize)> = Mutex::new((0, 0));
static CAME: Condvar = Condvar::new();

/// Says how many of these calls ever ran together: waits a moment for so many.
#[tool(blocking)]
fn meet(together: usize) -> String {
    let mut present = PRESENT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    present.0 += 1;
    present.1 = present.1.max(present.0);
    CAME.notify_all();
    let waited = CAME.wait_timeout_while(present, Duration::from_millis(300), |present| present.1 < together);
    let (mut present, _) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
    present.0 -= 1;
    present.1.to_string()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[toolwright::main]
#[allow(clippy::print_stdout, reason = "so does many a program")]
fn main() -> toolwright::Result {
    println!("stray before the server runs");
    let mut limits = Limits::default();
    if let Some(drain) = number("FIXTURE_DRAIN_MS") {
        limits.drain = Duration::from_millis(drain);
    }
    if let Some(threads) = number("FIXTURE_THREADS") {
        limits.blocking_threads = threads as usize;
    }
    Server::new("fixture")
        .version("1.2.3")
        .tools(toolset![echo, slow, stuck, big, fail, stray, noise, observe, meet])
        .limits(limits)
        .run()
}
