//! Runs other programs: silent while they succeed, shown in full when they fail.

use crate::workspace::{self, Result};
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a program in the workspace root; its standard output, or an error with everything it printed.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    forget_us(command);
    let output = command
        .current_dir(workspace::root()?)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start `{shown}`: {error}"))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(format!("{stdout}{stderr}\n`{shown}` failed ({})", output.status))
}

/// Runs this workspace's cargo.
pub(crate) fn cargo(arguments: &[&str]) -> Result<String> {
    run(cargo_command().args(arguments))
}

/// The cargo that started us, still without arguments.
pub(crate) fn cargo_command() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Takes away what cargo said of us: build scripts that look at it would run again, and all that needs them be built.
fn forget_us(command: &mut Command) {
    let of_us = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(of_us) {
            command.env_remove(name);
        }
    }
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_else(|| command.get_program());
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(program.to_string_lossy().into_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}
