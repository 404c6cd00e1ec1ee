//! JSON Schemas of Rust types: the only file that names the generator.
//!
//! What the generator writes is true but not what strict clients read: they refuse bare `true`, drop type
//! unions, and know no `uint32`. [`tidy`] writes the same meaning in the words all of them know.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// The schema of a type as an input: defaults make members optional, `null` means absent.
///
/// Beside it, whether the schema says more than the type's own deserialisation checks.
pub(crate) fn of_input<T: JsonSchema + ?Sized>() -> (Value, bool) {
    let schema = generate::<T>(SchemaSettings::draft2020_12());
    let constrained = is_constrained(&schema);
    (tidy(schema, Direction::Input), constrained)
}

/// The schema of a type as it is generated: what forms can say of it is picked out elsewhere.
pub(crate) fn of_form<T: JsonSchema + ?Sized>() -> Value {
    generate::<T>(SchemaSettings::draft2020_12())
}

/// The schema of a type as an output: what is always written is required.
pub(crate) fn of_output<T: JsonSchema + ?Sized>() -> Value {
    tidy(generate::<T>(SchemaSettings::draft2020_12().for_serialize()), Direction::Output)
}

/// Whether values of this schema are objects.
pub(crate) fn is_object(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "object")
}

/// Whether a schema that is not yet tidied says more than deserialisation checks.
fn is_constrained(schema: &Value) -> bool {
    const BEYOND_SERDE: [&str; 11] = [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
        "uniqueItems",
    ];
    match schema {
        Value::Object(members) => members.iter().any(|(key, value)| match key.as_str() {
            "properties" | "$defs" => value.as_object().is_some_and(|map| map.values().any(is_constrained)),
            "enum" | "const" | "default" | "examples" => false,
            key if BEYOND_SERDE.contains(&key) => !is_intrinsic(members, value),
            _ => is_constrained(value),
        }),
        Value::Array(items) => items.iter().any(is_constrained),
        _ => false,
    }
}

/// Whether a bound is that of the machine integer itself, or of a `char`.
fn is_intrinsic(members: &Map<String, Value>, bound: &Value) -> bool {
    match members.get("format").and_then(Value::as_str) {
        Some("uint8") => bound == 0 || bound == u8::MAX,
        Some("uint16") => bound == 0 || bound == u16::MAX,
        Some("int8") => bound == i8::MIN || bound == i8::MAX,
        Some("int16") => bound == i16::MIN || bound == i16::MAX,
        Some(format) => format.starts_with("uint") && bound == 0,
        None => false,
    }
}

/// Makes a root schema fit to stand inside another: its definitions go to those of the other, and what refers to
/// its root refers to a definition of that name.
pub(crate) fn embed(mut schema: Value, name: &str, definitions: &mut Map<String, Value>) -> Value {
    let own = schema.as_object_mut().and_then(|members| members.remove("$defs"));
    let Value::Object(mut own) = own.unwrap_or_else(|| json!({})) else { return schema };
    let target = format!("#/$defs/{name}");
    let mut found = redirect(&mut schema, &target);
    for definition in own.values_mut() {
        found |= redirect(definition, &target);
    }
    definitions.extend(own);
    if !found {
        return schema;
    }
    definitions.insert(name.to_owned(), schema);
    json!({ "$ref": target })
}

/// Points every reference to the root elsewhere; says whether there was one.
fn redirect(schema: &mut Value, target: &str) -> bool {
    match schema {
        Value::Object(members) => {
            let mut found = false;
            for (key, value) in members {
                if key == "$ref" && value == "#" {
                    *value = target.into();
                    found = true;
                } else {
                    found |= redirect(value, target);
                }
            }
            found
        }
        Value::Array(items) => items.iter_mut().fold(false, |found, item| redirect(item, target) | found),
        _ => false,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Input,
    Output,
}

fn generate<T: JsonSchema + ?Sized>(settings: SchemaSettings) -> Value {
    let settings = settings.with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut value: Value = SchemaGenerator::new(settings).into_root_schema_for::<T>().into();
    if let Some(root) = value.as_object_mut() {
        root.remove("title");
    }
    value
}

fn tidy(mut schema: Value, direction: Direction) -> Value {
    walk(&mut schema, direction);
    schema
}

fn walk(schema: &mut Value, direction: Direction) {
    if *schema == Value::Bool(true) {
        // Bare `true` is an error to strict clients; this is every JSON type by name.
        let kinds = ["object", "array", "string", "number", "boolean", "null"];
        *schema = json!({"anyOf": kinds.map(|kind| json!({"type": kind}))});
        return;
    }
    let Value::Object(members) = schema else { return };
    drop_machine_formats(members);
    if direction == Direction::Input {
        drop_null(members);
    } else {
        split_type_union(members);
    }
    consts_to_enum(members);
    for (key, value) in members.iter_mut() {
        match (key.as_str(), value) {
            ("properties" | "$defs" | "patternProperties", Value::Object(map)) => {
                map.values_mut().for_each(|value| walk(value, direction));
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(items)) => {
                items.iter_mut().for_each(|value| walk(value, direction));
            }
            ("additionalProperties", Value::Bool(_)) => {}
            ("items" | "additionalProperties" | "not", value) => walk(value, direction),
            _ => {}
        }
    }
}

/// `format: uint32` and the like are the generator's own words.
fn drop_machine_formats(members: &mut Map<String, Value>) {
    let Some(Value::String(format)) = members.get("format") else { return };
    let is_integer = format.starts_with("int") || format.starts_with("uint");
    if is_integer || format == "float" || format == "double" {
        members.remove("format");
    }
}

/// An optional input is absent; `null` is accepted at run time but not announced.
fn drop_null(members: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|kind| kind != "null");
        if types.len() == 1 {
            let only = types.remove(0);
            members.insert("type".into(), only);
        }
        if let Some(Value::Array(values)) = members.get_mut("enum") {
            values.retain(|value| !value.is_null());
        }
        if members.get("default") == Some(&Value::Null) {
            members.remove("default");
        }
    }
    let Some(Value::Array(branches)) = members.get_mut("anyOf") else { return };
    branches.retain(|branch| branch.get("type").is_none_or(|kind| kind != "null"));
    if branches.len() == 1
        && let Some(Value::Object(only)) = branches.pop()
    {
        members.remove("anyOf");
        for (key, value) in only {
            members.entry(key).or_insert(value);
        }
    }
}

/// `type: [T, null]` says the same as `anyOf` with two branches, which strict clients read.
fn split_type_union(members: &mut Map<String, Value>) {
    if !members.get("type").is_some_and(Value::is_array) {
        return;
    }
    let Some(Value::Array(types)) = members.remove("type") else { return };
    let shared: Vec<String> = ["description", "default", "title"].map(String::from).into();
    let mut rest = std::mem::take(members);
    for key in shared {
        if let Some(value) = rest.remove(&key) {
            members.insert(key, value);
        }
    }
    let branches = types.into_iter().map(|kind| {
        let mut branch = if kind == "null" { Map::new() } else { rest.clone() };
        if let Some(Value::Array(values)) = branch.get_mut("enum") {
            values.retain(|value| !value.is_null());
        }
        branch.insert("type".into(), kind);
        Value::Object(branch)
    });
    let branches = branches.collect();
    members.insert("anyOf".into(), Value::Array(branches));
}

/// An enum whose variants are documented comes as `oneOf` of constants: one `enum`, with the words beside it.
fn consts_to_enum(members: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = members.get("oneOf") else { return };
    let mut values = Vec::new();
    let mut words = Vec::new();
    for branch in branches {
        let described = branch.get("description").and_then(Value::as_str);
        match (branch.get("const"), branch.get("enum")) {
            (Some(value), _) => {
                if let (Some(name), Some(text)) = (value.as_str(), described) {
                    words.push(format!("{name}: {}", text.replace('\n', " ")));
                }
                values.push(value.clone());
            }
            (None, Some(Value::Array(several))) => values.extend(several.iter().cloned()),
            _ => return,
        }
    }
    members.remove("oneOf");
    if values.iter().all(Value::is_string) {
        members.insert("type".into(), "string".into());
    }
    members.insert("enum".into(), Value::Array(values));
    if !words.is_empty() {
        let before = members.get("description").and_then(Value::as_str).map(|text| format!("{text}\n"));
        members.insert("description".into(), (before.unwrap_or_default() + &words.join("\n")).into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is looked at")]
    enum Status {
        /// Not paid.
        Open,
        Closed,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is looked at")]
    struct Filter {
        /// How many.
        limit: Option<u32>,
        status: Option<Status>,
        extra: Value,
    }

    #[test]
    fn an_optional_input_has_no_null() {
        let schema = of_input::<Filter>().0;
        assert_eq!(schema["properties"]["limit"]["type"], "integer");
        assert!(schema["properties"]["limit"].get("format").is_none());
        assert_eq!(schema["properties"]["status"]["enum"], json!(["Closed", "Open"]));
        assert_eq!(schema["required"], json!(["extra"]));
    }

    #[test]
    fn an_optional_output_is_a_choice_of_two() {
        let schema = of_output::<Filter>();
        let kinds: Vec<_> =
            schema["properties"]["limit"]["anyOf"].as_array().unwrap().iter().map(|b| &b["type"]).collect();
        assert_eq!(kinds, ["integer", "null"]);
    }

    #[test]
    fn free_form_json_is_no_bare_boolean() {
        assert!(of_input::<Filter>().0["properties"]["extra"].is_object());
        assert!(of_input::<Value>().0.is_object());
    }

    #[test]
    fn documented_variants_become_one_enum() {
        let schema = of_input::<Status>().0;
        assert_eq!(schema["enum"], json!(["Closed", "Open"]));
        assert_eq!(schema["description"], "Open: Not paid.");
    }
}
