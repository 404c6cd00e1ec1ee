//! Standard input and output, claimed for the protocol.
//!
//! Anything else that prints (the author's `println!`, a C library, a child process) writes to file descriptor 1.
//! So the real input and output are moved to private descriptors, 1 becomes a copy of standard error, and 0 is
//! empty. Private descriptors are not inherited by child processes.

use std::io;
use std::sync::{Mutex, PoisonError};

#[cfg(unix)]
#[path = "stdio/unix.rs"]
mod platform;
#[cfg(not(unix))]
#[path = "stdio/other.rs"]
mod platform;

pub(crate) use platform::Claimed;

static CLAIMED: Mutex<Option<Claimed>> = Mutex::new(None);

/// Claims standard input and output for the protocol, unless that has been done.
///
/// `Server::run` does it first of all; `#[toolwright::main]` does it before the first line of `main`.
///
/// # Errors
///
/// When standard input or output is closed.
pub fn claim() -> io::Result<()> {
    let mut claimed = CLAIMED.lock().unwrap_or_else(PoisonError::into_inner);
    if claimed.is_none() {
        *claimed = Some(Claimed::new()?);
    }
    Ok(())
}

/// Takes what was claimed; it can be served once.
pub(crate) fn take() -> io::Result<Claimed> {
    claim()?;
    let claimed = CLAIMED.lock().unwrap_or_else(PoisonError::into_inner).take();
    claimed.ok_or_else(|| io::Error::other("standard input and output are served already"))
}

/// Whether a person is typing at what was claimed.
pub(crate) fn is_terminal() -> bool {
    CLAIMED.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(Claimed::is_terminal)
}
