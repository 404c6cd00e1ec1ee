//! Folders: those that skills are read from, and those that clients look into.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::skill::{InvalidSkill, MANIFEST, MOST_BYTES, Skill, not_text};

/// How deep a skill may lie, and how many files a folder may have: no skill has more.
const DEEPEST: usize = 16;
const MOST: usize = 4096;

/// The skills in a folder.
pub(super) fn skills(folder: &Path) -> Result<Vec<Skill>, InvalidSkill> {
    let mut found = Vec::new();
    for (path, _) in list(folder).map_err(|error| error.within(folder))? {
        if path.join(MANIFEST).is_file() {
            found.push(Skill::read(path)?);
        }
    }
    Ok(found)
}

/// The skill that a folder is.
pub(super) fn skill(folder: &Path) -> Result<Skill, InvalidSkill> {
    let manifest = read(&folder.join(MANIFEST), MANIFEST)?;
    let skill = Skill::new(String::from_utf8(manifest).map_err(|_| not_text(MANIFEST))?)?;
    // The folder may be given as `.`, and be called something all the same.
    let whole = fs::canonicalize(folder).map_err(|error| unreadable(folder, &error))?;
    let name = whole.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    add(skill.named(name)?, &whole, "", 0)
}

fn add(mut skill: Skill, folder: &Path, inside: &str, depth: usize) -> Result<Skill, InvalidSkill> {
    if depth > DEEPEST {
        return Err(InvalidSkill::new(format!("`{inside}` lies too deep: at most {DEEPEST} folders")));
    }
    for (path, name) in list(folder)? {
        let inside = format!("{inside}{name}");
        let kind = fs::symlink_metadata(&path).map_err(|error| unreadable(&path, &error))?.file_type();
        if kind.is_dir() {
            skill = add(skill, &path, &format!("{inside}/"), depth + 1)?;
        } else if !kind.is_file() {
            return Err(InvalidSkill::new(format!(
                "`{inside}` is a link or a device: put the file itself there"
            )));
        } else if inside != MANIFEST {
            skill = skill.file(&inside, read(&path, &inside)?)?;
        }
    }
    Ok(skill)
}

/// What a folder has, in the order of its names; hidden names are left out.
fn list(folder: &Path) -> Result<Vec<(PathBuf, String)>, InvalidSkill> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let name = entry.file_name();
        let name = name.to_str().ok_or_else(|| not_text(&name.to_string_lossy()))?;
        if !name.starts_with('.') {
            found.push((entry.path(), name.to_owned()));
        }
        if found.len() > MOST {
            return Err(InvalidSkill::new(format!("`{}` has over {MOST} files", folder.display())));
        }
    }
    found.sort();
    Ok(found)
}

/// A file that is one, and not longer than a skill may be.
fn read(path: &Path, inside: &str) -> Result<Vec<u8>, InvalidSkill> {
    let kind = fs::symlink_metadata(path).map_err(|error| unreadable(path, &error))?.file_type();
    if !kind.is_file() {
        return Err(InvalidSkill::new(format!(
            "`{inside}` is a link or a device: put the file itself there"
        )));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let most = MOST_BYTES as u64 + 1;
    file.take(most).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> InvalidSkill {
    InvalidSkill::new(format!("`{}` cannot be read: {error}", path.display()))
}

/// What stands directly in each folder of the skills, by the folder's URI.
pub(super) fn children(skills: &[Skill]) -> BTreeMap<String, Vec<Value>> {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for file in skills.iter().flat_map(Skill::resources) {
        let mut uri = file.uri().to_owned();
        let mut child = json!(file.listed());
        while let Some((folder, _)) = uri.rsplit_once('/').filter(|(folder, _)| !folder.ends_with('/')) {
            if !known.insert(uri.clone()) {
                break;
            }
            found.entry(folder.to_owned()).or_default().push(child);
            let name = folder.rsplit('/').next().unwrap_or_default();
            child = json!({"uri": folder, "name": name, "mimeType": "inode/directory"});
            uri = folder.to_owned();
        }
    }
    found
}
