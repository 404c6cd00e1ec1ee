//! The words of the Model Context Protocol: frames, messages, dated versions and what differs between them.
//!
//! Pure data: nothing here does IO, and nothing here knows what a server does.
//! The modules stand in reading order, and each imports only those above it.

pub mod version;
pub mod meta;
pub mod jsonrpc;
pub mod dialect;
pub mod method;
pub mod icon;
pub mod content;
pub mod capability;
pub mod lifecycle;
pub mod tools;
pub mod resources;
pub mod prompts;
pub mod completion;
pub mod logging;
pub mod progress;
pub mod subscriptions;
pub mod elicitation;
pub mod sampling;
pub mod roots;
pub mod input;
pub mod tasks;
