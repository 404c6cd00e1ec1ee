//! Two schemas of one thing: what is taken no longer, or given anew.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Changes;
use crate::arguments::refer;

/// Schemas may refer to themselves.
const DEEPEST: usize = 12;
/// Members that allow less the larger they are.
const LEAST: [&str; 5] = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
/// Members that allow less the smaller they are.
const MOST: [&str; 5] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];

/// Which way values go.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Way {
    /// Arguments: what was taken must still be taken.
    In,
    /// Results: nothing may come that could not come before, and nothing may stay away.
    Out,
}

/// Compares two schemas of objects.
pub(super) fn compare(
    way: Way,
    place: &str,
    before: &Map<String, Value>,
    now: &Map<String, Value>,
    changes: &mut Changes,
) {
    let is_input = way == Way::In;
    let what = if is_input { "argument" } else { "result" };
    let mut compare = Compare { old_root: before, new_root: now, is_input, changes };
    compare.objects(place, what, before, now, 0);
}

struct Compare<'a> {
    old_root: &'a Map<String, Value>,
    new_root: &'a Map<String, Value>,
    is_input: bool,
    changes: &'a mut Changes,
}

impl Compare<'_> {
    fn objects(
        &mut self,
        place: &str,
        kind: &str,
        before: &Map<String, Value>,
        now: &Map<String, Value>,
        depth: usize,
    ) {
        let (old, new) = (properties(before), properties(now));
        for (name, schema) in &old {
            let part = format!("{place}: {kind} {name}");
            match new.get(name) {
                Some(other) => self.values(&part, schema, other, depth + 1),
                None => self.changes.breaking(format!("{part} was removed")),
            }
        }
        let (was_required, is_required) = (required(before), required(now));
        for name in new.keys() {
            let part = format!("{place}: {kind} {name}");
            let is_needed = is_required.contains(name.as_str());
            match (old.contains_key(name), self.is_input) {
                (false, true) if is_needed => self.changes.breaking(format!("{part} is new and required")),
                (false, _) => self.changes.other(format!("{part} is new")),
                (true, true) if is_needed && !was_required.contains(name.as_str()) => {
                    self.changes.breaking(format!("{part} is required now"));
                }
                (true, false) if !is_needed && was_required.contains(name.as_str()) => {
                    self.changes.breaking(format!("{part} may be absent now"));
                }
                (true, _) if is_needed != was_required.contains(name.as_str()) => {
                    let how = if is_needed { "always there now" } else { "optional now" };
                    self.changes.other(format!("{part} is {how}"));
                }
                _ => {}
            }
        }
        let is_closed =
            |schema: &Map<String, Value>| schema.get("additionalProperties") == Some(&Value::Bool(false));
        if self.is_input && is_closed(now) && !is_closed(before) {
            self.changes.breaking(format!("{place}: other arguments are refused now"));
        }
    }

    fn values(&mut self, place: &str, before: &Value, now: &Value, depth: usize) {
        let (old, new) = (resolved(before, self.old_root), resolved(now, self.new_root));
        if depth > DEEPEST {
            return;
        }
        self.sets(place, "type", &types(old, self.old_root, 0), &types(new, self.new_root, 0));
        self.sets(place, "value", &listed(old), &listed(new));
        self.bounds(place, old, new);
        for member in ["title", "description", "default", "pattern", "format"] {
            let is_text = matches!(member, "title" | "description");
            match (
                old[member] == new[member],
                !is_text && member != "default" && self.is_input && !new[member].is_null(),
            ) {
                (true, _) => {}
                (false, true) => {
                    self.changes.breaking(format!("{place}: its {member} is {} now", new[member]));
                }
                (false, false) => self.changes.other(format!("{place}: its {member} is another")),
            }
        }
        if let (Some(old), Some(new)) = (old.get("items"), new.get("items")) {
            self.values(&format!("{place}[]"), old, new, depth + 1);
        }
        if let (Some(old), Some(new)) = (old.as_object(), new.as_object())
            && (old.contains_key("properties") || new.contains_key("properties"))
        {
            self.objects(place, "member", old, new, depth);
        }
    }

    /// What may be there: an empty set is anything.
    fn sets(&mut self, place: &str, what: &str, old: &BTreeSet<String>, new: &BTreeSet<String>) {
        let is_within = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
            other.is_empty() || !one.is_empty() && one.is_subset(other)
        };
        let shown = |set: &BTreeSet<String>| {
            if set.is_empty() {
                "anything".into()
            } else {
                set.iter().cloned().collect::<Vec<_>>().join(" or ")
            }
        };
        if old == new {
            return;
        }
        let is_kept = if self.is_input { is_within(old, new) } else { is_within(new, old) };
        let told = format!("{place}: its {what} was {} and is {}", shown(old), shown(new));
        if is_kept { self.changes.other(told) } else { self.changes.breaking(told) }
    }

    fn bounds(&mut self, place: &str, old: &Value, new: &Value) {
        for (members, is_least) in [(LEAST, true), (MOST, false)] {
            for member in members {
                let open = if is_least { f64::NEG_INFINITY } else { f64::INFINITY };
                let (was, is) = (old[member].as_f64().unwrap_or(open), new[member].as_f64().unwrap_or(open));
                if was == is {
                    continue;
                }
                let is_narrower = if is_least { is > was } else { is < was };
                let told = format!("{place}: its {member} was {was} and is {is}");
                if is_narrower == self.is_input {
                    self.changes.breaking(told);
                } else {
                    self.changes.other(told);
                }
            }
        }
    }
}

fn properties(schema: &Map<String, Value>) -> Map<String, Value> {
    schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn required(schema: &Map<String, Value>) -> BTreeSet<&str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn resolved<'a>(schema: &'a Value, root: &'a Map<String, Value>) -> &'a Value {
    schema["$ref"].as_str().and_then(|reference| refer(reference, root)).unwrap_or(schema)
}

/// A number takes every integer, so it counts as both.
fn types(schema: &Value, root: &Map<String, Value>, depth: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match &schema["type"] {
        Value::String(kind) => drop(found.insert(kind.clone())),
        Value::Array(kinds) => found.extend(kinds.iter().filter_map(Value::as_str).map(str::to_owned)),
        _ => {
            for part in ["anyOf", "oneOf"].iter().filter_map(|member| schema[*member].as_array()).flatten() {
                let part = if depth < DEEPEST {
                    types(resolved(part, root), root, depth + 1)
                } else {
                    BTreeSet::new()
                };
                if part.is_empty() {
                    return part;
                }
                found.extend(part);
            }
        }
    }
    if found.contains("number") {
        found.insert("integer".into());
    }
    found
}

fn listed(schema: &Value) -> BTreeSet<String> {
    let values = schema["enum"].as_array().into_iter().flatten().chain(schema.get("const"));
    values.map(Value::to_string).collect()
}
