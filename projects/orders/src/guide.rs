//! What a person reads who starts the program on a terminal.

use std::io::{self, Write};

use super::connect;

/// Writes what this program is and what to type next.
pub(crate) fn write(out: &mut impl Write) -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    writeln!(
        out,
        "orders {version}: an order desk for models, a Model Context Protocol server on SQLite.\n"
    )?;
    writeln!(out, "A client such as Claude starts it and talks to it on a pipe. What you can type next:\n")?;
    for (command, meaning) in [
        ("orders demo", "see real calls and their answers; leaves nothing behind"),
        ("orders serve --seed", "serve orders.db in this directory, as a client would start it"),
        ("orders generate --count 1000", "add made-up orders to orders.db"),
        ("orders --help", "all commands and options"),
    ] {
        writeln!(out, "  {command:<30}{meaning}")?;
    }
    writeln!(out, "\nTo connect a client:\n")?;
    connect::write(out)
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_names_what_to_type_next() {
        let mut out = Vec::new();
        super::write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for words in ["orders demo", "orders serve", "claude mcp add orders -- ", "mcpServers"] {
            assert!(text.contains(words), "{words}");
        }
    }
}
