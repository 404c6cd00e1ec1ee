//! Orders: the domain of an order desk and its SQLite store, both knowing nothing of MCP.

pub mod domain;
pub mod store;
