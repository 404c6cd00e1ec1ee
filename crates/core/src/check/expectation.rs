//! Says in words what a schema expects.

use serde_json::{Map, Value};

/// What is expected, as a noun phrase: `an integer from 1 to 500`.
pub(crate) fn expected(schema: &Value) -> String {
    let Value::Object(schema) = schema else { return "a value".into() };
    if let Some(Value::Array(values)) = schema.get("enum") {
        let values: Vec<_> = values.iter().map(Value::to_string).collect();
        return format!("one of {}", values.join(", "));
    }
    if let Some(only) = schema.get("const") {
        return only.to_string();
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(Value::Array(branches)) = schema.get(key) {
            let mut choices: Vec<_> = branches.iter().map(expected).collect();
            choices.dedup();
            return choices.join(" or ");
        }
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("integer") => format!("an integer{}", range(schema)),
        Some("number") => format!("a number{}", range(schema)),
        Some("boolean") => "true or false".into(),
        Some("string") => string(schema),
        Some("array") => list(schema),
        Some("object") => "an object".into(),
        Some("null") => "null".into(),
        _ => "a value".into(),
    }
}

fn range(schema: &Map<String, Value>) -> String {
    let text = match (schema.get("minimum"), schema.get("maximum")) {
        (Some(low), Some(high)) => format!(" from {low} to {high}"),
        (Some(low), None) => format!(" of at least {low}"),
        (None, Some(high)) => format!(" of at most {high}"),
        (None, None) => String::new(),
    };
    let above = schema.get("exclusiveMinimum").map(|low| format!(" above {low}")).unwrap_or_default();
    let below = schema.get("exclusiveMaximum").map(|high| format!(" below {high}")).unwrap_or_default();
    let multiple =
        schema.get("multipleOf").map(|step| format!(" that is a multiple of {step}")).unwrap_or_default();
    text + &above + &below + &multiple
}

fn string(schema: &Map<String, Value>) -> String {
    let format = schema.get("format").and_then(Value::as_str).map(|format| format!(" ({format})"));
    let length = count(schema, "minLength", "maxLength", "characters");
    let pattern =
        schema.get("pattern").and_then(Value::as_str).map(|pattern| format!(" that matches {pattern}"));
    format!("a string{}{length}{}", format.unwrap_or_default(), pattern.unwrap_or_default())
}

fn list(schema: &Map<String, Value>) -> String {
    let length = count(schema, "minItems", "maxItems", "items");
    let distinct = schema.get("uniqueItems").is_some_and(|unique| unique == true);
    format!("a list{length}{}", if distinct { " without duplicates" } else { "" })
}

fn count(schema: &Map<String, Value>, low: &str, high: &str, unit: &str) -> String {
    match (schema.get(low), schema.get(high)) {
        (Some(low), Some(high)) => format!(" of {low} to {high} {unit}"),
        (Some(low), None) => format!(" of at least {low} {unit}"),
        (None, Some(high)) => format!(" of at most {high} {unit}"),
        (None, None) => String::new(),
    }
}
