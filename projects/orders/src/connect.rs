//! How to connect a client: what to paste where, with the paths of this machine.

use std::io::{self, Write};
use std::path::Path;

use serde_json::json;

use super::DATABASE;

/// Writes how to connect the usual clients to this program and a database in the current directory.
pub(crate) fn write(out: &mut impl Write) -> io::Result<()> {
    let program = std::env::current_exe()?;
    let database = std::path::absolute(DATABASE)?;
    write_for(out, &program, &database)
}

fn write_for(out: &mut impl Write, program: &Path, database: &Path) -> io::Result<()> {
    let (program, database) = (program.display().to_string(), database.display().to_string());
    let args = ["serve", "--db", &database, "--seed"];
    let config = json!({ "mcpServers": { "orders": { "command": program, "args": args } } });
    let command = [&program, "serve", "--db", &database, "--seed"].map(quoted).join(" ");
    writeln!(out, "Claude Desktop: put this into claude_desktop_config.json\n")?;
    writeln!(out, "{config:#}\n")?;
    writeln!(out, "Claude Code:\n\n  claude mcp add orders -- {command}\n")?;
    writeln!(out, "MCP Inspector:\n\n  npx @modelcontextprotocol/inspector {command}")
}

/// A word as a shell takes it: as it is, or between quotes.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/\\:._-+=@%,".contains(c);
    if !word.is_empty() && word.chars().all(plain) && (cfg!(windows) || !word.contains('\\')) {
        word.to_owned()
    } else if cfg!(windows) {
        format!("\"{word}\"")
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_are_written_so_that_they_can_be_pasted() {
        let mut out = Vec::new();
        write_for(&mut out, Path::new("/opt/my \"tools\"/orders"), Path::new("/tmp/orders.db")).unwrap();
        let text = String::from_utf8(out).unwrap();
        let (from, to) = (text.find("{\n").unwrap(), text.rfind("}\n").unwrap());
        let config: serde_json::Value = serde_json::from_str(&text[from..=to]).unwrap();
        let entry = &config["mcpServers"]["orders"];
        assert_eq!(entry["command"], "/opt/my \"tools\"/orders");
        assert_eq!(entry["args"], json!(["serve", "--db", "/tmp/orders.db", "--seed"]));
    }

    #[cfg(unix)]
    #[test]
    fn a_word_with_spaces_or_quotes_is_one_word_to_a_shell() {
        assert_eq!(quoted("/usr/bin/orders"), "/usr/bin/orders");
        assert_eq!(quoted("/my tools/orders"), "'/my tools/orders'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
