//! Settings on the disk: read with care, written in one step.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// The text of a file; none when there is no file.
pub(crate) fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text")),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts a text in the place of the one that was read, which stays beside it as `.bak`.
///
/// Whoever reads the file meanwhile, or looks after a crash, finds the old text or the new one.
pub(crate) fn replace(path: &Path, old: Option<&str>, new: &str) -> io::Result<()> {
    let path = followed(path)?;
    if read(&path)?.as_deref() != old {
        return Err(io::Error::other("it was changed by another program just now: try again"));
    }
    let is_guarded = fs::metadata(&path).is_ok_and(|now| now.permissions().readonly());
    if is_guarded {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    if let Some(old) = old {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        commit(stage(&path, old)?, &path.with_file_name(format!("{name}.bak")))?;
    }
    commit(stage(&path, new)?, &path)
}

/// Where symlinks lead, even to a file that is not there yet.
fn followed(path: &Path) -> io::Result<PathBuf> {
    const MOST: usize = 40;
    let mut path = path.to_path_buf();
    for _ in 0..MOST {
        match fs::read_link(&path) {
            Ok(next) => path = path.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("its symlinks go in a circle"))
}

/// Writes a text to a new file beside the one it is for, with the mode of that, and waits until the disk has it.
fn stage(path: &Path, text: &str) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // Only its owner may read it, unless the old file says otherwise.
    let mut file = tempfile::Builder::new().prefix(".toolwright-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Ok(old) = fs::metadata(path) {
        file.as_file().set_permissions(old.permissions())?;
        #[cfg(unix)]
        owned(file.path(), &old)?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

/// Gives a file the owner of the old one: whoever works as root must not lock a user out.
#[cfg(unix)]
fn owned(path: &Path, old: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let new = fs::metadata(path)?;
    let is_same = (new.uid(), new.gid()) == (old.uid(), old.gid());
    if is_same { Ok(()) } else { chown(path, Some(old.uid()), Some(old.gid())) }
}

/// Gives a staged file its name.
fn commit(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.persist(path).map_err(|error| error.error)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_ends_before_the_rename_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        fs::write(&path, "old").unwrap();
        let staged = stage(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        // A process that is killed here never comes to its destructors.
        let (_, left) = staged.keep().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_to_string(left).unwrap(), "new");
        replace(&path, Some("old"), "newer").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "newer");
        assert_eq!(fs::read_to_string(folder.path().join("a.json.bak")).unwrap(), "old");
    }

    #[test]
    fn what_another_program_wrote_meanwhile_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        fs::write(&path, "theirs").unwrap();
        assert!(replace(&path, Some("old"), "new").unwrap_err().to_string().contains("another program"));
        assert!(replace(&path, None, "new").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
    }

    #[test]
    fn a_file_that_is_read_only_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        fs::write(&path, "old").unwrap();
        let mut guarded = fs::metadata(&path).unwrap().permissions();
        guarded.set_readonly(true);
        fs::set_permissions(&path, guarded).unwrap();
        assert!(replace(&path, Some("old"), "new").unwrap_err().to_string().contains("read-only"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert!(!folder.path().join("a.json.bak").exists());
    }

    #[cfg(unix)]
    #[test]
    fn symlinks_and_modes_stay_and_a_new_file_is_its_owners() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.json"), folder.path().join("link.json"));
        symlink("real.json", &link).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        replace(&link, None, "new").unwrap();
        assert_eq!((mode(&real), fs::read_to_string(&real).unwrap().as_str()), (0o600, "new"));
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        replace(&link, Some("new"), "newer").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!((mode(&real), fs::read_to_string(&link).unwrap().as_str()), (0o640, "newer"));
        assert_eq!(mode(&folder.path().join("real.json.bak")), 0o640);
    }
}
