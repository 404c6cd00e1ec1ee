//! The checks of this workspace: `cargo xtask ci` runs them all, each can run alone.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to its user")]

mod workspace;
mod command;
mod source;
mod tidy;
mod rules;
mod tools;
mod suites;
mod steps;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND

  ci              every step below but `rules`, in order, up to the first failure
  fmt             the formatting
  clippy          the lints, warnings denied
  tidy            the house rules that no lint knows
  crates          the size of the hello server's dependency tree
  test            the tests of the workspace
  docs            the documentation, warnings denied
  schema          every line of three servers against the official schemas
  python          the orders server with the official Python client
  rmcp            the orders server with the Rust client rmcp, over both transports
  inspector       the orders server with the MCP Inspector
  http-clients    the orders server over HTTP with the Python and TypeScript clients
  browser         the orders server over HTTP with the TypeScript client in Chromium, and its own page there
  inspector-http  the orders server over HTTP with the MCP Inspector
  load            the load server over HTTP with crowds, slow tools and clients that never read
  inspector-web   the orders server over HTTP in the Inspector's web page
  install         the orders server, installed in Claude Code, Gemini CLI and Codex, which list it
  conformance     the everything server and our client with the official conformance suite, over HTTP
  cli             our command on servers by others, on the projects it makes and the bundles it packs
  sign-in         our client with a certified authorization server
  rules           which rules of the protocol checklist the tests cite (a report, never a failure)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["ci"] => steps::ci(),
        ["rules"] => rules::report(),
        [name] if steps::exists(name) => steps::alone(name),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
