//! Server-sent events, as bytes.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use std::io::Write as _;

/// What a stream says to show that it is alive.
pub(super) const ALIVE: &[u8] = b":\n\n";

/// Writes each line, one message, as an event.
pub(super) fn write_all(lines: &[u8], out: &mut Vec<u8>) {
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        write(line, None, out);
    }
}

/// Writes one message as an event; the id names its stream and its place there.
pub(super) fn write(message: &[u8], id: Option<(u64, u64)>, out: &mut Vec<u8>) {
    if let Some((stream, place)) = id {
        // A buffer takes all there is.
        let _ = writeln!(out, "id: {stream}-{place}");
    }
    out.extend_from_slice(b"event: message\ndata: ");
    out.extend_from_slice(message);
    out.extend_from_slice(b"\n\n");
}

/// An event without a message, from which on a client can come back (rule G12).
pub(super) fn prime(stream: u64, retry: std::time::Duration, out: &mut Vec<u8>) {
    let _ = write!(out, "id: {stream}-0\nretry: {}\ndata:\n\n", retry.as_millis());
}

/// Reads what a client gives as the last event it saw.
pub(super) fn parse_id(id: &str) -> Option<(u64, u64)> {
    let (stream, place) = id.split_once('-')?;
    Some((stream.parse().ok()?, place.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_an_event() {
        let mut out = Vec::new();
        write_all(b"{\"a\":1}\n{\"b\":2}\n", &mut out);
        write(b"{}", Some((3, 7)), &mut out);
        let text = "event: message\ndata: {\"a\":1}\n\nevent: message\ndata: {\"b\":2}\n\nid: 3-7\nevent: message\ndata: {}\n\n";
        assert_eq!(String::from_utf8(out).unwrap(), text);
        assert_eq!(parse_id("3-7"), Some((3, 7)));
        for wrong in ["", "3", "a-b", "3-7-1", "-1-2"] {
            assert_eq!(parse_id(wrong), None, "{wrong}");
        }
    }
}
