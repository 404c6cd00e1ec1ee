//! Every limit of a server, with a finite default.

use std::time::Duration;

/// What a peer can make a server spend at most.
///
/// ```
/// use toolwright_server::Limits;
///
/// let limits = Limits { in_flight: 32, ..Limits::default() };
/// assert_eq!(limits.line, 16 * 1024 * 1024);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The longest message on a pipe, in bytes: 16 MiB.
    pub line: usize,
    /// How many calls of a connection run at once: 256.
    pub in_flight: usize,
    /// How many calls beyond these wait for their turn before no more is read: 256.
    pub waiting: usize,
    /// How many bytes a connection keeps of waiting calls, of what is subscribed to, and of answers the client does
    /// not read: 8 MiB each.
    pub buffered: usize,
    /// How many messages a batch may have: 64.
    pub batch: usize,
    /// How many subscriptions a connection may hold: 256.
    pub subscriptions: usize,
    /// How many threads run blocking tools: 64.
    pub blocking_threads: usize,
    /// The longest a call may take, unless its tool says otherwise: 60 seconds.
    pub call: Duration,
    /// How long calls in flight may still take when the server is to end: 10 seconds.
    pub drain: Duration,
}

impl Limits {
    /// Nothing would ever move with none of these.
    pub(crate) fn workable(mut self) -> Self {
        for limit in [&mut self.in_flight, &mut self.waiting, &mut self.buffered, &mut self.blocking_threads]
        {
            *limit = (*limit).max(1);
        }
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            line: 16 * MIB,
            in_flight: 256,
            waiting: 256,
            buffered: 8 * MIB,
            batch: 64,
            subscriptions: 256,
            blocking_threads: 64,
            call: Duration::from_secs(60),
            drain: Duration::from_secs(10),
        }
    }
}
