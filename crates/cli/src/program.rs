//! A program out of its source.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// How a server is made.
pub(crate) struct Recipe {
    cargo: Vec<String>,
    server: Vec<String>,
    command: Option<String>,
    build: Option<String>,
}

/// What to start.
pub(crate) struct Program {
    path: PathBuf,
    arguments: Vec<String>,
}

impl Program {
    /// Where it is.
    pub(crate) fn path(&self) -> &std::path::Path {
        &self.path
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.args(&self.arguments);
        command
    }
}

impl Recipe {
    /// Arguments of cargo, and after a `--` those of the server; or a command line and what builds it.
    pub(crate) fn new(arguments: Vec<String>, command: Option<String>, build: Option<String>) -> Self {
        let mut cargo = arguments;
        let rest = cargo.iter().position(|argument| argument == "--").map(|at| cargo.split_off(at));
        let server = rest.into_iter().flatten().skip(1).collect();
        Self { cargo, server, command, build }
    }

    /// Builds; errors of the compiler are on standard error already.
    pub(crate) async fn build(&self) -> Result<Program, String> {
        let Some(command) = &self.command else { return self.build_by_cargo().await };
        if let Some(build) = &self.build {
            let ended = shell(build).stdin(Stdio::null()).stdout(Stdio::null()).status().await;
            let ended = ended.map_err(|error| format!("`{build}` cannot be started: {error}"))?;
            if !ended.success() {
                return Err(format!("`{build}` failed ({ended})"));
            }
        }
        let [path, arguments @ ..] = &words(command)[..] else { return Err("the command is empty".into()) };
        let arguments = arguments.iter().chain(&self.server).cloned().collect();
        Ok(Program { path: path.into(), arguments })
    }

    async fn build_by_cargo(&self) -> Result<Program, String> {
        let mut command = Command::new("cargo");
        command.args(["build", "--message-format=json-render-diagnostics"]).args(&self.cargo);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut cargo = command
            .spawn()
            .map_err(|error| format!("cannot start cargo: {error}; https://rustup.rs installs it"))?;
        let mut lines = cargo.stdout.take().map(|stdout| BufReader::new(stdout).lines());
        let mut programs = Vec::new();
        while let Some(lines) = &mut lines
            && let Ok(Some(line)) = lines.next_line().await
        {
            programs.extend(executable(&line));
        }
        let ended = cargo.wait().await.map_err(|error| format!("cargo is lost: {error}"))?;
        if !ended.success() {
            return Err("the build failed".into());
        }
        programs.dedup();
        match programs.as_slice() {
            [path] => Ok(Program { path: path.into(), arguments: self.server.clone() }),
            [] => Err(
                "cargo built no program here: go to the folder of a server, or name it with `-- --bin NAME`"
                    .into(),
            ),
            several => Err(format!(
                "cargo built several programs, choose one with `-- --bin NAME`: {}",
                several.join(", ")
            )),
        }
    }
}

/// The program that a message of cargo tells of.
fn executable(line: &str) -> Option<String> {
    let message: Value = serde_json::from_str(line).ok()?;
    let kinds = message["target"]["kind"].as_array()?;
    let is_program = kinds.iter().any(|kind| kind == "bin" || kind == "example");
    message["executable"].as_str().filter(|_| is_program).map(str::to_owned)
}

fn shell(line: &str) -> Command {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
    let mut command = Command::new(shell);
    command.args([option, line]);
    command
}

/// A command line with arguments in quotes is one for the shell.
fn words(line: &str) -> Vec<String> {
    if cfg!(unix) && line.contains(['\'', '"', '\\', '$']) {
        return ["/bin/sh".into(), "-c".into(), format!("exec {line}")].into();
    }
    line.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_cargo_and_of_the_server_are_parted() {
        let arguments = ["--bin", "x", "--", "--db", "--", "y"].map(str::to_owned).to_vec();
        let recipe = Recipe::new(arguments, None, None);
        assert_eq!((recipe.cargo.join(" "), recipe.server.join(" ")), ("--bin x".into(), "--db -- y".into()));
    }

    #[test]
    fn only_programs_count() {
        let told = r#"{"reason":"compiler-artifact","target":{"kind":["bin"]},"executable":"/t/x"}"#;
        assert_eq!(executable(told).as_deref(), Some("/t/x"));
        assert_eq!(executable(&told.replace("bin", "custom-build")), None);
        assert_eq!(executable(&told.replace("\"/t/x\"", "null")), None);
    }
}
