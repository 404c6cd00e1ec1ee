//! The conversation with a server, and how it is begun anew: when a session was forgotten, or a server has ended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::{Instant, sleep};

use crate::cache::Cache;
use crate::error::{Error, Result};
use crate::handshake::{self, ServerFacts};
use crate::inbox::Inbox;
use crate::options::Options;
use crate::pause::{HEALTHY, pause};
use crate::target::{Again, Target};
use crate::wire::Wire;

/// Opens a target and meets its server.
pub(crate) async fn open(target: Target, options: &Options) -> Result<(Wire, ServerFacts)> {
    let inbox = Inbox::new(options.handlers.clone(), Cache::new(options.cache), options.recorder.clone());
    let link = target.open(&inbox, options)?;
    let met = handshake::meet(Wire::new(inbox, Arc::clone(&link)), options).await;
    met.inspect_err(|_| link.let_go())
}

pub(crate) struct Line {
    wire: Mutex<Wire>,
    /// Where the server is, if it can be met again.
    again: Option<Again>,
    tries: tokio::sync::Mutex<Tries>,
    /// It is over, and wanted so.
    closed: AtomicBool,
    /// It has failed too often.
    given_up: AtomicBool,
}

/// How often a server that had ended was begun anew, one time after the other.
struct Tries {
    count: u32,
    since: Instant,
}

impl Line {
    pub(crate) fn new(wire: Wire, again: Option<Again>) -> Self {
        Self {
            wire: Mutex::new(wire),
            again,
            tries: tokio::sync::Mutex::new(Tries { count: 0, since: Instant::now() }),
            closed: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
        }
    }

    /// The conversation as it is now, even if it has ended.
    pub(crate) fn wire(&self) -> Wire {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it would be begun anew if it ended.
    pub(crate) fn comes_back(&self) -> bool {
        self.again.is_some()
            && ![&self.closed, &self.given_up].iter().any(|flag| flag.load(Ordering::Relaxed))
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// A conversation to ask in, in this version: begun anew if the last one has ended.
    pub(crate) async fn ready(&self, options: &Options, facts: &ServerFacts) -> Result<Wire> {
        let wire = self.wire();
        if wire.inbox.has_ended() { self.renew(&wire, options, facts).await } else { Ok(wire) }
    }

    /// Another conversation instead of this one; whoever asks for it at the same time shares it.
    pub(crate) async fn renew(&self, old: &Wire, options: &Options, facts: &ServerFacts) -> Result<Wire> {
        let Some(again) = self.again.as_ref().filter(|_| self.comes_back()) else { return Ok(old.clone()) };
        let mut tries = self.tries.lock().await;
        let current = self.wire();
        if !Arc::ptr_eq(&current.inbox, &old.inbox) && !current.inbox.has_ended() {
            return Ok(current);
        }
        if let Some(why) = current.inbox.why_closed() {
            tries.next(again.restarts(), &why).await.inspect_err(|_| {
                self.given_up.store(true, Ordering::Relaxed);
            })?;
        }
        // What is known of the server holds for its version.
        let options = options.clone().version(facts.version);
        let (wire, _) = open(again.target(), &options).await?;
        if current.inbox.why_closed().is_some() {
            current.link.let_go();
        }
        tries.since = Instant::now();
        *self.wire.lock().unwrap_or_else(PoisonError::into_inner) = wire.clone();
        Ok(wire)
    }
}

impl Tries {
    /// Waits for its time; fails when there were as many as may be.
    async fn next(&mut self, most: u32, why: &str) -> Result {
        if self.since.elapsed() >= HEALTHY {
            self.count = 0;
        }
        if self.count >= most {
            return Err(Error::Gone(format!("{why}, and was begun anew {} times before", self.count)));
        }
        sleep(pause(self.count)).await;
        self.count += 1;
        Ok(())
    }
}
