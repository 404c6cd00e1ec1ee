//! What a client takes as an answer.

use http::header::{ACCEPT, HeaderMap};

/// The types of content that a client takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepts {
    pub(super) json: bool,
    pub(super) stream: bool,
}

impl Accepts {
    /// Reads the header; who does not say takes anything.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(ACCEPT).iter();
        let Some(first) = values.next() else { return Self { json: true, stream: true } };
        // What nearly all clients write.
        if first == "application/json, text/event-stream" {
            return Self { json: true, stream: true };
        }
        let mut accepts = Self { json: false, stream: false };
        let values = std::iter::once(first).chain(values).filter_map(|value| value.to_str().ok());
        for range in values.flat_map(|value| value.split(',')) {
            let range = range.split(';').next().unwrap_or_default().trim();
            let is = |wanted: &str| range.eq_ignore_ascii_case(wanted);
            accepts.json |= is("application/json") || is("application/*") || is("*/*");
            accepts.stream |= is("text/event-stream") || is("text/*") || is("*/*");
        }
        accepts
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn ranges_of_types_are_read() {
        for (values, json, stream) in [
            (vec![], true, true),
            (vec!["application/json, text/event-stream"], true, true),
            (vec!["text/event-stream", "application/json"], true, true),
            (vec!["Application/JSON;q=0.9"], true, false),
            (vec!["text/html, text/*;q=0.1"], false, true),
            (vec!["*/*"], true, true),
            (vec!["text/html"], false, false),
            (vec![""], false, false),
        ] {
            let headers = values.iter().map(|value| (ACCEPT, HeaderValue::from_static(value)));
            let accepts = Accepts::of(&headers.collect());
            assert_eq!(accepts, Accepts { json, stream }, "{values:?}");
        }
    }
}
