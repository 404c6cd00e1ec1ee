//! What a tool, a resource and a prompt is: one stateless, re-entrant call engine.
//!
//! [`core::Core::handle`] takes a [`request::Request`] and writes its result. It knows no era, no transport, no
//! session. The modules stand in reading order, and each imports only those above it.

pub mod error;
mod schema;
mod check;
mod form;
pub mod change;
mod cache;
pub mod request;
pub mod dialog;
pub mod task;
pub mod context;
pub mod completion;
pub mod input;
mod answer;
pub mod output;
pub mod probe;
pub mod handler;
pub mod uri_template;
pub mod component;
pub mod extension;
mod listing;
mod mirror;
mod catalog;
mod subject;
mod later;
pub mod core;

pub use answer::Answer;
pub use cache::Cache;
pub use catalog::InvalidCatalog;
pub use later::{Canceller, Later};
pub use mirror::{Mirrored, MirroredKind};
