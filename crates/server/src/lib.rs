//! Eras, sessions and transports around the core: from bytes to calls and back.
//!
//! The modules stand in reading order, and each imports only those above it.

mod limits;
pub mod tasks;
pub mod sessions;
pub mod engine;
mod seal;
mod service;
mod envelope;
mod era;
mod subscriptions;
mod questions;
mod outbox;
mod lifecycle;
mod dispatch;
mod calls;
mod conversation;
mod lines;
mod waiting;
mod connection;
mod stdio;
mod signals;
#[cfg(feature = "http")]
pub mod http;
mod server;
mod log;
mod run;

pub use limits::Limits;
pub use run::block_on;
pub use seal::KeyRing;
pub use server::Server;
pub use service::Service;
pub use stdio::claim as claim_stdio;
