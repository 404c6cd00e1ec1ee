//! HTTP as a client meets it, byte for byte, over real sockets.

mod allocations;
mod asking;
mod client;
mod guard;
mod legacy;
mod limits;
mod modern;
mod mounted;
mod page;
mod sessions;
#[cfg(feature = "sse")]
mod sse;
mod streams;
#[cfg(feature = "tls")]
mod tls;
