//! Stands between a client that stays and servers that come and go.

use std::future::pending;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tokio::sync::mpsc;

use super::memory::{Line, Memory};
use super::watch::Changes;
use crate::outcome::Failure;
use crate::program::{Program, Recipe};
use crate::terminal::say;

/// Editors write a file in several steps.
const QUIET: Duration = Duration::from_millis(100);
/// How long a server may take to end when its input does.
const GRACE: Duration = Duration::from_secs(2);

/// A server that runs.
struct Running {
    child: Child,
    input: mpsc::UnboundedSender<String>,
    output: Lines<BufReader<ChildStdout>>,
}

/// Serves until the client ends.
pub(super) async fn serve(recipe: &Recipe, mut changes: Changes) -> Result<(), Failure> {
    let mut client = BufReader::new(tokio::io::stdin()).lines();
    let mut proxy = Proxy { memory: Memory::default(), to_client: writer(tokio::io::stdout()), server: None };
    proxy.replace(recipe.build().await).await;
    // Before the first server there is nothing to talk to: the client's words wait in its pipe.
    let mut was_up = proxy.server.is_some();
    loop {
        tokio::select! {
            line = client.next_line(), if was_up => match line {
                Ok(Some(line)) => proxy.client_says(line),
                _ => break,
            },
            line = next(&mut proxy.server) => match line {
                Some(line) => {
                    let lines = proxy.memory.server_says(line);
                    proxy.send(lines);
                }
                None => proxy.ended().await,
            },
            () = changes.next() => {
                while tokio::time::timeout(QUIET, changes.next()).await.is_ok() {}
                say("toolwright: the source changed");
                let built = proxy.attend(&mut client, was_up, recipe.build()).await;
                let Some(built) = built else { break };
                proxy.replace(built).await;
                was_up |= proxy.server.is_some();
            }
        }
    }
    if let Some(server) = proxy.server.take() {
        end(server).await;
    }
    Ok(())
}

/// The next line of the server, if there is one.
async fn next(server: &mut Option<Running>) -> Option<String> {
    match server {
        Some(server) => server.output.next_line().await.ok().flatten(),
        None => pending().await,
    }
}

struct Proxy {
    memory: Memory,
    to_client: mpsc::UnboundedSender<String>,
    server: Option<Running>,
}

type Client = Lines<BufReader<tokio::io::Stdin>>;

impl Proxy {
    fn send(&self, lines: Vec<Line>) {
        for line in lines {
            match (line, &self.server) {
                (Line::ToClient(line), _) => drop(self.to_client.send(line)),
                (Line::ToServer(line), Some(server)) => drop(server.input.send(line)),
                (Line::ToServer(_), None) => {}
            }
        }
    }

    fn client_says(&mut self, line: String) {
        let lines = self.memory.client_says(line);
        if self.server.is_some() {
            return self.send(lines);
        }
        let unanswered = self.memory.lost("the server ended; it starts again when its source changes");
        self.send(unanswered);
    }

    /// Goes on with the old server while a new one is built; none when the client ends meanwhile.
    async fn attend<T>(
        &mut self,
        client: &mut Client,
        was_up: bool,
        build: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::pin!(build);
        loop {
            tokio::select! {
                built = &mut build => return Some(built),
                line = client.next_line(), if was_up => self.client_says(line.ok().flatten()?),
                line = next(&mut self.server) => match line {
                    Some(line) => {
                        let lines = self.memory.server_says(line);
                        self.send(lines);
                    }
                    None => self.ended().await,
                },
            }
        }
    }

    /// The server ended by itself.
    async fn ended(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let how = server.child.wait().await.map(|status| status.to_string()).unwrap_or_default();
        let why = format!("the server ended ({how}); it starts again when its source changes");
        say(&format!("toolwright: {why}"));
        let lines = self.memory.lost(&why);
        self.send(lines);
    }

    /// Starts the new server in place of the old one, if it was built.
    async fn replace(&mut self, built: Result<Program, String>) {
        let program = match built {
            Ok(program) => program,
            Err(why) => {
                let still = if self.server.is_some() { "; the old server runs on" } else { "" };
                return say(&format!("toolwright: {why}{still}"));
            }
        };
        let old = self.server.take();
        let is_first = old.is_none();
        if let Some(old) = old {
            end(old).await;
        }
        match start(&program) {
            Ok(server) => {
                self.server = Some(server);
                let lines = self.memory.restarted();
                self.send(lines);
                say(if is_first {
                    "toolwright: the server is up"
                } else {
                    "toolwright: the server was restarted"
                });
            }
            Err(error) => say(&format!("toolwright: cannot start the server: {error}")),
        }
    }
}

fn start(program: &Program) -> std::io::Result<Running> {
    let mut command = program.command();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(std::io::Error::other("it has no pipes"));
    };
    Ok(Running { child, input: writer(input), output: BufReader::new(output).lines() })
}

/// Ends a server: its input ends, and if that is not enough, it is killed.
async fn end(server: Running) {
    let Running { mut child, input, mut output } = server;
    drop(input);
    let gone = async {
        while let Ok(Some(_)) = output.next_line().await {}
        let _ = child.wait().await;
    };
    if tokio::time::timeout(GRACE, gone).await.is_err() {
        let _ = child.kill().await;
    }
}

/// Writes lines, one after the other, without holding up who sends them.
fn writer(mut stream: impl AsyncWrite + Unpin + Send + 'static) -> mpsc::UnboundedSender<String> {
    let (send, mut lines) = mpsc::unbounded_channel::<String>();
    tokio::spawn(async move {
        while let Some(line) = lines.recv().await {
            let written = stream.write_all(format!("{line}\n").as_bytes()).await;
            if written.is_err() || stream.flush().await.is_err() {
                return;
            }
        }
    });
    send
}
