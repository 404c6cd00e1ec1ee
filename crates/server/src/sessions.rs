//! Sessions over HTTP that several instances of a server share, for clients of 2025-03-26 to 2025-11-25.
//!
//! Without a store each instance knows only the sessions that began at it, and a proxy before several must send a session
//! to one of them always. With a [`SessionStore`] any of them may answer any request of a session: a proxy can go around,
//! and a session outlives the instance it began at. What a client answers, cancels, subscribes to or ends through one
//! instance reaches the one that it concerns. An [engine](crate::engine) is such a store, and carries changes of lists and
//! resources as well; with a store alone, a client hears those of the instance that has its stream.
//!
//! ```
//! use toolwright::prelude::*;
//! use toolwright::sessions::MemorySessions;
//!
//! # fn main() -> toolwright::Result {
//! let sessions = MemorySessions::new(10_000);
//! let one = Server::new("shop").session_store(sessions.clone()).build()?;
//! let other = Server::new("shop").session_store(sessions).build()?;
//! # let _ = (one, other);
//! # Ok(())
//! # }
//! ```
//!
//! What stays with an instance is what runs there: a call ends with the process that works on it, and the stream of its
//! answer, if the client lost that, can be gone on with there alone; elsewhere the request is refused (400). Whoever needs
//! that puts a proxy before the instances that goes by `Mcp-Session-Id`. The stream for changes can be opened anywhere: it
//! moves to where it was opened last, and begins by telling of all that may have changed meanwhile.
//!
//! Limits of sessions count what an instance serves itself. A use of a session is noted in the store every now and then
//! (half of [`Limits::session_init`](crate::Limits) or [`Limits::session_idle`](crate::Limits)), not at each request.

mod store;
mod memory;

pub use memory::MemorySessions;
pub use store::{Heard, SessionRecord, SessionStore};
