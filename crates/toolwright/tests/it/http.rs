//! HTTP as a client meets it, byte for byte, over real sockets.

mod client;
mod desync;
mod guard;
mod legacy;
mod limits;
mod modern;
mod mounted;
mod sessions;
mod streams;
