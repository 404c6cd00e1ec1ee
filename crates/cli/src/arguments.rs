//! Arguments as a shell or a person gives them, read as a tool's schema says.

use serde_json::{Map, Value};

/// How deep a schema may refer to others before we give up to understand it.
const DEEPEST: usize = 16;

/// Reads `name=value` and `name:=JSON`; a list may be given as `name=a,b`, or one value at a time.
pub(crate) fn read(given: &[String], schema: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut arguments = Map::new();
    for text in given {
        let (name, value) = pair(text)?;
        let (name, value) = match name.strip_suffix(':') {
            Some(name) => {
                let read = serde_json::from_str(value);
                (name, read.map_err(|error| format!("`{text}`: {value} is no JSON: {error}"))?)
            }
            None => (name, coerced(name, value, schema)?),
        };
        match (arguments.get_mut(name), value) {
            (Some(Value::Array(all)), Value::Array(more)) => all.extend(more),
            (_, value) => {
                arguments.insert(name.to_owned(), value);
            }
        }
    }
    Ok(arguments)
}

/// Reads `name=value`, all of it text.
pub(crate) fn pairs(given: &[String]) -> Result<Vec<(String, String)>, String> {
    given.iter().map(|text| pair(text).map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
}

fn pair(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=')
        .ok_or_else(|| format!("`{text}` is no argument: write `name=value`, or `name:=JSON`"))
}

/// The required arguments that are not there.
pub(crate) fn missing(arguments: &Map<String, Value>, schema: &Map<String, Value>) -> Vec<String> {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let required = required.filter_map(Value::as_str).filter(|name| !arguments.contains_key(*name));
    required.map(str::to_owned).collect()
}

/// What an argument is, for people: its type, what it may be, what it is for.
pub(crate) fn described(name: &str, schema: &Map<String, Value>) -> String {
    let Some(property) = property(name, schema) else { return name.to_owned() };
    let mut kind = kinds(property, schema, 0).join(" or ");
    if let Some(values) = property.get("enum").and_then(Value::as_array) {
        let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        kind = format!("one of {}", values.iter().map(shown).collect::<Vec<_>>().join(", "));
    }
    let kind = if kind.is_empty() { "anything".into() } else { kind };
    let about = property.get("description").and_then(Value::as_str).and_then(|text| text.lines().next());
    format!("{name} ({kind}){}", about.map(|about| format!(": {about}")).unwrap_or_default())
}

/// Reads one value as the schema of this argument says.
pub(crate) fn coerced(name: &str, text: &str, schema: &Map<String, Value>) -> Result<Value, String> {
    let Some(property) = property(name, schema) else { return Ok(free(text)) };
    as_one_of(text, property, schema).ok_or_else(|| {
        let kinds = kinds(property, schema, 0).join(" or ");
        format!("`{name}={text}`: `{name}` takes {kinds}; `{name}:=JSON` gives any value")
    })
}

fn property<'a>(name: &str, schema: &'a Map<String, Value>) -> Option<&'a Value> {
    schema.get("properties")?.get(name)
}

/// The value if one of the types can be read from the text; text where nothing is said against it.
fn as_one_of(text: &str, schema: &Value, root: &Map<String, Value>) -> Option<Value> {
    let kinds = kinds(schema, root, 0);
    if kinds.is_empty() {
        return Some(free(text));
    }
    if kinds.contains(&"string") {
        return Some(text.into());
    }
    kinds.into_iter().find_map(|kind| as_kind(text, kind, schema, root))
}

fn as_kind(text: &str, kind: &str, schema: &Value, root: &Map<String, Value>) -> Option<Value> {
    let json = || serde_json::from_str::<Value>(text).ok();
    match kind {
        "null" => json().filter(Value::is_null),
        "integer" => json().filter(|value| value.as_f64().is_some_and(|number| number.fract() == 0.0)),
        "number" => json().filter(Value::is_number),
        "boolean" => match text.to_lowercase().as_str() {
            "true" | "yes" | "y" | "on" => Some(true.into()),
            "false" | "no" | "n" | "off" => Some(false.into()),
            _ => None,
        },
        "object" => json().filter(Value::is_object),
        "array" if text.trim_start().starts_with('[') => json().filter(Value::is_array),
        "array" => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            let words = text.split(',').filter(|word| !word.is_empty());
            words.map(|word| as_one_of(word.trim(), items, root)).collect()
        }
        _ => None,
    }
}

/// JSON if it is that, else text.
fn free(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// The types that a schema allows, none if it does not say.
fn kinds<'a>(schema: &'a Value, root: &'a Map<String, Value>, depth: usize) -> Vec<&'a str> {
    if depth > DEEPEST {
        return Vec::new();
    }
    let mut found = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !found.is_empty() {
        return found;
    }
    if let Some(referred) = schema["$ref"].as_str().and_then(|reference| refer(reference, root)) {
        return kinds(referred, root, depth + 1);
    }
    for member in ["anyOf", "oneOf", "allOf"] {
        let parts = schema[member].as_array().into_iter().flatten();
        found.extend(parts.flat_map(|part| kinds(part, root, depth + 1)));
    }
    if found.is_empty() {
        let values = schema["enum"].as_array().into_iter().flatten().chain(schema.get("const"));
        found.extend(values.map(kind_of));
    }
    let mut seen = Vec::new();
    found.retain(|kind| {
        !seen.contains(kind) && {
            seen.push(*kind);
            true
        }
    });
    found
}

fn kind_of(value: &Value) -> &str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// What a reference within the schema stands for.
pub(crate) fn refer<'a>(reference: &str, root: &'a Map<String, Value>) -> Option<&'a Value> {
    let mut steps =
        reference.strip_prefix("#/")?.split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
    let first = root.get(&steps.next()?)?;
    steps.try_fold(first, |value, step| value.get(step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Map<String, Value> {
        let schema = json!({"properties": {
            "id": {"type": "string"}, "count": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}},
            "numbers": {"type": "array", "items": {"type": "integer"}}, "maybe": {"type": ["string", "null"]},
            "either": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "sure": {"type": "boolean"}, "kind": {"$ref": "#/$defs/Kind"}, "any": {}
        }, "$defs": {"Kind": {"enum": ["1", "2"]}}, "required": ["id", "count"]});
        schema.as_object().unwrap().clone()
    }

    fn read_all(given: &[&str]) -> Result<Value, String> {
        let given: Vec<String> = given.iter().map(|&text| text.to_owned()).collect();
        read(&given, &schema()).map(Value::Object)
    }

    #[test]
    fn values_are_read_as_the_schema_says() {
        let given = [
            "id=12",
            "count=3",
            "tags=[\"1\",\"2\"]",
            "maybe=null",
            "either=5",
            "limit=5",
            "any=true",
            "sure=yes",
            "kind=1",
            "free=a=b",
            "raw:={\"x\":1}",
        ];
        let expected = json!({
            "id": "12", "count": 3, "tags": ["1", "2"], "maybe": "null", "either": "5", "limit": 5, "any": true,
            "sure": true, "kind": "1", "free": "a=b", "raw": {"x": 1}
        });
        assert_eq!(read_all(&given), Ok(expected));
    }

    #[test]
    fn a_list_may_come_in_parts() {
        let read = read_all(&["tags=1,b", "tags=c", "numbers=1,2"]);
        assert_eq!(read, Ok(json!({"tags": ["1", "b", "c"], "numbers": [1, 2]})));
    }

    #[test]
    fn what_is_no_argument_is_told() {
        for (wrong, why) in [
            ("count", "write `name=value`"),
            ("x:={", "is no JSON"),
            ("count=many", "`count` takes integer"),
            ("count=1.5", "takes integer"),
            ("limit=all", "takes integer or null"),
            ("sure=perhaps", "takes boolean"),
            ("numbers=1,b", "takes array"),
        ] {
            let told = read_all(&[wrong]).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn what_is_required_and_absent_is_known() {
        let arguments = read(&["count=1".into()], &schema()).unwrap();
        assert_eq!(missing(&arguments, &schema()), ["id"]);
        assert_eq!(described("kind", &schema()), "kind (string)");
        assert_eq!(described("limit", &schema()), "limit (integer or null)");
    }
}
