//! Arguments that HTTP clients repeat in a header, `Mcp-Param-…`: found in a tool's input schema, and in a call.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http>

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Value, value::RawValue};

/// The key in a property's schema that names the header.
const ANNOTATION: &str = "x-mcp-header";

/// One such argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// The header's whole name, in lower case.
    pub header: String,
    /// The names that lead to the value from the root of the arguments.
    pub path: Vec<String>,
    /// What the value is.
    pub kind: MirroredKind,
}

/// The kinds of value that a header can repeat (rule S47).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MirroredKind {
    /// A string.
    Text,
    /// An integer, compared as a number.
    Integer,
    /// `true` or `false`.
    Boolean,
}

impl Mirrored {
    /// All such arguments of an input schema.
    ///
    /// # Errors
    ///
    /// What is wrong with its annotations: a client leaves such a tool out (rule H15).
    pub fn find(schema: &Value) -> Result<Vec<Self>, Vec<String>> {
        let mut faults = Vec::new();
        let found = find(schema, &mut faults);
        if faults.is_empty() { Ok(found) } else { Err(faults) }
    }

    /// The value in a call's arguments; one that is absent or null is none.
    pub fn value<'a>(&self, arguments: Option<&'a RawValue>) -> Option<&'a RawValue> {
        let mut value = arguments?;
        for name in &self.path {
            let members: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(value.get()).ok()?;
            value = members.get(name.as_str()).copied()?;
        }
        Some(value).filter(|value| value.get() != "null")
    }
}

/// All such arguments of an input schema; what clients would refuse is a fault (rules S47 and H14).
pub(crate) fn find(schema: &Value, faults: &mut Vec<String>) -> Vec<Mirrored> {
    let mut found = Vec::new();
    walk(schema, &mut Vec::new(), &mut found, faults);
    if count(schema) > found.len() && faults.is_empty() {
        faults.push("a header can only repeat a property that is reached through `properties`".into());
    }
    for (index, mirrored) in found.iter().enumerate() {
        if found[..index].iter().any(|earlier| earlier.header == mirrored.header) {
            faults.push(format!("two arguments are repeated in the header `{}`", mirrored.header));
        }
    }
    found
}

fn walk(schema: &Value, path: &mut Vec<String>, found: &mut Vec<Mirrored>, faults: &mut Vec<String>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        path.push(name.clone());
        if let Some(header) = property.get(ANNOTATION) {
            match (header.as_str().filter(|header| is_token(header)), kind(property)) {
                (Some(header), Some(kind)) => {
                    let header = format!("mcp-param-{}", header.to_ascii_lowercase());
                    found.push(Mirrored { header, path: path.clone(), kind });
                }
                (None, _) => faults.push(format!("`{name}` names a header that is none: {header}")),
                (_, None) => faults.push(format!(
                    "`{name}` cannot be repeated in a header: only text, integers and booleans can"
                )),
            }
        }
        walk(property, path, found, faults);
        path.pop();
    }
}

fn kind(property: &Value) -> Option<MirroredKind> {
    match property.get("type")?.as_str()? {
        "string" => Some(MirroredKind::Text),
        "integer" => Some(MirroredKind::Integer),
        "boolean" => Some(MirroredKind::Boolean),
        _ => None,
    }
}

/// How often a header is named anywhere in a schema.
fn count(schema: &Value) -> usize {
    match schema {
        Value::Object(members) => {
            usize::from(members.get(ANNOTATION).is_some_and(Value::is_string))
                + members.values().map(count).sum::<usize>()
        }
        Value::Array(items) => items.iter().map(count).sum(),
        _ => 0,
    }
}

/// RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults(schema: Value) -> Vec<String> {
        let mut faults = Vec::new();
        find(&schema, &mut faults);
        faults
    }

    /// Rule S47.
    #[test]
    fn annotated_properties_are_found_at_any_depth() {
        let schema = json!({"properties": {
            "tenant": {"type": "string", "x-mcp-header": "Tenant"},
            "page": {"properties": {"size": {"type": "integer", "x-mcp-header": "Size"}}},
        }});
        let mut faults = Vec::new();
        let found = find(&schema, &mut faults);
        assert!(faults.is_empty(), "{faults:?}");
        let headers: Vec<_> = found.iter().map(|mirrored| mirrored.header.as_str()).collect();
        assert_eq!(headers, ["mcp-param-tenant", "mcp-param-size"]);
        let arguments = RawValue::from_string(r#"{"page":{"size":7},"tenant":null}"#.into()).unwrap();
        assert_eq!(found[1].value(Some(&arguments)).unwrap().get(), "7");
        assert!(found[0].value(Some(&arguments)).is_none());
    }

    /// Rules S47 and H14.
    #[test]
    fn what_clients_would_refuse_is_a_fault() {
        let wrong = [
            json!({"properties": {"a": {"type": "number", "x-mcp-header": "A"}}}),
            json!({"properties": {"a": {"type": "string", "x-mcp-header": "A B"}}}),
            json!({"properties": {"a": {"type": "string", "x-mcp-header": ""}}}),
            json!({"properties": {"a": {"items": {"type": "string", "x-mcp-header": "A"}}}}),
            json!({"properties": {
                "a": {"type": "string", "x-mcp-header": "A"},
                "b": {"type": "string", "x-mcp-header": "a"},
            }}),
        ];
        for schema in wrong {
            assert_eq!(faults(schema.clone()).len(), 1, "{schema}");
        }
    }
}
