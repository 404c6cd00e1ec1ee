//! Turns the pieces of a template into what is matched: a head, a query and a tail, which is the fragment.

use std::collections::HashMap;
use std::ops::Range;

use super::parse::{Operator, Piece};
use super::{InvalidTemplate, Variable, percent};

/// What is matched, part by part.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    /// All of a template without a query, else what is before the query.
    pub(super) head: Vec<Part>,
    pub(super) query: Option<Query>,
    /// The fragment after a query.
    pub(super) tail: Vec<Part>,
    /// The length of the scheme, if the template starts with one; the head has it in lower case.
    pub(super) scheme: usize,
    /// By variable: what must not be found in its value before its end.
    pub(super) guards: Vec<Vec<String>>,
}

/// A literal, or the place of a value; no two of the same kind follow each other.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Literal(String),
    Value(Slot),
}

/// The place of a value.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) variable: usize,
    /// Bytes that are never part of it.
    pub(super) stops: &'static [u8],
    /// What is between the items of a list.
    pub(super) separator: Option<String>,
}

/// The parameters of a query.
#[derive(Debug, Clone)]
pub(super) struct Query {
    /// What starts it: `?`, or `&` where the head already has a `?`.
    pub(super) lead: u8,
    /// Variables by name.
    pub(super) names: HashMap<String, usize>,
}

impl Plan {
    pub(super) fn new(pieces: &[Piece], variables: &[Variable]) -> Result<Self, InvalidTemplate> {
        let mut plan = Self::default();
        let mut fragment = false;
        for piece in pieces {
            match piece {
                Piece::Literal { offset, text } => {
                    plan.check_after_query(*offset, text.starts_with('#'))?;
                    fragment |= text.contains('#');
                    plan.push_literal(&percent::ascii(text));
                }
                Piece::Expression { offset, operator, variables: range } if operator.is_query() => {
                    if fragment {
                        return Err(InvalidTemplate::new(*offset, "a query comes before the fragment"));
                    }
                    plan.add_query(*offset, *operator)?;
                    plan.add_names(range.clone(), variables);
                }
                Piece::Expression { offset, operator, variables: range } => {
                    plan.check_after_query(*offset, *operator == Operator::Fragment)?;
                    fragment |= *operator == Operator::Fragment;
                    plan.add_values(*offset, *operator, range.clone(), variables)?;
                }
            }
        }
        plan.lower_scheme(pieces);
        plan.guards = plan.guards(variables.len());
        Ok(plan)
    }

    fn parts(&mut self) -> &mut Vec<Part> {
        if self.query.is_some() { &mut self.tail } else { &mut self.head }
    }

    fn check_after_query(&self, offset: usize, fragment: bool) -> Result<(), InvalidTemplate> {
        if self.query.is_some() && self.tail.is_empty() && !fragment {
            return Err(InvalidTemplate::new(offset, "only `{&..}` and a fragment can come after a query"));
        }
        Ok(())
    }

    fn push_literal(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.parts().last_mut() {
            Some(Part::Literal(before)) => before.push_str(text),
            _ => self.parts().push(Part::Literal(text.to_owned())),
        }
    }

    fn add_values(
        &mut self,
        offset: usize,
        operator: Operator,
        range: Range<usize>,
        variables: &[Variable],
    ) -> Result<(), InvalidTemplate> {
        for index in range.clone() {
            let variable = &variables[index];
            self.push_literal(&before(operator, index == range.start, variable));
            if let Some(Part::Value(slot)) = self.parts().last() {
                let (left, right) = (&variables[slot.variable].name, &variable.name);
                let message = format!("nothing between `{left}` and `{right}` says where one ends");
                return Err(InvalidTemplate::new(offset, message));
            }
            let separator = variable.exploded.then(|| separator(operator, variable));
            self.parts().push(Part::Value(Slot {
                variable: index,
                stops: stops(operator, variable),
                separator,
            }));
        }
        Ok(())
    }

    fn add_query(&mut self, offset: usize, operator: Operator) -> Result<(), InvalidTemplate> {
        let asked = self.head.iter().any(|part| matches!(part, Part::Literal(text) if text.contains('?')));
        let message = match (operator, asked || self.query.is_some()) {
            (Operator::Query, true) => "a second query: go on with `{&..}`",
            (Operator::Continuation, false) => "`{&..}` needs a `?` or `{?..}` before it",
            _ => {
                let lead = if asked { b'&' } else { b'?' };
                self.query.get_or_insert_with(|| Query { lead, names: HashMap::new() });
                return Ok(());
            }
        };
        Err(InvalidTemplate::new(offset, message))
    }

    fn add_names(&mut self, range: Range<usize>, variables: &[Variable]) {
        if let Some(query) = &mut self.query {
            query.names.extend(range.map(|index| (variables[index].name.clone(), index)));
        }
    }

    fn lower_scheme(&mut self, pieces: &[Piece]) {
        let (Some(Piece::Literal { text, .. }), Some(Part::Literal(head))) =
            (pieces.first(), self.head.first_mut())
        else {
            return;
        };
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        let is_scheme = scheme.starts_with(|char: char| char.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if is_scheme {
            self.scheme = scheme.len();
            head[..scheme.len()].make_ascii_lowercase();
        }
    }

    fn guards(&self, count: usize) -> Vec<Vec<String>> {
        let lead = self.query.as_ref().map(|query| char::from(query.lead).to_string());
        let mut guards = vec![Vec::new(); count];
        for (parts, end) in [(&self.head, lead.as_ref()), (&self.tail, None)] {
            for (at, part) in parts.iter().enumerate() {
                let Part::Value(slot) = part else {
                    continue;
                };
                let next = match parts.get(at + 1) {
                    Some(Part::Literal(text)) => Some(text),
                    _ => end,
                };
                let guard = &mut guards[slot.variable];
                guard.extend(slot.separator.iter().chain(next).cloned());
                // The matcher looks for the start of the query and of the fragment before anything else.
                guard.extend(end.filter(|lead| *lead == "?").cloned());
                guard.extend(end.map(|_| "#".to_owned()));
            }
        }
        guards
    }
}

/// The literal before a value.
fn before(operator: Operator, first: bool, variable: &Variable) -> String {
    match operator {
        Operator::Label => ".".to_owned(),
        Operator::Segment => "/".to_owned(),
        Operator::Parameter => format!(";{}=", variable.name),
        Operator::Fragment if first => "#".to_owned(),
        _ if first => String::new(),
        _ => ",".to_owned(),
    }
}

/// What is between the items of a list.
fn separator(operator: Operator, variable: &Variable) -> String {
    match operator {
        Operator::Label | Operator::Segment | Operator::Parameter => before(operator, false, variable),
        _ => ",".to_owned(),
    }
}

/// The bytes that are never part of a value.
fn stops(operator: Operator, variable: &Variable) -> &'static [u8] {
    match operator {
        Operator::Simple if variable.spans_path => b"?#",
        Operator::Segment if variable.exploded => b"?#",
        Operator::Parameter if !variable.exploded => b"/?#;",
        Operator::Simple | Operator::Label | Operator::Segment | Operator::Parameter => b"/?#",
        _ => b"",
    }
}
