//! A private folder for a database that lives as long as its store.

use std::fs::DirBuilder;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

/// A folder with an unguessable name, removed with all it holds when this value is dropped.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Makes the folder, readable by its owner only.
    pub(super) fn new() -> io::Result<Self> {
        let name = format!("orders-{}-{:016x}", std::process::id(), RandomState::new().hash_one(0));
        let folder = std::env::temp_dir().join(name);
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder)?;
        Ok(Self(folder))
    }

    /// Where the database goes.
    pub(super) fn file(&self) -> PathBuf {
        self.folder().join("orders.db")
    }

    fn folder(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "a temporary folder could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_goes_with_the_value() {
        let scratch = Scratch::new().unwrap();
        let folder = scratch.folder().to_owned();
        std::fs::write(scratch.file(), "x").unwrap();
        drop(scratch);
        assert!(!folder.exists());
    }
}
