//! What a call costs in allocations, from bytes to bytes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use serde_json::json;
use tokio::io::{AsyncWrite, ReadBuf};
use toolwright::Service;
use toolwright::prelude::*;

use crate::peer::{call, legacy};
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
fn allocations(service: &Service, request: &str, calls: usize) -> u64 {
    let input = format!("{request}\n").repeat(calls);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut output = Counted::default();
    let info = allocation_counter::measure(|| {
        runtime.block_on(service.serve(Given(input.as_bytes()), &mut output)).unwrap();
    });
    assert_eq!(output.lines, calls);
    info.count_total
}

/// What one more call costs, without what the connection itself does.
fn cost(service: &Service, request: &str) -> f64 {
    const CALLS: usize = 10_000;
    allocations(service, request, 100);
    let (few, many) = (allocations(service, request, CALLS), allocations(service, request, 2 * CALLS));
    (many - few) as f64 / CALLS as f64
}

/// Its text is one of them; the others are the names in the frame and what the reader of JSON keeps for nesting.
#[test]
fn an_echo_costs_five_allocations() {
    let service = Server::new("counted").tools(toolset![echo]).build().unwrap();
    let cost = cost(&service, &call(1, "echo", json!({"text": "hello"})).to_string());
    assert!(cost <= 5.01, "{cost} allocations a call");
}

/// A ping costs one allocation, and a list nothing beyond what reading the request does.
#[test]
fn a_ping_and_a_list_cost_no_more_than_their_reading() {
    let service = Server::new("counted").tools(toolset![echo]).build().unwrap();
    let requests =
        [(legacy(1, "ping", json!({})), 1.01), (crate::peer::modern(1, "tools/list", json!({})), 4.01)];
    for (request, most) in requests {
        let cost = cost(&service, &request.to_string());
        assert!(cost <= most, "{cost} allocations for {request}");
    }
}
