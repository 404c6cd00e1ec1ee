//! The way to a server, whatever carries it.

use std::io;

use futures_util::future::BoxFuture;
use tokio::time::Instant;
use toolwright_types::dialect::Dialect;

use crate::error::Result;

/// The longest message that is read from a server, in bytes.
pub(crate) const LONGEST: usize = 16 * 1024 * 1024;

/// What is said of a longer one.
pub(crate) fn too_long() -> String {
    format!("a message has more than {LONGEST} bytes")
}

/// Why nothing more comes from a server that was served or read to its end.
pub(crate) fn ending(end: io::Result<()>) -> String {
    end.map_or_else(|error| format!("the server is gone: {error}"), |()| "the server has ended".into())
}

/// A message on its way, and what a carrier may have to say about it.
#[derive(Debug, Default)]
#[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only HTTP says these in headers"))]
pub(crate) struct Outgoing {
    pub(crate) text: String,
    /// Our number for it, if it is a request.
    pub(crate) number: Option<u64>,
    pub(crate) method: Option<&'static str>,
    /// The tool, prompt or resource that is asked for.
    pub(crate) name: Option<String>,
    /// Arguments that the tool wants repeated in headers, by the header's name.
    pub(crate) mirrored: Vec<(String, String)>,
}

/// Carries messages to a server; what that says comes to the [`Inbox`](crate::inbox::Inbox).
pub(crate) trait Link: Send + Sync + 'static {
    /// Sends a message; ready when it is on its way. A request that cannot be sent fails in the inbox or here.
    fn send(&self, message: Outgoing) -> BoxFuture<'_, Result>;

    /// Nobody waits for the answer any more; true when the server learns that from the carrier itself.
    fn forget(&self, number: u64) -> bool {
        let _ = number;
        false
    }

    /// How the server is spoken to from now on.
    fn settle(&self, dialect: &'static Dialect) {
        let _ = dialect;
    }

    /// Goes on in an older way, if the server turned the handshake away as one that knows no other (protocol.md 1.7).
    fn fall_back(&self) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async { Ok(false) })
    }

    /// When somebody was last asked to authorize something: that time does not count as waiting for the server.
    fn asked(&self) -> Option<Instant> {
        None
    }

    /// Nobody asks any more: nothing is to be waited for.
    fn let_go(&self) {}

    /// Whether the server may forget the conversation.
    fn may_expire(&self) -> bool {
        false
    }

    /// Whether what a request is about is said in headers, too.
    #[cfg(feature = "http")]
    fn has_headers(&self) -> bool {
        false
    }

    /// Ends the conversation; ready when the server is gone.
    fn close(&self) -> BoxFuture<'_, ()>;
}
