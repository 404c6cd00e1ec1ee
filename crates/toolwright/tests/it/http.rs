//! HTTP as a client meets it, byte for byte, over real sockets.

mod client;
mod guard;
mod legacy;
mod limits;
mod modern;
mod mounted;
mod page;
mod sessions;
mod streams;
