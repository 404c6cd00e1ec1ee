//! Whether what a tool gives is what it announces (rule C17).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;
use toolwright_types::tools::{CallToolResult, Tool};

use crate::error::{Error, Result};

/// How much of what a schema says of a fault is told, in characters.
const TOLD: usize = 300;

/// The schemas of all tools whose output has one, by the tools' names.
#[derive(Default)]
pub(crate) struct Outputs(Mutex<HashMap<String, Arc<Output>>>);

struct Output {
    schema: Value,
    /// Made at the first result; none when the schema cannot be used.
    validator: OnceLock<Option<Validator>>,
}

impl Outputs {
    /// Learns what tools there are now; what was made of a schema that is the same is kept.
    pub(crate) fn learn(&self, tools: &[Tool]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut before = std::mem::take(&mut *known);
        for tool in tools {
            let Some(schema) = tool.output_schema.clone().map(Value::Object) else { continue };
            let output = before.remove(&tool.name).filter(|output| output.schema == schema);
            let output = output.unwrap_or_else(|| Arc::new(Output { schema, validator: OnceLock::new() }));
            known.insert(tool.name.clone(), output);
        }
    }

    /// Fails when the result is not what the tool announces; what is not known is as good as any.
    pub(crate) fn check(&self, tool: &str, result: &CallToolResult) -> Result {
        if result.is_error == Some(true) {
            return Ok(());
        }
        let output = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(tool).cloned();
        let Some(output) = output else { return Ok(()) };
        let Some(validator) = output.validator.get_or_init(|| compiled(tool, &output.schema)) else {
            return Ok(());
        };
        let Some(structured) = &result.structured_content else {
            return Err(Error::Invalid(format!("`{tool}` announces structured content and gives none")));
        };
        let Some(fault) = validator.iter_errors(structured).next() else { return Ok(()) };
        let (place, why) = (fault.instance_path().to_string(), fault.masked().to_string());
        let place = if place.is_empty() { "its root" } else { &place };
        let why: String = why.chars().take(TOLD).collect();
        let text = format!("the structured content of `{tool}` does not fit its schema at {place}: {why}");
        Err(Error::Invalid(text))
    }
}

/// Nothing is fetched for it, and its patterns take no longer than their text is long: a server wrote it.
fn compiled(tool: &str, schema: &Value) -> Option<Validator> {
    let options = jsonschema::options().offline().with_pattern_options(PatternOptions::regex());
    let compiled = options.build(schema);
    let compiled = compiled.inspect_err(|error| tracing::warn!("the schema of `{tool}` is no use: {error}"));
    compiled.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(schema: &Value, structured: Value) -> Result {
        let schema = schema.as_object().cloned();
        let outputs = Outputs::default();
        outputs.learn(&[Tool { name: "t".into(), output_schema: schema, ..Tool::default() }]);
        outputs
            .check("t", &CallToolResult { structured_content: Some(structured), ..CallToolResult::default() })
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        let schema = json!({"type": "object", "properties": {"items": {"items": {"$ref": "#/$defs/n"}}},
            "$defs": {"n": {"type": "integer"}}});
        checked(&schema, json!({"items": [1, 2]})).unwrap();
        let told = checked(&schema, json!({"items": [1, "two"]})).unwrap_err().to_string();
        assert!(told.contains("does not fit its schema at /items/1: "), "{told}");
        assert!(!told.contains("two"), "what a server gave may be secret: {told}");
    }

    /// security.md: a schema comes from the server.
    #[test]
    fn a_schema_that_means_harm_is_not_used() {
        for schema in [
            json!({"$ref": "https://evil.example/schema.json"}),
            json!({"$ref": "file:///etc/passwd"}),
            json!({"type": 7}),
            json!({"pattern": "(?=a)b"}),
            json!({"$ref": "#"}),
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
        ] {
            checked(&schema, json!({"a": 1})).unwrap();
        }
        let slow = json!({"properties": {"a": {"pattern": "^(a+)+$"}}});
        assert!(checked(&slow, json!({"a": format!("{}!", "a".repeat(50_000))})).is_err());
    }

    #[test]
    fn a_schema_is_compiled_once() {
        let tool = |kind: &str| Tool {
            name: "t".into(),
            output_schema: json!({ "type": kind }).as_object().cloned(),
            ..Tool::default()
        };
        let outputs = Outputs::default();
        let get = || outputs.0.lock().unwrap()["t"].clone();
        outputs.learn(&[tool("object")]);
        let first = get();
        outputs.learn(&[tool("object")]);
        assert!(Arc::ptr_eq(&first, &get()));
        outputs.learn(&[tool("array")]);
        assert!(!Arc::ptr_eq(&first, &get()));
    }
}
