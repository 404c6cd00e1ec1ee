//! What a server is called and how it is started, from what was typed.

use std::path::{Path, PathBuf};

use crate::launch::{Launch, pairs};
use crate::outcome::Failure;

/// Programs that run others: the name is that of what they run.
const RUNNERS: [&str; 9] = ["bun", "bunx", "deno", "node", "npx", "python", "python3", "uv", "uvx"];

/// Reads a command line or a URL. The program gets its whole path: clients start with another `PATH`. On the
/// machines of others it is found by its name, if that is all that was typed.
pub(super) fn launch(
    server: &[String],
    env: &[String],
    headers: &[String],
    folder: &Path,
    is_for_others: bool,
) -> Result<Launch, Failure> {
    let env = pairs(env, '=', "`--env` wants NAME=VALUE")?;
    let headers = pairs(headers, ':', "`--header` wants \"NAME: VALUE\"")?;
    let (command, args) = server.split_first().ok_or_else(|| Failure::wrong("there is no command"))?;
    if let Some(Launch::Url { url, .. }) = Launch::of_url(command) {
        return match (args, env.as_slice()) {
            ([], []) => Ok(Launch::Url { url, headers }),
            ([], _) => Err(Failure::wrong("a URL has no variables: `--env` is for commands")),
            _ => Err(Failure::wrong("a URL takes no arguments; options stand before it")),
        };
    }
    if !headers.is_empty() {
        return Err(Failure::wrong("a command has no headers: `--header` is for URLs"));
    }
    if is_for_others && !command.contains(['/', '\\']) {
        return Ok(Launch::Command { command: command.clone(), args: args.to_vec(), env });
    }
    let found = which::which_in(command, std::env::var_os("PATH"), folder);
    let path = found.ok().and_then(|path| whole(&path)).ok_or_else(|| missing(command))?;
    let path = path.into_os_string().into_string();
    let path = path.map_err(|path| Failure::wrong(format!("{}: not a path in UTF-8", path.display())))?;
    Ok(Launch::Command { command: path, args: args.to_vec(), env })
}

/// The whole path, but not where a symlink leads: some programs go by the name they are started with, and others are
/// moved by an upgrade that leaves the link.
fn whole(path: &Path) -> Option<PathBuf> {
    let folder = std::fs::canonicalize(path.parent()?).ok()?;
    let folder = folder.to_string_lossy().strip_prefix(r"\\?\").map_or_else(|| folder.clone(), PathBuf::from);
    Some(folder.join(path.file_name()?))
}

fn missing(command: &str) -> Failure {
    if command.contains(char::is_whitespace) {
        return Failure::wrong(format!(
            "there is no program `{command}`: leave out the quotes, so that command and arguments are words of their own"
        ));
    }
    Failure::wrong(format!(
        "there is no program `{command}` that can be started: give its whole path, or build it first"
    ))
}

/// A name like that of the program, the package or the host.
pub(super) fn name(server: &[String]) -> String {
    let first = server.first().map(String::as_str).unwrap_or_default();
    let raw = match first.split_once("://") {
        Some((_, rest)) => {
            let host = rest.split(['/', ':', '?']).next().unwrap_or(rest);
            host.strip_prefix("www.").or_else(|| host.strip_prefix("mcp.")).unwrap_or(host).to_owned()
        }
        None => {
            let program = stem(first);
            let runs = server[1..].iter().find(|word| !word.starts_with('-') && *word != "run");
            match runs.filter(|_| RUNNERS.contains(&program.as_str())) {
                Some(what) => stem(package(what)),
                None => program,
            }
        }
    };
    let safe = |letter: char| if letter.is_alphanumeric() || letter == '_' { letter } else { '-' };
    let name: String = raw.chars().map(safe).collect();
    match name.trim_matches('-') {
        "" => "server".to_owned(),
        name => name.to_owned(),
    }
}

/// A package without its version: `@scope/name@1.2`.
fn package(text: &str) -> &str {
    match text.rfind('@') {
        Some(at) if at > 0 => &text[..at],
        _ => text,
    }
}

fn stem(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let name = match name.rsplit_once('.') {
        Some((stem, "exe" | "cmd" | "bat" | "py" | "js" | "mjs" | "ts" | "sh")) => stem,
        _ => name,
    };
    name.to_owned()
}

/// What may go wrong later: a client starts its servers in a folder of its own.
pub(super) fn notes(launch: &Launch, folder: &Path) -> Vec<String> {
    let Launch::Command { args, .. } = launch else { return Vec::new() };
    let is_relative = |arg: &&String| {
        let path = Path::new(arg.as_str());
        !arg.is_empty() && path.is_relative() && folder.join(path).exists()
    };
    let note = |arg: &String| {
        let whole = folder.join(arg);
        format!(
            "Note: `{arg}` is a path from here; the client may start elsewhere: {} is safe.",
            whole.display()
        )
    };
    args.iter().filter(is_relative).map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_called_like_what_runs() {
        for (line, expected) in [
            ("/opt/orders serve", "orders"),
            ("npx -y @modelcontextprotocol/server-everything@1.2", "server-everything"),
            ("uvx some-server", "some-server"),
            ("python3 /x/my_server.py", "my_server"),
            ("uv run server.py", "server"),
            (r"C:\bin\orders.exe", "orders"),
            ("https://mcp.example.org/mcp?x", "example-org"),
            ("http://[::1]:80/mcp", "server"),
            ("...", "server"),
        ] {
            let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(name(&words), expected, "{line}");
        }
    }

    #[test]
    fn what_is_mixed_up_is_told_and_a_secret_is_not() {
        let read = |server: &str, env: &[&str], headers: &[&str]| {
            let own = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
            let server: Vec<_> = server.split('|').map(str::to_owned).collect();
            launch(&server, &own(env), &own(headers), Path::new("/"), false).unwrap_err().why
        };
        for (why, part) in [
            (read("https://x/|--print", &[], &[]), "options stand before it"),
            (read("https://x/", &["A=b"], &[]), "`--env` is for commands"),
            (read("cargo", &[], &["A: b"]), "`--header` is for URLs"),
            (read("no-such-program", &[], &[]), "there is no program `no-such-program`"),
            (read("cargo run", &[], &[]), "leave out the quotes"),
            (read("cargo", &["s3cret"], &[]), "NAME=VALUE"),
        ] {
            assert!(why.contains(part) && !why.contains("s3cret"), "{why}");
        }
    }
}
