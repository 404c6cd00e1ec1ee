//! What models, and the clients that feed them, have trouble with.

use std::collections::HashSet;

use serde_json::{Map, Value};
use toolwright::types::tools::Tool;

use crate::ask::Offers;

/// Names of tools: the longest that model APIs take.
const LONGEST_NAME: usize = 64;
/// Descriptions of tools: the longest that the strictest model API takes.
const LONGEST_DESCRIPTION: usize = 1024;
/// From here on, models choose worse and some clients leave tools out.
const MANY_TOOLS: usize = 40;
/// Members of a schema whose values are schemas, by name.
const NAMED: [&str; 5] = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
/// Members of a schema whose values are lists of schemas.
const LISTED: [&str; 4] = ["anyOf", "oneOf", "allOf", "prefixItems"];
/// Members of a schema whose value is a schema.
const SINGLE: [&str; 7] = ["items", "contains", "not", "if", "then", "else", "propertyNames"];
/// Members that say something about a value.
const SAYING: [&str; 12] = [
    "type",
    "$ref",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "properties",
    "items",
    "format",
    "pattern",
];

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Note,
    Warning,
    Error,
}

impl Level {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something to mend.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    pub(crate) rule: &'static str,
    /// Such as `tool add` or `tool add: /properties/a`.
    pub(crate) place: String,
    pub(crate) advice: String,
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, level: Level, rule: &'static str, place: &str, advice: impl Into<String>) {
        self.0.push(Finding { level, rule, place: place.to_owned(), advice: advice.into() });
    }
}

/// All findings, the worst first.
pub(crate) fn findings(offers: &Offers) -> Vec<Finding> {
    let mut all = Findings(Vec::new());
    if offers.tools.len() > MANY_TOOLS {
        let advice = format!(
            "{} tools are more than {MANY_TOOLS}: models choose worse, and clients drop some",
            offers.tools.len()
        );
        all.add(Level::Warning, "many-tools", "server", advice);
    }
    let mut seen = HashSet::new();
    for tool in &offers.tools {
        let place = format!("tool {}", tool.name);
        if !seen.insert(&tool.name) {
            all.add(
                Level::Error,
                "same-name",
                &place,
                "two tools have this name: a client can call one of them",
            );
        }
        check_tool(tool, &place, &mut all);
    }
    let resources = offers.resources.iter().map(|one| ("resource", &one.uri, &one.description));
    let templates = offers.templates.iter().map(|one| ("template", &one.uri_template, &one.description));
    let prompts = offers.prompts.iter().map(|one| ("prompt", &one.name, &one.description));
    for (kind, name, description) in resources.chain(templates).chain(prompts) {
        if is_blank(description.as_deref()) {
            all.add(Level::Warning, "no-description", &format!("{kind} {name}"), "say what it is for");
        }
    }
    all.0.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    all.0
}

fn is_blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

fn check_tool(tool: &Tool, place: &str, all: &mut Findings) {
    if is_blank(tool.description.as_deref()) {
        all.add(Level::Warning, "no-description", place, "say when a model should use it");
    }
    let length = tool.description.as_ref().map_or(0, |text| text.chars().count());
    if length > LONGEST_DESCRIPTION {
        let advice =
            format!("{length} characters are more than {LONGEST_DESCRIPTION}: some model APIs refuse it");
        all.add(Level::Warning, "long-description", place, advice);
    }
    if tool.name.chars().count() > LONGEST_NAME {
        let advice = format!("the name has more than {LONGEST_NAME} characters: model APIs refuse it");
        all.add(Level::Error, "long-name", place, advice);
    }
    if !tool.name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-')) {
        let advice = "only letters, digits, `_` and `-` are taken by every model API";
        all.add(Level::Warning, "odd-name", place, advice);
    }
    let hints = tool.annotations.as_ref();
    if hints.is_none_or(|hints| hints.read_only_hint.is_none() && hints.destructive_hint.is_none()) {
        let advice = "without `readOnlyHint` or `destructiveHint`, clients ask before every call";
        all.add(Level::Note, "no-annotations", place, advice);
    }
    check_input(&tool.input_schema, place, all);
    if let Some(output) = &tool.output_schema {
        check_schema(&Value::Object(output.clone()), &format!("{place}: output"), all);
    }
}

fn check_input(schema: &Map<String, Value>, place: &str, all: &mut Findings) {
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        all.add(Level::Error, "no-object", place, "the input schema must say `\"type\": \"object\"`");
    }
    for member in ["anyOf", "oneOf", "allOf"] {
        if schema.contains_key(member) {
            let advice = format!("`{member}` at the top of an input schema is refused by some model APIs");
            all.add(Level::Warning, "top-level-union", place, advice);
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        if property.is_object()
            && is_blank(property["description"].as_str())
            && property.get("$ref").is_none()
        {
            let advice = "an argument without a description";
            all.add(Level::Note, "no-description", &format!("{place}: {name}"), advice);
        }
    }
    check_schema(&Value::Object(schema.clone()), place, all);
}

/// The dialect that all clients understand (as the Inspector's `--strict`, and a little more).
fn check_schema(schema: &Value, place: &str, all: &mut Findings) {
    let Some(members) = schema.as_object() else {
        if schema.is_boolean() {
            let advice = "`true` or `false` instead of a schema is not understood by all clients: say a type";
            all.add(Level::Error, "boolean-schema", place, advice);
        }
        return;
    };
    if schema["type"].is_array() {
        let advice = "a list of types, such as `[\"string\", \"null\"]`, is not understood by all clients: leave out null, or use anyOf";
        all.add(Level::Warning, "type-union", place, advice);
    }
    if schema["$ref"].as_str().is_some_and(|reference| !reference.starts_with('#')) {
        all.add(
            Level::Warning,
            "remote-ref",
            place,
            "a reference to another document is not followed: put it in `$defs`",
        );
    }
    if !SAYING.iter().any(|member| members.contains_key(*member)) {
        all.add(Level::Warning, "untyped-schema", place, "it says nothing of the value: give a type");
    }
    for (member, value) in members {
        let member = member.as_str();
        let deeper = |step: &str| {
            if place.contains(": ") { format!("{place}/{step}") } else { format!("{place}: {step}") }
        };
        if NAMED.contains(&member) {
            value
                .as_object()
                .into_iter()
                .flatten()
                .for_each(|(name, part)| check_schema(part, &deeper(name), all));
        } else if LISTED.contains(&member) {
            value.as_array().into_iter().flatten().for_each(|part| check_schema(part, &deeper(member), all));
        } else if SINGLE.contains(&member) {
            check_schema(value, &deeper(member), all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rules(tool: Value) -> Vec<(&'static str, String)> {
        let tool: Tool = serde_json::from_value(tool).unwrap();
        let mut all = Findings(Vec::new());
        check_tool(&tool, "tool t", &mut all);
        all.0.into_iter().map(|finding| (finding.rule, finding.place)).collect()
    }

    #[test]
    fn a_tool_in_order_has_no_findings() {
        let tool = json!({
            "name": "t", "description": "Does it.", "annotations": {"readOnlyHint": true},
            "inputSchema": {"type": "object", "properties": {
                "a": {"type": "array", "description": "All.", "items": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/N"}]}}
            }, "additionalProperties": false, "$defs": {"N": {"type": "integer"}}}
        });
        assert_eq!(rules(tool), []);
    }

    #[test]
    fn what_clients_have_trouble_with_is_found_where_it_stands() {
        let tool = json!({
            "name": "a tool", "inputSchema": {"oneOf": [], "properties": {
                "a": {"type": ["string", "null"], "description": "d"}, "b": true,
                "c": {"description": "d", "items": {"$ref": "https://example.com/x"}}, "d": {"description": "d"}, "e": {"type": "string"}
            }}
        });
        let expected = [
            ("no-description", "tool t"),
            ("odd-name", "tool t"),
            ("no-annotations", "tool t"),
            ("no-object", "tool t"),
            ("top-level-union", "tool t"),
            ("no-description", "tool t: e"),
            ("type-union", "tool t: a"),
            ("boolean-schema", "tool t: b"),
            ("remote-ref", "tool t: c/items"),
            ("untyped-schema", "tool t: d"),
        ];
        let found = rules(tool);
        assert_eq!(found.iter().map(|(rule, place)| (*rule, place.as_str())).collect::<Vec<_>>(), expected);
    }
}
