//! Stores as servers use them: one contract for all, and what each is for.
#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod contract;
mod memory;
#[cfg(all(feature = "sqlite", unix))]
mod killed;
#[cfg(feature = "redis")]
mod redis;
mod sessions;
#[cfg(feature = "sqlite")]
mod sqlite;
