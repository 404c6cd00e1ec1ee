//! Streamable HTTP: both eras on one endpoint.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http>

#[cfg(feature = "tls")]
mod tls;
mod options;
mod guard;
mod headers;
mod accepts;
mod activity;
mod watched;
mod body;
mod event;
mod replay;
mod load;
mod sharing;
mod session;
mod joining;
mod exchange;
mod stream;
mod reply;
#[cfg(feature = "sse")]
mod sse;
mod shared;
mod modern;
mod client;
mod legacy;
mod get;
mod page;
mod cors;
mod endpoint;
mod serve;

pub use body::Body;
pub use endpoint::Endpoint;
pub use options::{Http, Legacy};
pub use serve::HttpServer;
pub use session::Principal;
