//! A client of Model Context Protocol servers: in this process, behind a command, behind a URL; of every version.
//!
//! The modules stand in reading order, and each imports only those above it.

mod error;
mod handlers;
mod options;
mod link;
mod inbox;
mod pipe;
mod process;
#[cfg(feature = "http")]
mod events;
#[cfg(feature = "http")]
mod http;
mod target;
mod wire;
mod rounds;
mod handshake;
mod client;
#[cfg(feature = "http")]
mod mirrors;
mod call;
mod subscription;
mod operations;
mod connect;

pub use call::Call;
pub use client::Client;
pub use error::{Error, Result};
pub use handshake::ServerFacts;
pub use inbox::Change;
pub use options::Options;
pub use process::Command;
pub use subscription::{Interest, Subscription};
pub use target::Target;
pub use toolwright_types::jsonrpc::ErrorObject;
pub use toolwright_types::logging::LogLevel;
