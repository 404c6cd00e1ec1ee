//! JSON, with comments and trailing commas where somebody wrote them.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use jsonc_parser::errors::ParseError;
use serde_json::Value;

use super::Wrong;

impl From<ParseError> for Wrong {
    fn from(error: ParseError) -> Self {
        Self::at(error.line_display(), error.column_display(), error.kind())
    }
}

/// What editors write, and no more: nobody reads the rest of JSON5.
fn parse(text: &str) -> Result<CstRootNode, Wrong> {
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    Ok(CstRootNode::parse(text, &options)?)
}

pub(super) fn read(text: &str) -> Result<Value, Wrong> {
    let root = parse(text)?;
    match root.value() {
        None => Ok(Value::Null),
        Some(value) => {
            value.to_serde_value().ok_or_else(|| Wrong::at(1, 1, "a value that cannot be understood"))
        }
    }
}

pub(super) fn put(text: &str, path: &[&str], name: &str, entry: &Value) -> Result<String, Wrong> {
    let root = parse(text)?;
    let mut object = root.object_value_or_create().ok_or_else(no_object)?;
    for key in path {
        object = inner(&object, key).ok_or_else(no_object)?;
    }
    match object.get(name) {
        Some(property) => property.set_value(written(entry)),
        None => {
            object.append(name, written(entry));
        }
    }
    Ok(root.to_string())
}

pub(super) fn take(text: &str, path: &[&str], name: &str) -> Result<String, Wrong> {
    let root = parse(text)?;
    let inner =
        |object: Option<CstObject>, key: &&str| object.and_then(|object| object.get(key)?.object_value());
    let object = path.iter().fold(root.object_value(), inner);
    if let Some(property) = object.and_then(|object| object.get(name)) {
        property.remove();
    }
    Ok(root.to_string())
}

fn inner(object: &CstObject, key: &str) -> Option<CstObject> {
    let is_null = object
        .get(key)
        .is_some_and(|property| property.value().is_some_and(|value| value.as_null_keyword().is_some()));
    if is_null { Some(object.object_value_or_set(key)) } else { object.object_value_or_create(key) }
}

fn no_object() -> Wrong {
    Wrong::new("where an object should be there is something else: change it by hand")
}

fn written(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(written).collect()),
        Value::Object(all) => {
            let all = all.iter().map(|(key, value)| (key.clone(), written(value)));
            CstInputValue::Object(all.collect())
        }
    }
}
