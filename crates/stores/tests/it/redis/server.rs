//! A Redis of a test's own, which can be killed and started again.
//!
//! `TOOLWRIGHT_REDIS` names the program: `cargo xtask redis` sets it. Without it these tests are passed over.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// It keeps nothing, and listens at a socket in a folder of its own: no port to be taken by another.
pub(crate) struct Server {
    program: OsString,
    folder: PathBuf,
    child: Option<Child>,
}

impl Server {
    /// A running one; the folder is made anew.
    pub(crate) fn start(folder: PathBuf) -> Option<Self> {
        let program = std::env::var_os("TOOLWRIGHT_REDIS")?;
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let mut server = Self { program, folder, child: None };
        server.again();
        Some(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.join("socket").display())
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts it, with nothing in it, and waits until it listens.
    pub(crate) fn again(&mut self) {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder).args(["--port", "0", "--unixsocket", "socket", "--save", ""]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(said.any(|line| line.contains("ready to accept connections")), "it ended at once");
        // It says more, and must not wait for somebody to read that.
        std::thread::spawn(move || said.for_each(drop));
        self.child = Some(child);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
