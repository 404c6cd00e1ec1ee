//! Server-sent events out of bytes, as they come.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use std::time::Duration;

/// One event.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: String,
}

/// Reads events; what is not whole yet waits for the rest.
#[derive(Debug, Default)]
pub(crate) struct Events {
    bytes: Vec<u8>,
    event: Event,
    has_data: bool,
    /// The id of the event that is being read.
    next_id: Option<String>,
    /// The id of the last event, from which on a stream can be resumed.
    pub(crate) last_id: Option<String>,
    /// How long to wait before coming back, if the server said.
    pub(crate) retry: Option<Duration>,
}

impl Events {
    /// Takes more bytes; gives the events that are whole now.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.bytes.extend_from_slice(bytes);
        let (mut events, mut begin) = (Vec::new(), 0);
        while let Some(length) = self.bytes[begin..].iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let end = begin + length;
            let mut next = end + 1;
            if self.bytes[end] == b'\r' {
                // Whether a line end of two bytes is whole shows with the byte behind it.
                match self.bytes.get(next) {
                    None => break,
                    Some(b'\n') => next += 1,
                    Some(_) => {}
                }
            }
            let line = String::from_utf8_lossy(&self.bytes[begin..end]).into_owned();
            events.extend(self.line(&line));
            begin = next;
        }
        self.bytes.drain(..begin);
        events
    }

    /// Forgets what a lost connection left unfinished.
    pub(crate) fn restart(&mut self) {
        (self.bytes, self.event, self.has_data, self.next_id) = (Vec::new(), Event::default(), false, None);
    }

    /// How many bytes wait for the rest of their event.
    pub(crate) fn waiting(&self) -> usize {
        self.bytes.len() + self.event.data.len()
    }

    fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            // Only an event that is whole can be resumed behind.
            self.last_id = self.next_id.take().or(self.last_id.take());
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            "id" if !value.contains('\0') => self.next_id = Some(value.to_owned()),
            "retry" => self.retry = value.parse().ok().map(Duration::from_millis),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: &str) -> Event {
        Event { name: name.into(), data: data.into() }
    }

    /// Rule G12: a stream is resumed behind the last event that was whole.
    #[test]
    fn what_was_cut_off_is_as_if_it_had_not_come() {
        let mut events = Events::default();
        assert_eq!(events.take(b"id: 1\ndata: a\n\nid: 2\ndata: b\nda").len(), 1);
        assert_eq!(events.last_id.as_deref(), Some("1"));
        events.restart();
        assert_eq!(events.take(b"id: 2\ndata: b\n\n"), [event("", "b")]);
        assert_eq!(events.last_id.as_deref(), Some("2"));
    }

    #[test]
    fn events_are_whole_however_their_bytes_come() {
        let text = ": hi\nevent: message\ndata: {\"a\":1}\n\nid: 3-1\r\nretry: 500\r\ndata\r\n\r\ndata:x\ndata: y\n\nevent: e\n\n";
        let expected = [event("message", "{\"a\":1}"), event("", ""), event("", "x\ny")];
        for size in 1..=text.len() {
            let mut events = Events::default();
            let found: Vec<_> = text.as_bytes().chunks(size).flat_map(|chunk| events.take(chunk)).collect();
            assert_eq!(found, expected, "in pieces of {size}");
            assert_eq!(events.last_id.as_deref(), Some("3-1"));
            assert_eq!((events.retry, events.waiting()), (Some(Duration::from_millis(500)), 0));
        }
    }
}
