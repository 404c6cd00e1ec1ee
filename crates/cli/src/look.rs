//! A look at a server: does it start, does it answer, what does it offer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use toolwright::client::{Error, Options, Target};

use crate::ask::Offers;
use crate::outcome::{Exit, Failure};

/// How much is kept of what a server says beside the protocol.
const KEPT: usize = 2000;

/// What was seen.
pub(crate) struct Look {
    pub(crate) offers: Offers,
    /// From its start to its first answer.
    pub(crate) took: Duration,
    /// What stood on its standard output and is no message.
    pub(crate) stray: String,
}

/// Connects, asks what there is, and lets the server end.
///
/// # Errors
///
/// With the end of what it said on standard error.
pub(crate) async fn look(target: impl Into<Target>, options: Options) -> Result<Look, Failure> {
    let (stray, errors) = (Kept::default(), Kept::default());
    let options = options.on_stray(stray.hearing()).on_stderr(errors.hearing());
    let start = Instant::now();
    let seen = async {
        let client = options.connect(target).await.map_err(|error| {
            let next = match error {
                Error::Unauthorized(_) => "; the client may sign in to it, as `toolwright list` does",
                _ => "",
            };
            let Failure { why, exit } = error.into();
            Failure { why: why + next, exit }
        })?;
        let took = start.elapsed();
        let offers = Offers::of(&client).await;
        client.close().await;
        Ok::<_, Failure>((offers?, took))
    };
    match seen.await {
        Ok((offers, took)) => Ok(Look { offers, took, stray: stray.text() }),
        Err(Failure { mut why, exit }) => {
            // What it wrote last may come after its end.
            tokio::task::yield_now().await;
            for (what, said) in [("standard error", errors.text()), ("standard output", stray.text())] {
                if !said.is_empty() {
                    why = format!("{why}\nits {what} said: {said}");
                }
            }
            Err(Failure { why, exit })
        }
    }
}

impl Look {
    /// In one line.
    pub(crate) fn summary(&self) -> String {
        let Offers { facts, tools, .. } = &self.offers;
        let server = &facts.server;
        let name = format!("{} {}", server.name, server.version);
        let name = if name.trim().is_empty() { "a server without a name" } else { name.trim() };
        let tools = match tools.len() {
            1 => "1 tool".to_owned(),
            count => format!("{count} tools"),
        };
        format!("{name}, protocol {}, {tools}, up in {} ms", facts.version, self.took.as_millis())
    }
}

/// Whether it is the server that failed, not the machine or the command.
pub(crate) fn is_of_server(exit: Exit) -> bool {
    matches!(exit, Exit::Unreachable | Exit::Refused | Exit::ToolFailed)
}

/// The last of what was heard.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<String>>);

impl Kept {
    fn hearing(&self) -> impl Fn(&str) + Send + Sync + 'static {
        let kept = self.clone();
        move |text| {
            let mut all = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.push_str(text);
            if !text.ends_with('\n') {
                all.push('\n');
            }
            while all.len() > KEPT {
                let first = all.chars().next().map_or(1, char::len_utf8);
                all.drain(..first);
            }
        }
    }

    fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).trim().to_owned()
    }
}
