//! Orders: the domain of an order desk, its SQLite store, and its tools for models.

pub mod domain;
pub mod store;
pub mod tools;
