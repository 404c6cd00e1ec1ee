//! A pseudo-terminal with the command at it, for what is said to people only.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Child, Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// The command, and the person before the screen.
pub(crate) struct Terminal {
    pub(crate) child: Child,
    keyboard: File,
    screen: String,
}

impl Terminal {
    /// Starts the command with its input and its standard error at a terminal; its standard output is a pipe.
    pub(crate) fn start(command: &mut Command) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let path = std::ffi::OsStr::from_bytes(name.as_bytes());
        let user = || OpenOptions::new().read(true).write(true).open(path).unwrap();
        let child = command.env("TERM", "xterm").stdin(user()).stderr(user()).stdout(Stdio::piped());
        let child = child.spawn().unwrap();
        // The command keeps its terminal open in this process; without this, its end would not be seen.
        command.stdin(Stdio::null()).stderr(Stdio::null());
        Self { child, keyboard: File::from(controller), screen: String::new() }
    }

    /// Waits until this is on the screen, after what was waited for before.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let mut bytes = [0; 1024];
        while !self.screen.contains(text) {
            let count = self.keyboard.read(&mut bytes).unwrap_or(0);
            assert!(count > 0, "no {text:?} in {:?}", self.screen);
            self.screen += &String::from_utf8_lossy(&bytes[..count]);
        }
        let end = self.screen.find(text).unwrap() + text.len();
        self.screen.drain(..end);
    }

    /// Types a line.
    pub(crate) fn type_in(&mut self, line: &str) {
        self.keyboard.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// The exit code, and what came to standard output.
    pub(crate) fn end(mut self) -> (i32, String) {
        let mut said = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code().unwrap(), said)
    }
}
