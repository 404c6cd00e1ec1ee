//! The smallest server: one function.

use toolwright::prelude::*;

/// Greets a person.
#[tool]
fn greet(
    /// Who to greet.
    name: String,
) -> String {
    format!("Hello, {name}!")
}

fn main() -> toolwright::Result {
    Server::new("hello").tools(toolset![greet]).run()
}
