//! Without file descriptors nothing can be claimed yet: tokio's own standard input and output, unguarded.

use std::io::{self, IsTerminal as _, Write as _};

/// Nothing to keep.
#[derive(Debug)]
pub(crate) struct Claimed;

pub(crate) type Reader = tokio::io::Stdin;
pub(crate) type Writer = tokio::io::Stdout;

impl Claimed {
    #[allow(clippy::unnecessary_wraps, reason = "the same signature on every platform")]
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    #[allow(clippy::unnecessary_wraps, reason = "the same signature on every platform")]
    pub(crate) fn open(self) -> io::Result<(Reader, Writer)> {
        Ok((tokio::io::stdin(), tokio::io::stdout()))
    }

    /// Whether a person is typing.
    #[allow(clippy::unused_self, reason = "the same signature on every platform")]
    pub(super) fn is_terminal(&self) -> bool {
        io::stdin().is_terminal()
    }

    /// Says something to a person.
    pub(crate) fn write_all(self, bytes: &[u8]) -> io::Result<()> {
        io::stdout().write_all(bytes)
    }
}
