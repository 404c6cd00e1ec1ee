//! What a call costs in allocations, from bytes to bytes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use serde_json::{Value, json};
use tokio::io::{AsyncWrite, ReadBuf};
use toolwright::Service;
use toolwright::prelude::*;

use crate::peer::{call, legacy, modern};
use crate::tools::echo;

/// Input that is all there, given in pieces of a pipe's size.
struct Given<'a>(&'a [u8]);

impl tokio::io::AsyncRead for Given<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = self.0.len().min(room.remaining()).min(64 * 1024);
        let (now, later) = self.0.split_at(count);
        room.put_slice(now);
        self.0 = later;
        Poll::Ready(Ok(()))
    }
}

/// Output that is only counted.
#[derive(Default)]
struct Counted {
    lines: usize,
}

impl AsyncWrite for &mut Counted {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Allocations of a whole connection on which so many calls are made.
fn allocations(service: &Service, request: &Value, calls: usize) -> u64 {
    let client = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}});
    let input = format!("{}\n{}", legacy(0, "initialize", client), format!("{request}\n").repeat(calls));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut output = Counted::default();
    let info = allocation_counter::measure(|| {
        runtime.block_on(service.serve(Given(input.as_bytes()), &mut output)).unwrap();
    });
    assert_eq!(output.lines, 1 + calls);
    info.count_total
}

/// What one more call costs, without what the connection itself does.
fn cost(request: &Value) -> f64 {
    const CALLS: usize = 10_000;
    let service = Server::new("counted").tools(toolset![echo]).build().unwrap();
    allocations(&service, request, 100);
    let (few, many) = (allocations(&service, request, CALLS), allocations(&service, request, 2 * CALLS));
    (many as f64 - few as f64) / CALLS as f64
}

/// The text itself, which the tool owns; the budget is two.
#[test]
fn an_echo_costs_one_allocation_in_either_era() {
    let arguments = json!({"text": "hello"});
    let params = json!({"name": "echo", "arguments": arguments});
    for request in [call(1, "echo", arguments), legacy(1, "tools/call", params)] {
        let cost = cost(&request);
        assert!(cost <= 1.01, "{cost} allocations for {request}");
    }
}

#[test]
fn a_ping_and_a_list_cost_nothing() {
    for request in [legacy(1, "ping", json!({})), modern(1, "tools/list", json!({}))] {
        let cost = cost(&request);
        assert!(cost <= 0.01, "{cost} allocations for {request}");
    }
}
