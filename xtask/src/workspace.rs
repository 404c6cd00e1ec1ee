//! Where the workspace is and which Rust files it has.

use std::fs;
use std::path::{Path, PathBuf};

/// What goes wrong in xtask is told to a person, so an error is its text.
pub(crate) type Result<T> = std::result::Result<T, String>;

/// The folders whose Rust files are ours.
const FOLDERS: [&str; 4] = ["crates", "projects", "examples", "xtask"];

/// The root folder of the workspace, as `cargo run` tells it.
pub(crate) fn root() -> Result<PathBuf> {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").map_err(|_| "run me as `cargo xtask …`".to_owned())?;
    Path::new(&manifest)
        .parent()
        .map(Path::to_path_buf)
        .ok_or_else(|| "xtask has no parent folder".to_owned())
}

/// Reads a text file; the error names it.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// All files with this extension or name ending, relative to the root with `/`, sorted.
pub(crate) fn files(root: &Path, ending: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        collect(root, &root.join(folder), ending, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn collect(root: &Path, folder: &Path, ending: &str, found: &mut Vec<String>) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                collect(root, &path, ending, found)?;
            }
        } else if name.ends_with(ending) {
            let relative = path.strip_prefix(root).map_err(|error| error.to_string())?;
            found.push(relative.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}
