//! Every example is started as a client would start it and called over its pipes, in both eras of the protocol.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calculator;
mod client;
mod data_processing;
mod files;
mod hello;
mod http_api;
mod redis;
mod stateful;
