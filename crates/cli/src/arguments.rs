//! Arguments as a shell gives them, read as a tool's schema says.

use serde_json::{Map, Value};

/// Reads `name=value` and `name:=JSON`.
pub(crate) fn read(given: &[String], schema: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut arguments = Map::new();
    for text in given {
        let (name, value) = pair(text)?;
        let value = match name.strip_suffix(':') {
            Some(name) => {
                let value = serde_json::from_str(value);
                (
                    name,
                    value.map_err(|error| {
                        format!("`{text}`: {value} is no JSON: {error}", value = quoted(text))
                    })?,
                )
            }
            None => (name, coerced(value, schema.get("properties").and_then(|all| all.get(name)))),
        };
        arguments.insert(value.0.to_owned(), value.1);
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

fn quoted(text: &str) -> &str {
    text.split_once('=').map_or(text, |(_, value)| value)
}

/// Text stays text where the schema wants that; else it is JSON if it can be read so.
fn coerced(value: &str, schema: Option<&Value>) -> Value {
    let kind = schema.and_then(|schema| schema.get("type"));
    let wants_text = match kind {
        Some(Value::String(kind)) => kind == "string",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "string"),
        _ => false,
    };
    if wants_text {
        return value.into();
    }
    serde_json::from_str(value).unwrap_or_else(|_| value.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_read_as_the_schema_says() {
        let schema = json!({"properties": {
            "id": {"type": "string"}, "count": {"type": "integer"}, "tags": {"type": "array"},
            "maybe": {"type": ["string", "null"]}, "any": {}
        }});
        let given =
            ["id=12", "count=3", "tags=[1,2]", "maybe=null", "any=true", "free=a=b", "raw:={\"x\":1}"];
        let given: Vec<String> = given.map(str::to_owned).to_vec();
        let read = read(&given, schema.as_object().unwrap()).unwrap();
        let expected = json!({
            "id": "12", "count": 3, "tags": [1, 2], "maybe": "null", "any": true, "free": "a=b", "raw": {"x": 1}
        });
        assert_eq!(Value::Object(read), expected);
    }

    #[test]
    fn what_is_no_argument_is_told() {
        for (wrong, why) in [("count", "write `name=value`"), ("x:={", "is no JSON")] {
            let told = read(&[wrong.to_owned()], &Map::new()).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }
}
