//! Hears when a source file changes.

use std::path::{Path, PathBuf};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use crate::outcome::Failure;

/// Folders whose files are made, not written.
const MADE: [&str; 3] = ["target", "node_modules", "__pycache__"];

/// Changes as they come; watching ends when it is dropped.
pub(super) struct Changes {
    heard: mpsc::Receiver<()>,
    _watcher: RecommendedWatcher,
}

impl Changes {
    /// Waits for a change.
    pub(super) async fn next(&mut self) {
        if self.heard.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// Watches this folder, without what is made in it, and what is named.
pub(super) fn start(more: &[PathBuf]) -> Result<Changes, Failure> {
    // One that waits says it all.
    let (tell, heard) = mpsc::channel(1);
    let hear = move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| matters(&event)) {
            let _ = tell.try_send(());
        }
    };
    let failed = |path: &Path, error: notify::Error| {
        Failure::machine(format!("cannot watch {}", path.display()), error)
    };
    let here = std::env::current_dir().map_err(|error| Failure::machine("where am I", error))?;
    let mut watcher = notify::recommended_watcher(hear).map_err(|error| failed(&here, error))?;
    let mut watch = |path: &Path, mode| watcher.watch(path, mode).map_err(|error| failed(path, error));
    watch(&here, RecursiveMode::NonRecursive)?;
    let entries = std::fs::read_dir(&here).map_err(|error| Failure::machine(here.display(), error))?;
    let folders = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir());
    for folder in folders.filter(|folder| !is_made(folder.file_name())) {
        watch(&folder, RecursiveMode::Recursive)?;
    }
    for path in more {
        watch(path, RecursiveMode::Recursive)?;
    }
    Ok(Changes { heard, _watcher: watcher })
}

/// Whether somebody wrote something.
fn matters(event: &Event) -> bool {
    let is_change = event.kind.is_create() || event.kind.is_modify() || event.kind.is_remove();
    let is_mode = matches!(event.kind, EventKind::Modify(notify::event::ModifyKind::Metadata(_)));
    is_change && !is_mode && event.paths.iter().any(|path| !is_made(path.file_name()))
}

/// Hidden files and folders of what is made; `Cargo.lock` is written by the build itself.
fn is_made(name: Option<&std::ffi::OsStr>) -> bool {
    let name = name.unwrap_or_default().to_string_lossy();
    name.starts_with('.') || name.ends_with('~') || name == "Cargo.lock" || MADE.contains(&name.as_ref())
}
