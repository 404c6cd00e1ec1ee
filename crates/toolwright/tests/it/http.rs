//! HTTP as a client meets it, byte for byte, over real sockets.

mod allocations;
mod asking;
mod client;
mod crowd;
mod desync;
mod drain;
mod engine;
mod floods;
mod guard;
mod http2;
mod instances;
mod legacy;
mod limits;
mod modern;
mod mounted;
mod overload;
mod page;
mod sessions;
mod signals;
mod slow;
#[cfg(feature = "sse")]
mod sse;
mod streams;
mod tasks;
#[cfg(feature = "tls")]
mod tls;
