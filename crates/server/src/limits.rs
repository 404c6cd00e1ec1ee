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
    /// How many reports of progress a call sends in a second: 20; of others the last is sent before the answer.
    pub progress: u32,
    /// How often a call may come back with questions: 16.
    pub rounds: u32,
    /// The longest memory of a call that asks, in bytes: 64 KiB.
    pub state: usize,
    /// How long a client may take to answer a question: 10 minutes.
    pub ask: Duration,
    /// How many tasks run at once: 256.
    pub tasks: usize,
    /// How many of them may be of one principal: 64.
    pub tasks_per_principal: usize,
    /// How many tasks are kept in memory, those that ended among them: 1,024.
    pub tasks_kept: usize,
    /// How long a task is kept from its beginning on, at the end of which it is stopped: 1 hour.
    pub task_ttl: Duration,
    /// How deep the JSON of a message may nest: 64.
    pub depth: usize,
    /// HTTP: how many connections are open at once: 10,240; more wait to be accepted.
    pub connections: usize,
    /// HTTP: the longest head of a request, in bytes: 32 KiB.
    pub header: usize,
    /// HTTP: how many header lines a request may have: 64.
    pub header_lines: usize,
    /// HTTP: how long the head of a request may take to come: 10 seconds.
    pub header_time: Duration,
    /// HTTP: the longest body of a request, in bytes: 4 MiB.
    pub body: usize,
    /// HTTP: how long a body may take to come, and how long a client may not read: 30 seconds.
    pub body_time: Duration,
    /// HTTP: how long a connection may do nothing: 75 seconds.
    pub idle: Duration,
    /// HTTP: how many requests of a process are answered at once: 1,024; others are told to come again.
    pub requests: usize,
    /// HTTP/2: how many requests of a connection are answered at once: 32.
    pub requests_per_connection: u32,
    /// HTTP: how many streams are held open for changes: 1,024.
    pub streams: usize,
    /// HTTP: after how long a silence a stream says that it is alive: 15 seconds.
    pub keep_alive: Duration,
    /// HTTP: how many sessions there are at once: 1,024.
    pub sessions: usize,
    /// HTTP: how many of them one principal may have: 64.
    pub sessions_per_principal: usize,
    /// HTTP: how long a session may be unused: 5 minutes.
    pub session_idle: Duration,
    /// HTTP: how long a client may take to say that it is ready: 30 seconds.
    pub session_init: Duration,
    /// HTTP: how many bytes of a session's events are kept for a client that comes back: 256 KiB.
    pub replay: usize,
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
            progress: 20,
            rounds: 16,
            state: 64 * 1024,
            ask: Duration::from_secs(600),
            tasks: 256,
            tasks_per_principal: 64,
            tasks_kept: 1024,
            task_ttl: Duration::from_secs(3600),
            depth: 64,
            connections: 10_240,
            header: 32 * 1024,
            header_lines: 64,
            header_time: Duration::from_secs(10),
            body: 4 * MIB,
            body_time: Duration::from_secs(30),
            idle: Duration::from_secs(75),
            requests: 1024,
            requests_per_connection: 32,
            streams: 1024,
            keep_alive: Duration::from_secs(15),
            sessions: 1024,
            sessions_per_principal: 64,
            session_idle: Duration::from_secs(300),
            session_init: Duration::from_secs(30),
            replay: 256 * 1024,
            drain: Duration::from_secs(10),
        }
    }
}
