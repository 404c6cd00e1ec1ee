//! The server that load is put on: three tools, and under other names as many more as `LOAD_TOOLS` says.
//!
//! `cargo xtask load` puts it on.

use std::time::Duration;

use toolwright::prelude::*;
use toolwright::{Component, Error};

/// Says the text again.
#[tool(inline)]
fn echo(text: String) -> String {
    text
}

/// Says the text again after a while, and holds up nobody.
#[tool]
async fn wait(text: String, #[arg(range(1..=10_000))] milliseconds: u64) -> String {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    text
}

/// Says a text of so many KiB.
#[tool(inline)]
fn fill(#[arg(range(1..=1024))] kibibytes: usize) -> String {
    "x".repeat(kibibytes * 1024)
}

#[toolwright::main]
fn main() -> toolwright::Result {
    let more = match std::env::var("LOAD_TOOLS") {
        Ok(number) => number.parse().map_err(|_| Error::msg("LOAD_TOOLS is no number"))?,
        Err(_) => 0,
    };
    // All tools in one answer, so that its cost can be told by their number.
    let service = Server::new("load").tools(toolset![echo, wait, fill]).page_size(10_000).build()?;
    service.add(copies(more))?;
    service.run()
}

/// The tool `echo` under so many other names.
fn copies(number: usize) -> Vec<Component> {
    let echo = toolset![echo];
    let Some(Component::Tool(echo)) = echo.first() else { return Vec::new() };
    (0..number).map(|number| echo.clone().named(format!("echo_{number}")).into()).collect()
}
