//! The protocol as a client meets it: in memory, and with real processes.
#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod allocations;
#[cfg(feature = "apps")]
mod apps;
mod arguments;
mod asking;
mod batches;
mod caching;
mod cancellation;
#[cfg(feature = "client")]
mod client;
mod concurrency;
mod engine;
mod eras;
mod extensions;
mod failures;
mod frames;
#[cfg(feature = "http")]
mod http;
mod limits;
mod lists;
mod mutations;
mod peer;
mod process;
mod reports;
mod stdio;
mod schemas;
#[cfg(feature = "skills")]
mod skills;
mod subscriptions;
mod tasks;
mod tools;
mod ui;
mod versions;
