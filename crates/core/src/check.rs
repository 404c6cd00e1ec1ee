//! Checks a value against a schema of ours and says all that is wrong, each with its path.
//!
//! Not a validator for foreign schemas: it knows the words that [`schema`](crate::schema) writes. Where a model
//! wrote a number, a list or a truth value as text, a lenient check reads it as what it means.

mod expectation;
mod limits;

use regex_lite::Regex;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fmt;

pub(crate) use expectation::expected;

/// One thing that is wrong with the arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where, as in `filter.tags[2]`.
    pub(crate) path: String,
    /// What was expected, and what came.
    pub(crate) message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "arguments" } else { &self.path };
        write!(f, "{path}: {}", self.message)
    }
}

/// The compiled `pattern`s of a schema.
#[derive(Debug, Default)]
pub(crate) struct Patterns(HashMap<String, Regex>);

impl Patterns {
    /// Compiles every `pattern` in a schema.
    pub(crate) fn compile(&mut self, schema: &Value) -> Result<(), String> {
        match schema {
            Value::Object(members) => {
                if let Some(Value::String(pattern)) = members.get("pattern") {
                    let regex =
                        Regex::new(pattern).map_err(|error| format!("pattern {pattern:?}: {error}"))?;
                    self.0.insert(pattern.clone(), regex);
                }
                members.values().try_for_each(|value| self.compile(value))
            }
            Value::Array(items) => items.iter().try_for_each(|value| self.compile(value)),
            _ => Ok(()),
        }
    }

    fn is_match(&self, pattern: &str, text: &str) -> bool {
        self.0.get(pattern).is_none_or(|regex| regex.is_match(text))
    }
}

/// A check in progress.
pub(crate) struct Check<'a> {
    /// Where `#/$defs/…` points.
    pub(crate) root: &'a Value,
    pub(crate) patterns: &'a Patterns,
    /// Whether text that means another type is read as that type.
    pub(crate) lenient: bool,
    pub(crate) problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    /// Checks `value`, found at `path`, and rewrites it where leniency read it as another type.
    pub(crate) fn value(&mut self, schema: &'a Value, value: &mut Value, path: &str) {
        let Value::Object(schema) = self.resolve(schema) else { return };
        if self.is_enough() {
            return;
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(Value::Array(branches)) = schema.get(key) {
                self.one_of(schema, branches, value, path);
            }
        }
        if let Some(Value::Array(all)) = schema.get("allOf") {
            for branch in all {
                self.value(branch, value, path);
            }
        }
        if let Some(kind) = schema.get("type").and_then(Value::as_str) {
            if self.lenient {
                coerce(kind, value);
            }
            if !is_a(kind, value) {
                return self.wrong(schema, value, path);
            }
        }
        let refused_by =
            |key: &str, allowed: &dyn Fn(&Value) -> bool| schema.get(key).is_some_and(|v| !allowed(v));
        if refused_by("enum", &|all| all.as_array().is_some_and(|all| all.contains(value)))
            || refused_by("const", &|only| only == value)
            || !limits::within(schema, value, self.patterns)
        {
            return self.wrong(schema, value, path);
        }
        match value {
            Value::Object(members) => self.object(schema, members, path),
            Value::Array(items) => self.list(schema, items, path),
            _ => {}
        }
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix('#'));
        target.and_then(|pointer| self.root.pointer(pointer)).unwrap_or(schema)
    }

    fn one_of(
        &mut self,
        schema: &'a Map<String, Value>,
        branches: &'a [Value],
        value: &mut Value,
        path: &str,
    ) {
        let before = self.problems.len();
        let mut nearest: Option<Vec<Problem>> = None;
        for branch in branches {
            let mut copy = value.clone();
            self.value(branch, &mut copy, path);
            let found = self.problems.split_off(before);
            if found.is_empty() {
                *value = copy;
                return;
            }
            // A branch that got past its own type says best what is wrong.
            if found.iter().all(|problem| problem.path != path) {
                nearest = Some(found);
            }
        }
        match nearest {
            Some(found) => self.problems.extend(found),
            None => self.wrong(schema, value, path),
        }
    }

    fn object(&mut self, schema: &'a Map<String, Value>, members: &mut Map<String, Value>, path: &str) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let property = |name: &str| properties.and_then(|properties| properties.get(name));
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = name.as_str().filter(|name| !members.contains_key(*name)) else { continue };
            let expected = property(name).map_or_else(|| "a value".into(), expected);
            self.problem(&join(path, name), format!("required: expected {expected}"));
        }
        for (name, value) in members.iter_mut() {
            let at = join(path, name);
            match (property(name), schema.get("additionalProperties")) {
                (Some(property), _) => {
                    let optional_null = value.is_null() && !is_required(schema, name);
                    if !optional_null {
                        self.value(property, value, &at);
                    }
                }
                (None, Some(Value::Bool(false))) if !self.is_enough() => {
                    let names =
                        properties.into_iter().flat_map(|properties| properties.keys().map(String::as_str));
                    self.problem(&at, unknown(name, names));
                }
                (None, Some(Value::Bool(_)) | None) => {}
                (None, Some(additional)) => self.value(additional, value, &at),
            }
        }
    }

    fn list(&mut self, schema: &'a Map<String, Value>, items: &mut [Value], path: &str) {
        let first = schema.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (index, value) in items.iter_mut().enumerate() {
            if let Some(item) = first.get(index).or_else(|| schema.get("items")) {
                self.value(item, value, &format!("{path}[{index}]"));
            }
        }
    }

    fn is_enough(&self) -> bool {
        self.problems.len() >= MAX_PROBLEMS
    }

    fn wrong(&mut self, schema: &Map<String, Value>, value: &Value, path: &str) {
        let expected = expected(&Value::Object(schema.clone()));
        self.problem(path, format!("expected {expected}, got {}", shorten(value)));
    }

    fn problem(&mut self, path: &str, message: String) {
        if !self.is_enough() {
            self.problems.push(Problem { path: shorten_name(path).to_owned(), message });
        }
    }
}

/// How many faults of one call are told.
pub(crate) const MAX_PROBLEMS: usize = 50;

/// No name of ours is longer.
const LONGEST_NAME: usize = 128;

/// A name from outside, as it can stand in a sentence.
pub(crate) fn shorten_name(name: &str) -> &str {
    name.char_indices().nth(LONGEST_NAME).map_or(name, |(end, _)| &name[..end])
}

/// What to say of a name that is not known, with the nearest that is.
pub(crate) fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    // What is far longer than a name is near none, and would take long to compare.
    let near = known.iter().filter(|_| name.len() <= LONGEST_NAME);
    let nearest = near.map(|other| (distance(name, other), *other)).min();
    match nearest {
        Some((distance, other)) if distance <= 1 + name.len() / 4 => {
            format!("unknown; did you mean `{other}`?")
        }
        _ if known.is_empty() => "unknown; there are none".into(),
        _ => format!(
            "unknown; there are {}",
            known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// A value as text, cut where it gets long.
pub(crate) fn shorten(value: &Value) -> String {
    const MOST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn is_required(schema: &Map<String, Value>, name: &str) -> bool {
    schema.get("required").and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one == name))
}

fn is_a(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}

/// Reads text as the type that is expected, if that is what it means.
fn coerce(kind: &str, value: &mut Value) {
    let meant = match (kind, &*value) {
        // 10.0 is a whole number to JSON Schema, though not to serde.
        ("integer", Value::Number(number)) if !is_a(kind, value) => number.as_f64().and_then(whole),
        ("integer", Value::String(text)) => text
            .trim()
            .parse::<i64>()
            .map(Value::from)
            .or_else(|_| text.trim().parse::<u64>().map(Value::from))
            .ok(),
        ("number", Value::String(text)) => {
            text.trim().parse().ok().filter(|number: &f64| number.is_finite()).map(Value::from)
        }
        ("boolean", Value::String(text)) => match text.trim() {
            "true" | "True" | "TRUE" => Some(true.into()),
            "false" | "False" | "FALSE" => Some(false.into()),
            _ => None,
        },
        ("array" | "object", Value::String(text)) => {
            serde_json::from_str(text).ok().filter(|meant: &Value| is_a(kind, meant))
        }
        _ => None,
    };
    if let Some(meant) = meant {
        *value = meant;
    }
}

fn whole(number: f64) -> Option<Value> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then(|| Value::from(number as i64))
}

/// Levenshtein distance, for names.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(!x.eq_ignore_ascii_case(&y));
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(schema: &Value, mut value: Value, lenient: bool) -> (Value, Vec<String>) {
        let mut patterns = Patterns::default();
        patterns.compile(schema).unwrap();
        let mut check = Check { root: schema, patterns: &patterns, lenient, problems: Vec::new() };
        check.value(schema, &mut value, "");
        (value, check.problems.into_iter().map(|p| p.to_string()).collect())
    }

    fn order() -> Value {
        json!({"type": "object", "additionalProperties": false, "required": ["id", "limit"], "properties": {
            "id": {"type": "string", "pattern": "^ORD-"},
            "limit": {"type": "integer", "minimum": 1, "maximum": 500},
            "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
            "status": {"enum": ["OPEN", "CLOSED"], "type": "string"},
        }})
    }

    #[test]
    fn all_problems_come_at_once_each_with_its_path() {
        let value = json!({"limit": "ten", "tags": ["a", 7], "status": "gone", "lmit": 3});
        let (_, problems) = check(&order(), value, true);
        assert_eq!(
            problems,
            [
                "id: required: expected a string that matches ^ORD-",
                "limit: expected an integer from 1 to 500, got \"ten\"",
                "tags[1]: expected a string, got 7",
                "status: expected one of \"OPEN\", \"CLOSED\", got \"gone\"",
                "lmit: unknown; did you mean `limit`?",
            ]
        );
    }

    #[test]
    fn text_is_read_as_what_it_means_unless_strict() {
        let value = json!({"id": "ORD-1", "limit": "10", "tags": "[\"a\"]"});
        let (read, problems) = check(&order(), value.clone(), true);
        assert_eq!(problems, [""; 0]);
        assert_eq!(read, json!({"id": "ORD-1", "limit": 10, "tags": ["a"]}));
        assert_eq!(check(&order(), value, false).1.len(), 2);
    }

    #[test]
    fn a_whole_float_is_an_integer() {
        assert_eq!(check(&json!({"type": "integer"}), json!(10.0), true).0, json!(10));
        assert_eq!(check(&json!({"type": "integer"}), json!(10.5), true).1.len(), 1);
    }

    #[test]
    fn the_nearest_branch_of_a_choice_says_what_is_wrong() {
        let schema = json!({"anyOf": [{"type": "integer"}, {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}]});
        assert_eq!(check(&schema, json!({"a": 1}), true).1, ["a: expected a string, got 1"]);
        assert_eq!(
            check(&schema, json!(true), true).1,
            ["arguments: expected an integer or an object, got true"]
        );
        assert!(check(&schema, json!("7"), true).1.is_empty());
    }

    #[test]
    fn references_are_followed() {
        let schema = json!({"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}}});
        assert_eq!(
            check(&schema, json!({"next": {"next": 3}}), true).1,
            ["next.next: expected an object, got 3"]
        );
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_or_all() {
        assert_eq!(unknown("ordr", ["order", "x"].into_iter()), "unknown; did you mean `order`?");
        assert_eq!(unknown("zebra", ["a", "b"].into_iter()), "unknown; there are `a`, `b`");
    }
}
