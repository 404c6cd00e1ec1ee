//! Matches a URI in time linear in its length.
//!
//! From the last part to the first, the matcher marks at which bytes of the URI the rest of the template can start.
//! Then it goes from the first part to the last and ends each value at the first byte that is marked.

use super::compile::{Part, Query, Slot};
use super::{MAX_URI_BYTES, Matched, UriTemplate, percent, security};

impl UriTemplate {
    /// Matches a URI: what each variable took, by its index, or `None` where an optional one is absent.
    ///
    /// The whole is `None` when the URI does not match, when a value is refused by path security, when a `%` is not
    /// followed by two hex digits or does not decode to UTF-8, and when it is over [`MAX_URI_BYTES`].
    pub fn matches(&self, uri: &str) -> Option<Vec<Option<Matched>>> {
        if uri.len() > MAX_URI_BYTES || !percent::is_well_formed(uri) {
            return None;
        }
        let mut uri = percent::ascii(uri).into_owned();
        uri.get_mut(..self.plan.scheme)?.make_ascii_lowercase();
        let mut found = vec![None; self.variables.len()];
        match &self.plan.query {
            None => {
                self.match_parts(&self.plan.head, &uri, None, &mut found)?;
            }
            Some(query) => self.match_with_query(query, &uri, &mut found)?,
        }
        Some(found)
    }

    fn match_with_query(&self, query: &Query, uri: &str, found: &mut [Option<Matched>]) -> Option<()> {
        let (uri, fragment) = uri.split_at(uri.find('#').unwrap_or(uri.len()));
        if self.plan.tail.is_empty() != fragment.is_empty() {
            return None;
        }
        self.match_parts(&self.plan.tail, fragment, None, found)?;
        let parameters = if query.lead == b'?' {
            let (head, parameters) = uri.split_at(uri.find('?').unwrap_or(uri.len()));
            self.match_parts(&self.plan.head, head, None, found)?;
            parameters
        } else {
            &uri[self.match_parts(&self.plan.head, uri, Some(query.lead), found)?..]
        };
        for parameter in parameters.get(1..).unwrap_or_default().split('&') {
            let (name, raw) = parameter.split_once('=').unwrap_or((parameter, ""));
            let Some(&index) = query.names.get(name) else {
                continue;
            };
            match &mut found[index] {
                Some(Matched::One(_)) => {}
                Some(Matched::Many(items)) => items.push(self.decode(index, raw)?),
                none if self.variables[index].exploded => {
                    *none = Some(Matched::Many(vec![self.decode(index, raw)?]));
                }
                none => *none = Some(Matched::One(self.decode(index, raw)?)),
            }
        }
        Some(())
    }

    /// Matches all parts with a text, up to its end or to a byte `lead`, and returns where that is.
    fn match_parts(
        &self,
        parts: &[Part],
        text: &str,
        lead: Option<u8>,
        found: &mut [Option<Matched>],
    ) -> Option<usize> {
        if let Some(Part::Literal(first)) = parts.first()
            && !text.starts_with(first.as_str())
        {
            return None;
        }
        let starts = starts(parts, text.as_bytes(), lead);
        if !starts[0].has(0) {
            return None;
        }
        let mut at = 0;
        for (part, next) in parts.iter().zip(&starts[1..]) {
            match part {
                Part::Literal(literal) => at += literal.len(),
                Part::Value(slot) => {
                    let end = (at + 1..=text.len())
                        .find(|&end| next.has(end) && !is_in_triplet(text.as_bytes(), end))?;
                    found[slot.variable] = Some(self.take(slot, &text[at..end])?);
                    at = end;
                }
            }
        }
        Some(at)
    }

    /// Decodes what a slot holds.
    fn take(&self, slot: &Slot, raw: &str) -> Option<Matched> {
        let Some(separator) = slot.separator.as_deref() else {
            return Some(Matched::One(self.decode(slot.variable, raw)?));
        };
        let decode = |item: &str| {
            let broken = item.is_empty() || separator.starts_with(';') && item.contains(';');
            if broken { None } else { self.decode(slot.variable, item) }
        };
        Some(Matched::Many(raw.split(separator).map(decode).collect::<Option<_>>()?))
    }

    /// Decodes one value, and refuses it if it is not safe in a path.
    fn decode(&self, variable: usize, raw: &str) -> Option<String> {
        percent::decode(raw).filter(|value| {
            self.any_path[variable] || !security::is_refused(value, self.variables[variable].spans_path)
        })
    }
}

/// For each part, and for the end after the last, the bytes of the text at which it can start so that all that
/// follows matches.
fn starts(parts: &[Part], text: &[u8], lead: Option<u8>) -> Vec<Marks> {
    let mut end = Marks::new(text.len());
    end.add(text.len());
    for at in text.iter().enumerate().filter(|(_, byte)| Some(**byte) == lead).map(|(at, _)| at) {
        end.add(at);
    }
    let mut starts = vec![end];
    for part in parts.iter().rev() {
        let next = &starts[starts.len() - 1];
        starts.push(match part {
            Part::Literal(literal) => literal_starts(literal.as_bytes(), text, next),
            Part::Value(slot) => value_starts(slot.stops, text, next),
        });
    }
    starts.reverse();
    starts
}

fn literal_starts(literal: &[u8], text: &[u8], next: &Marks) -> Marks {
    let mut marks = Marks::new(text.len());
    for end in literal.len()..=text.len() {
        if next.has(end) && &text[end - literal.len()..end] == literal {
            marks.add(end - literal.len());
        }
    }
    marks
}

fn value_starts(stops: &[u8], text: &[u8], next: &Marks) -> Marks {
    let mut marks = Marks::new(text.len());
    let mut reaches = false;
    for at in (0..text.len()).rev() {
        reaches = !stops.contains(&text[at]) && (reaches || next.has(at + 1) && !is_in_triplet(text, at + 1));
        if reaches {
            marks.add(at);
        }
    }
    marks
}

/// Whether a place is inside of a `%41`, where no value ends.
fn is_in_triplet(text: &[u8], at: usize) -> bool {
    text[at.saturating_sub(2)..at].contains(&b'%')
}

/// A set of places in a text, its end included.
#[derive(Debug)]
struct Marks(Vec<u64>);

impl Marks {
    fn new(len: usize) -> Self {
        Self(vec![0; len / 64 + 1])
    }

    fn has(&self, at: usize) -> bool {
        self.0[at / 64] >> (at % 64) & 1 == 1
    }

    fn add(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_uri_ends_with_two_hundred_variables() {
        let template: String = (0..200).map(|n| format!("{{+v{n}}}a")).collect();
        let template = UriTemplate::parse(&format!("x://{template}b")).unwrap();
        let hostile = format!("x://{}", "a".repeat(60_000));
        assert_eq!(template.matches(&hostile), None);
        let found = template.matches(&format!("{hostile}b")).unwrap();
        assert_eq!(found[..199], vec![Some(Matched::One("a".into())); 199]);
        assert_eq!(found[199], Some(Matched::One("a".repeat(60_000 - 199 * 2 - 1))));
    }

    #[test]
    fn hostile_lists_and_queries_end() {
        let lists: String = (0..200).map(|n| format!("{{/v{n}*}}")).collect();
        let template = UriTemplate::parse(&format!("x:{lists}!")).unwrap();
        assert_eq!(template.matches(&format!("x:{}", "/a".repeat(30_000))), None);
        assert!(template.matches(&format!("x:{}!", "/a".repeat(30_000))).is_some());

        let names: Vec<_> = (0..256).map(|n| format!("v{n}*")).collect();
        let template = UriTemplate::parse(&format!("x:{{?{}}}", names.join(","))).unwrap();
        let found = template.matches(&format!("x:?{}", "v255=&".repeat(10_000))).unwrap();
        assert_eq!(found[255], Some(Matched::Many(vec![String::new(); 10_000])));
        assert_eq!(found[..255], vec![None; 255]);
    }

    /// The steps of the matcher are one per part and byte: the marks say so by their number.
    #[test]
    fn each_part_marks_each_byte_at_most_once() {
        let template = UriTemplate::parse("x:{+a}a{+b}a{+c}b").unwrap();
        let marked = |len: usize| -> usize {
            let text = format!("x:{}b", "a".repeat(len));
            let starts = starts(&template.plan.head, text.as_bytes(), None);
            assert_eq!(starts.len(), template.plan.head.len() + 1);
            starts.iter().flat_map(|marks| &marks.0).map(|word| word.count_ones() as usize).sum()
        };
        assert_eq!(marked(2_000) - marked(1_000), marked(3_000) - marked(2_000));
        assert!(marked(3_000) <= 3_003 * (template.plan.head.len() + 1));
    }

    #[test]
    fn a_uri_over_the_limit_does_not_match() {
        let template = UriTemplate::parse("x:{a}").unwrap();
        assert!(template.matches(&format!("x:{}", "a".repeat(MAX_URI_BYTES - 2))).is_some());
        assert!(template.matches(&format!("x:{}", "a".repeat(MAX_URI_BYTES - 1))).is_none());
    }
}
