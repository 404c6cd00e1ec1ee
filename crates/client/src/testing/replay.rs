//! A recorded conversation, held once more.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};
use toolwright_server::Service;

use crate::record::{Line, Side};

/// How long a server may take for what it said before.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many bytes are on their way.
const ROOM: usize = 64 * 1024;

/// A recording, made by [`Options::record`](crate::Options::record): the client's part is said once more, and the server
/// must answer as it did.
///
/// ```
/// use toolwright::prelude::*;
/// use toolwright::{Client, testing::Replay};
///
/// /// Adds two numbers.
/// #[tool]
/// fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> toolwright::Result {
/// # let file = std::env::temp_dir().join(format!("replay-{}.jsonl", std::process::id()));
/// let service = Server::new("sums").tools(toolset![add]).build()?;
/// let client = Client::options().record(&file)?.connect(&service).await?;
/// let _: i64 = client.call("add", serde_json::json!({"a": 1, "b": 2})).await?;
/// client.close().await;
///
/// // Later, on what the server has become:
/// Replay::read(&file)?.against(&service).await?;
/// # std::fs::remove_file(file)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Replay {
    lines: Vec<Line>,
    ignored: Vec<String>,
}

/// The first thing that a server says differently.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Difference {
    /// The line in the recording.
    pub line: usize,
    /// What the server said when it was recorded.
    pub expected: String,
    /// What it says now.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, expected, found } = self;
        write!(f, "line {line} of the recording:\n  then: {expected}\n  now:  {found}")
    }
}

impl std::error::Error for Difference {}

impl Replay {
    /// Reads a recording.
    ///
    /// # Errors
    ///
    /// When there is no such file, or a line of it is none of a recording.
    pub fn read(path: impl AsRef<Path>) -> io::Result<Self> {
        let text = std::fs::read_to_string(path)?;
        let line = |(index, text): (usize, &str)| {
            serde_json::from_str(text).map_err(|error| {
                io::Error::new(io::ErrorKind::InvalidData, format!("line {}: {error}", index + 1))
            })
        };
        let lines = text.lines().enumerate().map(line).collect::<io::Result<_>>()?;
        Ok(Self { lines, ignored: Vec::new() })
    }

    /// Does not compare what stands there in a message, such as `/result/structuredContent/time`.
    ///
    /// The server's own version is never compared.
    pub fn ignore(mut self, pointer: impl Into<String>) -> Self {
        self.ignored.push(pointer.into());
        self
    }

    /// Says what the client said, and compares what the server says. Answers may come in any order.
    ///
    /// # Errors
    ///
    /// The first difference.
    pub async fn against(&self, service: &Service) -> Result<(), Difference> {
        let mut server = Heard::start(service.clone());
        for (index, Line { from, message }) in self.lines.iter().enumerate() {
            let differs =
                |found: String| Difference { line: index + 1, expected: message.to_string(), found };
            match from {
                Side::Client => server.say(message).await.map_err(|error| differs(error.to_string()))?,
                Side::Server => {
                    let found = server.next_like(message).await.map_err(|why| differs(why.to_owned()))?;
                    if self.compared(&found) != self.compared(message) {
                        return Err(differs(found.to_string()));
                    }
                }
            }
        }
        match server.unmatched.pop_front() {
            None => Ok(()),
            Some(found) => Err(Difference {
                line: self.lines.len(),
                expected: "nothing more".into(),
                found: found.to_string(),
            }),
        }
    }

    /// A message without what is not compared.
    fn compared(&self, message: &Value) -> Value {
        let mut message = message.clone();
        let own = ["/result/serverInfo/version", "/result/_meta/io.modelcontextprotocol~1serverInfo/version"];
        for pointer in self.ignored.iter().map(String::as_str).chain(own) {
            if let Some(place) = message.pointer_mut(pointer) {
                *place = Value::Null;
            }
        }
        message
    }
}

/// A server, and what it has said that was not yet compared.
struct Heard {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    writer: WriteHalf<DuplexStream>,
    unmatched: VecDeque<Value>,
}

impl Heard {
    fn start(service: Service) -> Self {
        let (ours, theirs) = tokio::io::duplex(ROOM);
        let (reader, writer) = tokio::io::split(theirs);
        tokio::spawn(async move { service.serve(reader, writer).await });
        let (reader, writer) = tokio::io::split(ours);
        Self { lines: BufReader::new(reader).lines(), writer, unmatched: VecDeque::new() }
    }

    async fn say(&mut self, message: &Value) -> io::Result<()> {
        self.writer.write_all(format!("{message}\n").as_bytes()).await
    }

    /// The next message with the same id, or else of the same method.
    async fn next_like(&mut self, message: &Value) -> Result<Value, &'static str> {
        let name = |message: &Value| match message.get("id") {
            Some(id) if message.get("method").is_none() => json!([id]),
            _ => message["method"].clone(),
        };
        let wanted = name(message);
        if let Some(at) = self.unmatched.iter().position(|heard| name(heard) == wanted) {
            return self.unmatched.remove(at).ok_or("nothing");
        }
        let heard = async {
            while let Ok(Some(line)) = self.lines.next_line().await {
                let heard: Value = serde_json::from_str(&line).unwrap_or_else(|_| line.into());
                if name(&heard) == wanted {
                    return Ok(heard);
                }
                self.unmatched.push_back(heard);
            }
            Err("the server has ended")
        };
        tokio::time::timeout(PATIENCE, heard).await.unwrap_or(Err("nothing within ten seconds"))
    }
}
