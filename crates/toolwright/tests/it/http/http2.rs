//! A client of HTTP/2 whose frames are written by hand: heads are literals, neither indexed nor compressed.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RESET: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GO_AWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;

/// On SETTINGS and PING.
pub(super) const ACK: u8 = 1;
/// On DATA and HEADERS.
pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

pub(super) const REFUSED_STREAM: u32 = 7;
pub(super) const CANCEL: u32 = 8;
pub(super) const ENHANCE_YOUR_CALM: u32 = 11;

/// A frame as it came.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
    pub(super) payload: Vec<u8>,
}

impl Frame {
    /// The four bytes there, as a number.
    pub(super) fn number(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.payload[at..at + 4].try_into().unwrap())
    }
}

/// A frame to send.
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// One field of a head: a literal that is not indexed (RFC 7541, 6.2.2).
fn field(name: &str, value: &str) -> Vec<u8> {
    let length =
        |text: &str| u8::try_from(text.len()).ok().filter(|length| *length < 127).expect("a short text");
    [&[0, length(name)], name.as_bytes(), &[length(value)], value.as_bytes()].concat()
}

/// A head.
pub(super) fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    fields.iter().flat_map(|(name, value)| field(name, value)).collect()
}

/// The head of a call of a tool.
pub(super) fn head(tool: &str) -> Vec<u8> {
    fields(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/mcp"),
        (":authority", "localhost"),
        ("content-type", "application/json"),
        ("mcp-protocol-version", crate::peer::MODERN),
        ("mcp-method", "tools/call"),
        ("mcp-name", tool),
    ])
}

/// A call of a tool, by its parameters.
pub(super) fn call(stream: u32, params: &Value) -> Vec<u8> {
    let head = head(params["name"].as_str().unwrap());
    let message = crate::peer::modern(stream, "tools/call", params.clone()).to_string();
    let head = frame(HEADERS, END_HEADERS, stream, &head);
    [head, frame(DATA, END_STREAM, stream, message.as_bytes())].concat()
}

/// The end of a stream, for a reason.
pub(super) fn reset(stream: u32, reason: u32) -> Vec<u8> {
    frame(RESET, 0, stream, &reason.to_be_bytes())
}

/// One connection.
pub(super) struct Client(TcpStream);

impl Client {
    /// Begins a connection with these settings; the system keeps little of what is not read.
    pub(super) async fn new(address: &str, settings: &[u8]) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(16 * 1024).unwrap();
        let mut client = Self(socket.connect(address.parse().unwrap()).await.unwrap());
        client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        client.send(&frame(SETTINGS, 0, 0, settings)).await.unwrap();
        let first = client.next().await.unwrap();
        assert_eq!((first.kind, first.flags), (SETTINGS, 0));
        client.send(&frame(SETTINGS, ACK, 0, &[])).await.unwrap();
        client
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await
    }

    /// The next frame; none at the end. What asks to be acknowledged is.
    pub(super) async fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let stream = u32::from_be_bytes(head[5..].try_into().unwrap());
        let mut payload = vec![0; length.try_into().unwrap()];
        self.0.read_exact(&mut payload).await.ok()?;
        let frame = Frame { kind: head[3], flags: head[4], stream, payload };
        if frame.kind == PING && frame.flags & ACK == 0 {
            let _ = self.send(&self::frame(PING, ACK, 0, &frame.payload)).await;
        }
        Some(frame)
    }

    /// The next frame of a kind.
    pub(super) async fn next_of(&mut self, kind: u8, flags: u8) -> Frame {
        loop {
            let frame = self.next().await.expect("a frame, not the end");
            if (frame.kind, frame.flags & flags) == (kind, flags) {
                return frame;
            }
        }
    }

    /// The status of an answer, as the first byte of its head says it, and its body.
    pub(super) async fn answer(&mut self, stream: u32) -> (u8, String) {
        let (mut status, mut body) = (0, Vec::new());
        loop {
            let frame = self.next().await.expect("an answer, not the end");
            match frame.kind {
                HEADERS if frame.stream == stream => status = frame.payload[0],
                DATA if frame.stream == stream => body.extend_from_slice(&frame.payload),
                _ => continue,
            }
            if frame.flags & END_STREAM != 0 {
                return (status, String::from_utf8(body).unwrap());
            }
        }
    }

    /// Reads to the end of the connection; gives the reason, if one was said.
    pub(super) async fn end(&mut self) -> Option<u32> {
        let mut reason = None;
        while let Some(frame) = self.next().await {
            if frame.kind == GO_AWAY {
                reason = Some(frame.number(4));
            }
        }
        reason
    }
}
