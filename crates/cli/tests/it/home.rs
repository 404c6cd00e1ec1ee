//! A home folder of its own, with a server to install and nothing else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::folder::Folder;

pub(crate) struct Home(Folder);

impl Home {
    /// With the program `bin/notes`, a server with the tools `ask`, `wait` and `grow`.
    pub(crate) fn new() -> Self {
        let home = Self(Folder::new());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/legacy_server.sh");
        home.program("notes", &format!("exec /bin/sh '{script}' /dev/null"));
        fs::create_dir(home.path("project")).unwrap();
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts a script into `bin`.
    pub(crate) fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.write(&format!("bin/{name}"), &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// All files but the programs.
    pub(crate) fn files(&self) -> Vec<String> {
        let (mut folders, mut files) = (vec![self.0.path().to_path_buf()], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.parent() != Some(&self.path("bin")) {
                    files.push(path.strip_prefix(self.0.path()).unwrap().display().to_string());
                }
            }
        }
        files.sort();
        files
    }

    /// Runs the command in `project`, with nothing of the real home; its words part at spaces.
    pub(crate) fn run(&self, line: &str) -> (i32, String, String) {
        self.run_words(&line.split(' ').collect::<Vec<_>>())
    }

    pub(crate) fn run_words(&self, words: &[&str]) -> (i32, String, String) {
        let ended = Command::new(env!("CARGO_BIN_EXE_toolwright"))
            .args(words)
            .env_clear()
            .env("HOME", self.0.path())
            .env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()))
            .current_dir(self.path("project"))
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| self.neutral(&String::from_utf8(bytes).unwrap());
        (ended.status.code().unwrap(), text(ended.stdout), text(ended.stderr))
    }

    /// What a command says as JSON.
    pub(crate) fn json(&self, line: &str) -> (i32, Value) {
        let (code, said, errors) = self.run(line);
        (code, serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}{errors}")))
    }

    /// The home folder is called HOME.
    pub(crate) fn neutral(&self, text: &str) -> String {
        text.replace(&self.0.path().display().to_string(), "HOME")
    }
}
