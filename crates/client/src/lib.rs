//! A client of Model Context Protocol servers: in this process, behind a command, behind a URL; of every version.
//!
//! The modules stand in reading order, and each imports only those above it.

mod error;
mod pause;
mod handlers;
mod record;
#[cfg(feature = "oauth")]
pub mod oauth;
mod options;
mod link;
mod change;
mod cache;
mod inbox;
mod outbox;
mod pipe;
mod memory;
mod process;
#[cfg(feature = "http")]
mod events;
#[cfg(feature = "http")]
mod http;
mod target;
mod wire;
mod rounds;
#[cfg(feature = "validate")]
mod outputs;
mod handshake;
mod line;
mod client;
#[cfg(feature = "http")]
mod mirrors;
mod task;
mod call;
mod subscription;
mod operations;
mod connect;
mod config;
mod clients;
#[cfg(feature = "testing")]
pub mod testing;

pub use call::Call;
pub use change::Change;
pub use client::Client;
pub use clients::{Clients, Subscriptions};
pub use config::Config;
pub use error::{Error, Result};
pub use handshake::ServerFacts;
pub use options::Options;
pub use process::Command;
pub use subscription::{Interest, Subscription};
pub use target::Target;
pub use task::{Begun, RemoteTask};
pub use toolwright_types::jsonrpc::ErrorObject;
pub use toolwright_types::logging::LogLevel;
