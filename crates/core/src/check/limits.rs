//! The bounds of numbers, strings and lists.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::Patterns;

/// Whether a value of the right type keeps the bounds of its schema.
pub(crate) fn within(schema: &Map<String, Value>, value: &Value, patterns: &Patterns) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_none_or(|number| number_within(schema, number)),
        Value::String(text) => string_within(schema, text, patterns),
        Value::Array(items) => list_within(schema, items),
        _ => true,
    }
}

fn number_within(schema: &Map<String, Value>, number: f64) -> bool {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    bound("minimum").is_none_or(|low| number >= low)
        && bound("maximum").is_none_or(|high| number <= high)
        && bound("exclusiveMinimum").is_none_or(|low| number > low)
        && bound("exclusiveMaximum").is_none_or(|high| number < high)
        && bound("multipleOf").is_none_or(|step| {
            let times = number / step;
            (times - times.round()).abs() < 1e-9
        })
}

fn string_within(schema: &Map<String, Value>, text: &str, patterns: &Patterns) -> bool {
    let length = text.chars().count() as u64;
    count_within(schema, "minLength", "maxLength", length)
        && schema
            .get("pattern")
            .and_then(Value::as_str)
            .is_none_or(|pattern| patterns.is_match(pattern, text))
}

fn list_within(schema: &Map<String, Value>, items: &[Value]) -> bool {
    let distinct = || items.iter().map(Value::to_string).collect::<HashSet<_>>().len() == items.len();
    count_within(schema, "minItems", "maxItems", items.len() as u64)
        && (schema.get("uniqueItems").is_none_or(|unique| unique != true) || distinct())
}

fn count_within(schema: &Map<String, Value>, low: &str, high: &str, count: u64) -> bool {
    let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
    bound(low).is_none_or(|low| count >= low) && bound(high).is_none_or(|high| count <= high)
}
