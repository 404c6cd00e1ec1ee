//! The third-party suites: our servers seen by other people's code.

use crate::command::{cargo, run};
use crate::tools;
use crate::workspace::{self, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names another folder with the official schemas, one `VERSION.json` each.
const SCHEMAS: &str = "TOOLWRIGHT_SCHEMAS";
/// Names another server to try the suites on, instead of building ours.
const SERVER: &str = "TOOLWRIGHT_SERVER";
/// Names another build of the server that fails, panics and is cancelled.
const FIXTURE: &str = "TOOLWRIGHT_FIXTURE";
/// Names another build of the server that says everything there is.
const SHOWCASE: &str = "TOOLWRIGHT_SHOWCASE";
/// Names another build of the server that the conformance suite asks for.
const EVERYTHING: &str = "TOOLWRIGHT_EVERYTHING";

/// Every line of three servers against the official JSON Schema of its version.
pub(crate) fn schema() -> Result<String> {
    let fixture = built(FIXTURE, &["--package", "toolwright", "--example", "fixture"], "examples/fixture")?;
    let showcase = built(SHOWCASE, &["--package", "toolwright-examples", "--bin", "showcase"], "showcase")?;
    run(suite("schema_check.py")?.arg("--fixture").arg(showcase).arg("--fixture").arg(fixture))
}

/// The official Python client.
pub(crate) fn python() -> Result<String> {
    run(&mut suite("python_client.py")?)
}

/// The Rust client rmcp.
pub(crate) fn rmcp() -> Result<String> {
    run(&mut suite("rmcp_client.py")?)
}

/// The MCP Inspector's command line.
pub(crate) fn inspector() -> Result<String> {
    let (node, script) = tools::node_program("mcp-inspector")?;
    run(suite("inspector.py")?.arg("--node").arg(node).arg("--inspector").arg(script))
}

/// The official conformance suite, over HTTP.
pub(crate) fn conformance() -> Result<String> {
    let (node, script) = tools::node_program("conformance")?;
    let server =
        built(EVERYTHING, &["--package", "toolwright-examples", "--bin", "everything"], "everything")?;
    run(on("conformance.py", &server)?.arg("--node").arg(node).arg("--suite").arg(script))
}

/// One script of `interop/` on the release build of the orders server.
fn suite(script: &str) -> Result<Command> {
    let schemas = schemas(&workspace::root()?)?;
    let server = built(SERVER, &["--package", "orders"], "orders")?;
    let mut command = on(script, &server)?;
    command.arg("--schemas").arg(schemas);
    Ok(command)
}

/// One script of `interop/` on a server.
fn on(script: &str, server: &Path) -> Result<Command> {
    let mut command = Command::new(tools::python()?);
    command.arg("-B").arg(workspace::root()?.join("interop").join(script)).arg("--server").arg(server);
    Ok(command)
}

fn schemas(root: &Path) -> Result<PathBuf> {
    let schemas = std::env::var_os(SCHEMAS).map_or_else(|| root.join("../shared/schema"), PathBuf::from);
    if schemas.is_dir() {
        return Ok(schemas);
    }
    Err(format!(
        "there is no folder {} with the official schemas: put them there as VERSION.json, \
         or name their folder in {SCHEMAS}",
        schemas.display()
    ))
}

/// The executable that the variable names, or else its release build.
fn built(variable: &str, what: &[&str], name: &str) -> Result<PathBuf> {
    if let Some(server) = std::env::var_os(variable) {
        return Ok(server.into());
    }
    cargo(&[&["build", "--quiet", "--release"], what].concat())?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let release = workspace::root()?.join(target).join("release");
    let binary = release.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if binary.is_file() { Ok(binary) } else { Err(format!("the build left no {}", binary.display())) }
}
