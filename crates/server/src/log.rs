//! The log on standard error, written by a thread of its own: a client that does not read it holds up nobody.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

use tracing_subscriber::filter::LevelFilter;

/// How many lines may wait for a client that does not read; further ones are lost.
const LINES: usize = 256;
/// How long the last lines may take to be written when the server ends.
const PATIENCE: Duration = Duration::from_millis(200);

/// The thread is started by the first line: most servers never log any.
static LOG: OnceLock<Option<SyncSender<Entry>>> = OnceLock::new();

enum Entry {
    Line(Vec<u8>),
    /// Tells that everything before it was written.
    Mark(Sender<()>),
}

/// What nobody else logs goes to standard error: warnings, or what `TOOLWRIGHT_LOG` names.
pub(crate) fn to_stderr() {
    if tracing::dispatcher::has_been_set() {
        return;
    }
    let level = std::env::var("TOOLWRIGHT_LOG").ok().and_then(|level| level.parse().ok());
    let subscriber = tracing_subscriber::fmt()
        .with_writer(|| Lines)
        .with_ansi(false)
        .with_max_level(level.unwrap_or(LevelFilter::WARN))
        .finish();
    // Another thread may have been faster: then there is a log.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

fn start() -> Option<SyncSender<Entry>> {
    let (send, lines) = sync_channel(LINES);
    std::thread::Builder::new().name("log".into()).spawn(move || write(&lines)).ok().map(|_| send)
}

/// Waits until what was logged is written, unless nobody reads it.
pub(crate) fn flush() {
    let Some(Some(log)) = LOG.get() else { return };
    let (mark, reached) = channel();
    if log.try_send(Entry::Mark(mark)).is_ok() {
        let _ = reached.recv_timeout(PATIENCE);
    }
}

fn write(entries: &Receiver<Entry>) {
    for entry in entries {
        match entry {
            // There is nowhere to say that even this fails.
            Entry::Line(line) => drop(io::stderr().write_all(&line)),
            Entry::Mark(mark) => drop(mark.send(())),
        }
    }
}

struct Lines;

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(log) = LOG.get_or_init(start) {
            let _ = log.try_send(Entry::Line(line.to_vec()));
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
