//! Where a server keeps what outlives a process, or belongs to several.

#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
pub use sqlite::SqliteTasks;
