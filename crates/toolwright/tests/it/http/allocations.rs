//! What a call over HTTP costs in allocations, from socket to socket.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::{Running, started};
use crate::peer::{legacy, modern};

const CALLS: usize = 1000;

/// The bytes of a request, as a client sends them.
fn request(running: &Running, headers: &[(&str, &str)], message: &Value) -> String {
    let body = message.to_string();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\n{headers}content-length: {}\r\n\r\n{body}",
        running.address,
        body.len()
    )
}

/// Sends it so often, one after the other, on one connection; every answer is as long as the first.
async fn exchange(stream: &mut TcpStream, request: &str, answer: &mut [u8], calls: usize) {
    for _ in 0..calls {
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_exact(answer).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
}

/// What one call costs on a connection that is kept.
fn cost(headers: &[(&str, &str)], message: &Value) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut stream, request, mut answer) = runtime.block_on(async {
        let running = started().await;
        let session = running.connect().await.begin("2025-11-25").await;
        let session = [("mcp-session-id", session.as_str())];
        let is_modern = headers.iter().any(|(name, _)| *name == "mcp-method");
        let all = [headers, if is_modern { &[] } else { &session }].concat();
        let request = request(&running, &all, message);
        let mut stream = TcpStream::connect(&running.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).await.unwrap();
        answer.truncate(length);
        exchange(&mut stream, &request, &mut answer, 100).await;
        (stream, request, answer)
    });
    let info = allocation_counter::measure(|| {
        runtime.block_on(exchange(&mut stream, &request, &mut answer, CALLS));
    });
    info.count_total as f64 / CALLS as f64
}

/// The client's side is counted with it, and allocates nothing.
#[test]
fn an_echo_over_http_costs_at_most_twenty_allocations_in_either_era() {
    let params = json!({"name": "echo", "arguments": {"text": "hello"}});
    let headers =
        [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "echo")];
    let modern = cost(&headers, &modern(1, "tools/call", params.clone()));
    let legacy = cost(&[("mcp-protocol-version", "2025-11-25")], &legacy(1, "tools/call", params));
    assert!(modern <= 20.0 && legacy <= 20.0, "modern {modern}, legacy {legacy}");
    println!("allocations of an echo over HTTP: modern {modern}, legacy {legacy}");
}
