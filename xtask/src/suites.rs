//! The third-party suites: our servers seen by other people's code.

use crate::command::{cargo, cargo_command, run};
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
/// Names another build of the server that offers what the conformance suite asks for.
const EVERYTHING: &str = "TOOLWRIGHT_EVERYTHING";
/// Names another build of our command.
const COMMAND: &str = "TOOLWRIGHT_COMMAND";
/// Names another build of the server that uses rmcp.
const RMCP_SERVER: &str = "TOOLWRIGHT_RMCP_SERVER";
/// Names another client to run the client side of the conformance suite on.
const CLIENT: &str = "TOOLWRIGHT_CONFORMANCE_CLIENT";
/// Names another build of the client that signs in.
const SIGN_IN: &str = "TOOLWRIGHT_SIGN_IN";
/// Names another build of the server that load is put on.
const LOAD: &str = "TOOLWRIGHT_LOAD_SERVER";
/// Names the `redis-server` that tests start.
const REDIS: &str = "TOOLWRIGHT_REDIS";

/// Every line of three servers against the official JSON Schema of its version.
pub(crate) fn schema() -> Result<String> {
    let fixture = built(FIXTURE, "examples/fixture")?;
    let showcase = built(SHOWCASE, "showcase")?;
    run(suite("schema_check.py")?.arg("--fixture").arg(showcase).arg("--fixture").arg(fixture))
}

/// Several instances of a server that share a Redis: of the tests that `cargo test` has built, those that need one.
pub(crate) fn redis() -> Result<String> {
    let tests = ["test", "--workspace", "--tests", "redis::", "--", "--nocapture"];
    let report = run(cargo_command().args(tests).env(REDIS, tools::redis()?))?;
    // What the kill cost, then how many tests there were.
    let told: String =
        report.lines().filter(|line| line.contains("kill")).map(|line| line.to_owned() + "\n").collect();
    Ok(told + &report)
}

/// The official Python client.
pub(crate) fn python() -> Result<String> {
    run(&mut suite("python_client.py")?)
}

/// The Rust client rmcp, over both transports.
pub(crate) fn rmcp() -> Result<String> {
    Ok(joined(&[run(&mut suite("rmcp_client.py")?)?, run(&mut suite("rmcp_http.py")?)?]))
}

/// The MCP Inspector's command line.
pub(crate) fn inspector() -> Result<String> {
    run(&mut inspector_suite("inspector.py")?)
}

/// The official clients for Python and TypeScript, both lines of each, over HTTP.
pub(crate) fn http_clients() -> Result<String> {
    let reports = [
        run(&mut suite("python_http.py")?)?,
        run(&mut suite_in(&tools::older_python()?, "python_older_http.py")?)?,
        run(&mut node_suite("typescript_http.py")?)?,
    ];
    Ok(joined(&reports))
}

/// Several reports as one, whose last line has all their last lines.
fn joined(reports: &[String]) -> String {
    let ends: Vec<&str> = reports.iter().filter_map(|report| report.lines().next_back()).collect();
    format!("{}{}", reports.concat(), ends.join("; "))
}

/// The official TypeScript client in a page of a browser, and our own page there, of which screenshots remain.
pub(crate) fn browser() -> Result<String> {
    let client = run(&mut browser_suite("browser_client.py")?)?;
    let page = run(browser_suite("page.py")?.arg("--screenshots").arg(target()?.join("interop")))?;
    Ok(joined(&[client, page]))
}

/// The MCP Inspector's command line over HTTP.
pub(crate) fn inspector_http() -> Result<String> {
    run(&mut inspector_suite("inspector_http.py")?)
}

/// The MCP Inspector's web page, of which a screenshot remains.
pub(crate) fn inspector_web() -> Result<String> {
    run(browser_suite("inspector_web.py")?.arg("--screenshots").arg(target()?.join("interop")))
}

/// A suite that runs the Inspector's script.
fn inspector_suite(script: &str) -> Result<Command> {
    let (node, packages) = tools::node()?;
    let mut command = suite(script)?;
    command.arg("--node").arg(node);
    command.arg("--inspector").arg(packages.join("node_modules/.bin/mcp-inspector"));
    Ok(command)
}

/// A suite that runs scripts with packages of npm.
fn node_suite(script: &str) -> Result<Command> {
    let (node, packages) = tools::node()?;
    let mut command = suite(script)?;
    command.arg("--node").arg(node).arg("--packages").arg(packages);
    Ok(command)
}

/// A suite whose scripts open a browser.
fn browser_suite(script: &str) -> Result<Command> {
    let mut command = node_suite(script)?;
    command.arg("--chromium").arg(tools::chromium()?);
    Ok(command)
}

/// The order server, installed in clients that start it.
pub(crate) fn install() -> Result<String> {
    let server = built(SERVER, "orders")?;
    let toolwright = built(COMMAND, "toolwright")?;
    let script = workspace::root()?.join("interop/installed.py");
    let mut command = Command::new("python3");
    command.arg("-B").arg(script).arg("--server").arg(server).arg("--toolwright").arg(toolwright);
    run(command.arg("--packages").arg(tools::clients()?))
}

/// The official conformance suite, over HTTP: its server side, and its client side.
pub(crate) fn conformance() -> Result<String> {
    let server = built(EVERYTHING, "everything")?;
    let client = built(CLIENT, "conformance_client")?;
    let reports = [
        run(conformance_suite("conformance.py")?.arg("--server").arg(server))?,
        run(conformance_suite("conformance_client.py")?.arg("--client").arg(client))?,
    ];
    Ok(joined(&reports))
}

fn conformance_suite(script: &str) -> Result<Command> {
    let (node, packages) = tools::node()?;
    let mut command = Command::new(tools::python()?);
    command.arg("-B").arg(workspace::root()?.join("interop").join(script)).arg("--node").arg(node);
    command.arg("--suite").arg(packages.join("node_modules/.bin/conformance"));
    Ok(command)
}

/// A certified authorization server, for a server behind it.
pub(crate) fn sign_in() -> Result<String> {
    let (node, packages) = tools::node()?;
    let mut command = Command::new(tools::python()?);
    command.arg("-B").arg(workspace::root()?.join("interop/sign_in.py"));
    command.arg("--client").arg(built(SIGN_IN, "sign_in")?);
    command.arg("--server").arg(built(EVERYTHING, "everything")?);
    command.arg("--toolwright").arg(built(COMMAND, "toolwright")?);
    run(command.arg("--node").arg(node).arg("--packages").arg(packages))
}

/// Our command on servers that nobody here wrote, on the projects it makes and on the bundles it packs.
pub(crate) fn cli() -> Result<String> {
    let (node, packages) = tools::node()?;
    let root = workspace::root()?;
    let command = built(COMMAND, "toolwright")?;
    let rmcp = built(RMCP_SERVER, "examples/rmcp_server")?;
    let mut suite = Command::new(tools::python()?);
    suite
        .arg("-B")
        .arg(root.join("interop/command_line.py"))
        .arg("--toolwright")
        .arg(command)
        .arg("--rmcp")
        .arg(rmcp);
    suite.arg("--node").arg(node).arg("--packages").arg(packages).arg("--fastmcp").arg(tools::fastmcp()?);
    run(suite.arg("--clone").arg(&root).arg("--target").arg(target()?))
}

/// More clients, calls and tools than anybody has, over HTTP.
pub(crate) fn load() -> Result<String> {
    let server = optimized(LOAD, "toolwright-examples", "load")?;
    let script = workspace::root()?.join("interop/http_load.py");
    run(Command::new(tools::python()?).arg("-B").arg(script).arg("--server").arg(server))
}

/// One script of `interop/` on the orders server.
fn suite(script: &str) -> Result<Command> {
    suite_in(&tools::python()?, script)
}

/// The same in a Python with other packages.
fn suite_in(python: &Path, script: &str) -> Result<Command> {
    let root = workspace::root()?;
    let schemas = schemas(&root)?;
    let server = built(SERVER, "orders")?;
    let mut command = Command::new(python);
    command.arg("-B").arg(root.join("interop").join(script)).arg("--server").arg(server);
    command.arg("--schemas").arg(schemas);
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

/// The executable that the variable names, or else the one that the tests have built: another build of all would take as
/// long as half of the suites.
fn built(variable: &str, name: &str) -> Result<PathBuf> {
    built_by(&["test", "--quiet", "--no-run", "--workspace"], "debug", variable, name)
}

/// The same, of a build that has to stand much.
fn optimized(variable: &str, package: &str, name: &str) -> Result<PathBuf> {
    let build = ["build", "--quiet", "--profile", "suite", "--package", package, "--bin", name];
    built_by(&build, "suite", variable, name)
}

fn built_by(build: &[&str], folder: &str, variable: &str, name: &str) -> Result<PathBuf> {
    if let Some(program) = std::env::var_os(variable) {
        return Ok(program.into());
    }
    cargo(build)?;
    let binary = target()?.join(folder).join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if binary.is_file() { Ok(binary) } else { Err(format!("the build left no {}", binary.display())) }
}

/// The folder for what is built and what the suites leave.
fn target() -> Result<PathBuf> {
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    Ok(workspace::root()?.join(folder))
}
