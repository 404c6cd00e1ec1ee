//! A server that is a child process: what it inherits, how it ends, and that nothing of it stays behind.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;
use tokio::sync::{oneshot, watch};

use crate::error::{Error, Result};
use crate::handlers::Hearing;
use crate::inbox::Inbox;
use crate::link::{Link, Outgoing};
use crate::pipe::Pipe;

/// The only variables a server inherits, beside those it is given: the rest may hold secrets.
const INHERITED: [&str; 22] = [
    "APPDATA",
    "HOME",
    "HOMEDRIVE",
    "HOMEPATH",
    "LANG",
    "LC_ALL",
    "LOCALAPPDATA",
    "LOGNAME",
    "PATH",
    "PROGRAMFILES",
    "SHELL",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TERM",
    "TMP",
    "TMPDIR",
    "TZ",
    "USER",
    "USERNAME",
    "USERPROFILE",
    "XDG_RUNTIME_DIR",
];
/// How long a server may take for each step towards its end.
const GRACE: Duration = Duration::from_secs(2);
/// How much of a server's standard error is kept, to say why it ended.
const KEPT: usize = 4096;

/// A program to start as a server.
///
/// ```
/// use toolwright_client::Command;
///
/// let server = Command::new("npx").args(["-y", "@modelcontextprotocol/server-everything"]).env("DEBUG", "1");
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Command {
    program: OsString,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
    restarts: u32,
}

impl Command {
    /// This program, found like a shell finds it.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self { program: program.into(), args: Vec::new(), env: Vec::new(), folder: None, restarts: 0 }
    }

    /// With one more argument.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// With more arguments.
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// With an environment variable. A server inherits only what every program needs, such as `PATH` and `HOME`.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// In this folder.
    pub fn current_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Starts it again when it has ended by itself, up to so many times in a row; it never is without this.
    ///
    /// The call that it was in the middle of fails: nobody knows how far it came. The next one starts it, after a pause
    /// that grows with each time, and subscriptions go on.
    pub fn restart(mut self, times: u32) -> Self {
        self.restarts = times;
        self
    }

    pub(crate) fn restarts(&self) -> u32 {
        self.restarts
    }

    /// A command line, its words parted as a shell parts them: quotes keep words together.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut words = words(line)?.into_iter();
        Some(Self::new(words.next()?).args(words))
    }

    /// Starts it, in this group or in one of its own.
    fn spawn(&self, group: Option<u32>) -> Result<Child> {
        let mut command = tokio::process::Command::new(&self.program);
        command.args(&self.args).env_clear().envs(self.env.iter().map(|(name, value)| (name, value)));
        for name in INHERITED {
            let is_given = self.env.iter().any(|(given, _)| given == OsStr::new(name));
            if let Some(value) = std::env::var_os(name).filter(|_| !is_given) {
                command.env(name, value);
            }
        }
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // A Ctrl-C on our terminal is ours; and what it starts itself ends with it.
        #[cfg(unix)]
        command.process_group(group.and_then(|group| i32::try_from(group).ok()).unwrap_or(0));
        #[cfg(not(unix))]
        let _ = group;
        command
            .spawn()
            .map_err(|error| Error::Gone(format!("cannot start {}: {error}", self.program.to_string_lossy())))
    }
}

/// The words of a command line; none when a quote is left open.
fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some('\''), _) => word.get_or_insert_default().push(letter),
            (_, '\\') if cfg!(unix) => word.get_or_insert_default().push(letters.next()?),
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// The link to a child: its pipe, and what brings it to its end.
pub(crate) struct Process {
    pipe: Arc<Pipe>,
    /// Dropped, it tells the keeper to end the child.
    end: Mutex<Option<oneshot::Sender<()>>>,
    ended: watch::Receiver<bool>,
}

impl Process {
    pub(crate) fn start(command: &Command, inbox: &Arc<Inbox>) -> Result<Arc<Self>> {
        let dog = Watchdog::start();
        let spawned = command.spawn(dog.group());
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => {
                dog.dismiss();
                return Err(error);
            }
        };
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(Error::Gone("a child without its streams".into()));
        };
        let pipe = Pipe::open(output, input, inbox);
        let (end, told) = oneshot::channel();
        let (over, ended) = watch::channel(false);
        let program = command.program.to_string_lossy().into_owned();
        tokio::spawn(keep(child, dog, Arc::clone(&pipe), told, over));
        tokio::spawn(drain(errors, program, inbox.handlers().stderr.clone()));
        Ok(Arc::new(Self { pipe, end: Mutex::new(Some(end)), ended }))
    }
}

impl Link for Process {
    fn send(&self, message: Outgoing) -> BoxFuture<'_, Result> {
        self.pipe.send(message)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        drop(self.end.lock().unwrap_or_else(PoisonError::into_inner).take());
        let mut ended = self.ended.clone();
        Box::pin(async move {
            let _ = ended.wait_for(|ended| *ended).await;
        })
    }
}

/// Waits for the end of a child, or brings it about: first its input ends, then it is asked, then it is killed.
async fn keep(
    mut child: Child,
    dog: Watchdog,
    pipe: Arc<Pipe>,
    told: oneshot::Receiver<()>,
    over: watch::Sender<bool>,
) {
    let group = dog.group().or(child.id());
    tokio::select! {
        _ = child.wait() => {}
        _ = told => {
            pipe.close_input();
            if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
                signal(group, Signal::Ask);
                if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
                    signal(group, Signal::Kill);
                    let _ = child.kill().await;
                }
            }
        }
    }
    // What it had started itself.
    signal(group, Signal::Kill);
    dog.dismiss();
    over.send_replace(true);
}

/// A child that does not read its error output must not stop for it.
async fn drain(mut errors: impl AsyncRead + Unpin, program: String, hear: Option<Hearing>) {
    let mut room = [0; KEPT];
    while let Ok(count @ 1..) = errors.read(&mut room).await {
        let text = String::from_utf8_lossy(&room[..count]);
        tracing::debug!("{program}: {}", text.trim_end());
        if let Some(hear) = &hear {
            hear(&text);
        }
    }
}

#[derive(Clone, Copy)]
enum Signal {
    Ask,
    Kill,
}

/// Signals a child and all that it has started.
#[cfg(unix)]
fn signal(group: Option<u32>, signal: Signal) {
    use rustix::process::{Pid, kill_process_group};
    let group = group.and_then(|group| Pid::from_raw(i32::try_from(group).ok()?));
    let signal = match signal {
        Signal::Ask => rustix::process::Signal::TERM,
        Signal::Kill => rustix::process::Signal::KILL,
    };
    if let Some(group) = group {
        // It may be gone already.
        let _ = kill_process_group(group, signal);
    }
}

#[cfg(not(unix))]
fn signal(_: Option<u32>, _: Signal) {}

/// A process that ends its group when this one is gone, even if it was killed: its input ends then.
///
/// The child is started into its group, so there is no moment in which nobody watches.
#[derive(Debug)]
struct Watchdog(Option<std::process::Child>);

impl Watchdog {
    #[cfg(unix)]
    fn start() -> Self {
        use std::os::unix::process::CommandExt as _;
        let script = "trap '' TERM; read -r line; kill -TERM 0; sleep 2; kill -KILL 0";
        let mut dog = std::process::Command::new("/bin/sh");
        dog.args(["-c", script]).env_clear().process_group(0);
        dog.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(dog.spawn().ok())
    }

    #[cfg(not(unix))]
    fn start() -> Self {
        Self(None)
    }

    /// The group that it watches.
    fn group(&self) -> Option<u32> {
        self.0.as_ref().map(std::process::Child::id)
    }

    /// There is nobody to watch any more.
    fn dismiss(mut self) {
        if let Some(mut dog) = self.0.take() {
            let _ = dog.kill();
            let _ = dog.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_as_a_shell_parts_them() {
        let cases = [
            ("npx -y  server", Some(vec!["npx", "-y", "server"])),
            (r#""a b" 'c "d"' e"f"g"#, Some(vec!["a b", "c \"d\"", "efg"])),
            ("a '' b", Some(vec!["a", "", "b"])),
            ("a 'b", None),
            ("", Some(vec![])),
        ];
        for (line, expected) in cases {
            let expected: Option<Vec<String>> =
                expected.map(|words| words.into_iter().map(str::to_owned).collect());
            assert_eq!(words(line), expected, "{line}");
        }
    }
}
