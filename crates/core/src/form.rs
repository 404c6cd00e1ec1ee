//! Forms from Rust types: a flat schema of the few kinds of field that users can be asked for (rule S72).
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation#requested-schema>

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use toolwright_types::dialect::Dialect;
use toolwright_types::elicitation::form::{FieldSchema, FormSchema, SelectSchema};

use crate::check::{Check, Patterns};
use crate::error::{Error, Result, ToolError};
use crate::schema;

/// What every field may have.
const COMMON: [&str; 3] = ["title", "description", "default"];

/// The form that asks for a `T`, in the words of a dialect.
pub(crate) fn of<T: JsonSchema>(dialect: &Dialect) -> Result<FormSchema> {
    let whole = schema::of_form::<T>();
    let refuse = |why: &str| Error::msg(format!("`{}` is no form: {why}", std::any::type_name::<T>()));
    if whole["type"] != "object" {
        return Err(refuse("it must be a struct with named fields"));
    }
    let required = whole["required"].as_array().cloned().unwrap_or_default();
    let mut fields = Vec::new();
    for (name, schema) in whole["properties"].as_object().into_iter().flatten() {
        let field = field(schema).and_then(|field| told(field, dialect));
        let field = field.map_err(|why| refuse(&format!("the field `{name}` {why}")))?;
        fields.push((name.clone(), field));
    }
    let required: Vec<_> = required.iter().filter_map(Value::as_str).map(String::from).collect();
    Ok(FormSchema {
        schema: None,
        properties: fields,
        required: Some(required).filter(|all| !all.is_empty()),
    })
}

/// Reads an accepted form (rule S79: a client may send anything).
pub(crate) fn read<T: JsonSchema + DeserializeOwned>(content: Map<String, Value>) -> Result<T> {
    let (schema, _) = schema::of_input::<T>();
    let mut patterns = Patterns::default();
    patterns.compile(&schema).map_err(Error::msg)?;
    let mut value = Value::Object(content);
    let mut check = Check { root: &schema, patterns: &patterns, lenient: true, problems: Vec::new() };
    check.value(&schema, &mut value, "");
    if let [first, ..] = &*check.problems {
        return Err(ToolError::new(format!("the answer does not fit the form: {first}")).into());
    }
    serde_json::from_value(value)
        .map_err(|error| ToolError::new(format!("the answer does not fit the form: {error}")).into())
}

/// One field: a schema cut down to what forms know.
fn field(schema: &Value) -> std::result::Result<FieldSchema, String> {
    let inner = without_null(schema);
    let mut field = pick(schema, &COMMON);
    let kind = kind(inner).unwrap_or_default();
    let values = inner.get("enum").cloned();
    let titled = titled(inner);
    if let Some(values) = titled {
        field.extend([("type".into(), json!("string")), ("oneOf".into(), values)]);
    } else if let Some(values) = values {
        field.extend([("type".into(), json!("string")), ("enum".into(), values)]);
        // How titles were told before they had a form of their own.
        field.extend(pick(inner, &["enumNames"]));
    } else {
        let more: &[&str] = match kind {
            "string" => &["minLength", "maxLength"],
            "integer" | "number" => &["minimum", "maximum"],
            "boolean" => &[],
            "array" => &["minItems", "maxItems"],
            _ => {
                return Err(
                    "is neither text, a number, a boolean, an enum of texts nor a list of these".into()
                );
            }
        };
        field.insert("type".into(), kind.into());
        field.extend(pick(inner, more));
        if let Some(format) = inner.get("format").filter(|format| is_format(format)) {
            field.insert("format".into(), format.clone());
        }
        if kind == "array" {
            field.insert("items".into(), items(&inner["items"])?);
        }
    }
    field.retain(|_, value| !value.is_null());
    serde_json::from_value(Value::Object(field)).map_err(|error| format!("cannot be shown: {error}"))
}

/// What a list may hold: texts of which some are chosen.
fn items(schema: &Value) -> std::result::Result<Value, String> {
    if let Some(values) = titled(schema) {
        return Ok(json!({ "anyOf": values }));
    }
    match schema.get("enum") {
        Some(values) => Ok(json!({"type": "string", "enum": values})),
        None => Err("is a list of something else than an enum of texts".into()),
    }
}

/// The field as a dialect can say it.
fn told(field: FieldSchema, dialect: &Dialect) -> std::result::Result<FieldSchema, String> {
    if dialect.rich_forms {
        return Ok(field);
    }
    Ok(match field {
        FieldSchema::TitledSelect(select) => FieldSchema::Select(SelectSchema {
            title: select.title,
            description: select.description,
            names: Some(select.values.iter().map(|value| value.title.clone()).collect()),
            values: select.values.into_iter().map(|value| value.value).collect(),
            default: None,
        }),
        FieldSchema::Select(select) => FieldSchema::Select(SelectSchema { default: None, ..select }),
        FieldSchema::String(mut text) => {
            text.default = None;
            FieldSchema::String(text)
        }
        FieldSchema::Number(mut number) => {
            number.default = None;
            FieldSchema::Number(number)
        }
        FieldSchema::Integer(mut number) => {
            number.default = None;
            FieldSchema::Integer(number)
        }
        FieldSchema::MultiSelect(_) | FieldSchema::TitledMultiSelect(_) => {
            return Err("is a choice of several, which this client cannot show".into());
        }
        field => field,
    })
}

/// An enum with something to say of its values: they have titles.
fn titled(schema: &Value) -> Option<Value> {
    let choices = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
    let choice = |choice: &Value| {
        let value = choice.get("const").or_else(|| choice.get("enum")?.get(0))?.as_str()?.to_owned();
        let title = choice.get("title").or_else(|| choice.get("description")).and_then(Value::as_str);
        Some(json!({"const": value, "title": title.unwrap_or(&value)}))
    };
    choices.iter().map(choice).collect::<Option<Vec<_>>>().map(Value::Array)
}

/// The schema of what is there when it is there.
fn without_null(schema: &Value) -> &Value {
    let choices = schema.get("anyOf").and_then(Value::as_array);
    match choices.map(Vec::as_slice) {
        Some([inner, null] | [null, inner]) if null["type"] == "null" => inner,
        _ => schema,
    }
}

fn kind(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ => None,
    }
}

fn pick(schema: &Value, keys: &[&str]) -> Map<String, Value> {
    let value = |key: &&str| Some(((*key).to_owned(), schema.get(*key)?.clone()));
    keys.iter().filter_map(value).collect()
}

fn is_format(format: &Value) -> bool {
    ["email", "uri", "date", "date-time"].iter().any(|known| format == known)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use toolwright_types::version::ProtocolVersion;

    use super::*;

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Size {
        /// Up to 10.
        Small,
        /// More than that.
        Large,
    }

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Colour {
        Red,
        Blue,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    struct Wish {
        /// Who wishes.
        #[schemars(length(min = 1, max = 40), email)]
        name: String,
        #[serde(default = "three")]
        #[schemars(range(min = 1, max = 9))]
        count: u8,
        size: Size,
        colours: Option<Vec<Colour>>,
        express: Option<bool>,
    }

    fn three() -> u8 {
        3
    }

    fn form(version: ProtocolVersion) -> Result<Value> {
        of::<Wish>(Dialect::of(version)).map(|form| json!(form))
    }

    /// Rule S72.
    #[test]
    fn a_struct_is_a_form() {
        let form = form(ProtocolVersion::LATEST).unwrap();
        assert_eq!(
            form,
            json!({
                "type": "object",
                "properties": {
                    "name": {"type": "string", "description": "Who wishes.", "minLength": 1, "maxLength": 40,
                             "format": "email"},
                    "count": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3},
                    "size": {"type": "string", "oneOf": [
                        {"const": "small", "title": "Up to 10."}, {"const": "large", "title": "More than that."}]},
                    "colours": {"type": "array", "items": {"type": "string", "enum": ["red", "blue"]}},
                    "express": {"type": "boolean"}
                },
                "required": ["name", "size"]
            })
        );
    }

    /// protocol.md 2.2 and 2.3: titles had another form, and choices of several were unknown.
    #[test]
    fn an_older_client_gets_what_it_can_show() {
        #[derive(Deserialize, JsonSchema)]
        #[expect(dead_code, reason = "only its schema counts")]
        struct Plain {
            size: Size,
            #[serde(default = "three")]
            count: u8,
        }
        let plain = of::<Plain>(Dialect::of(ProtocolVersion::V2025_06_18)).unwrap();
        let plain = json!(plain);
        assert_eq!(plain["properties"]["size"]["enumNames"], json!(["Up to 10.", "More than that."]));
        assert_eq!(plain["properties"]["count"].get("default"), None);
        let why = form(ProtocolVersion::V2025_06_18).unwrap_err().to_string();
        assert!(why.contains("`colours`") && why.contains("cannot show"), "{why}");
    }

    /// Rule S79.
    #[test]
    fn what_comes_back_is_checked() {
        let content = |value: Value| value.as_object().cloned().unwrap();
        let wish: Wish =
            read(content(json!({"name": "a@b.c", "size": "large", "colours": ["red"]}))).unwrap();
        assert_eq!((wish.count, wish.size, wish.colours), (3, Size::Large, Some(vec![Colour::Red])));
        assert_eq!(wish.name, "a@b.c");
        assert_eq!(wish.express, None);
        for wrong in [
            json!({"size": "small"}),
            json!({"name": "", "size": "small"}),
            json!({"name": "a", "size": "huge"}),
            json!({"name": "a", "size": "small", "count": 10}),
        ] {
            let error = read::<Wish>(content(wrong.clone())).unwrap_err();
            assert!(error.is_shown() && error.to_string().contains("form"), "{wrong}: {error}");
        }
    }

    #[test]
    fn what_no_user_can_fill_in_is_no_form() {
        #[derive(Deserialize, JsonSchema)]
        #[expect(dead_code, reason = "only its schema counts")]
        struct Deep {
            inner: Vec<u8>,
        }
        let why = of::<Deep>(Dialect::of(ProtocolVersion::LATEST)).unwrap_err().to_string();
        assert!(why.contains("`inner`"), "{why}");
        assert!(of::<u8>(Dialect::of(ProtocolVersion::LATEST)).is_err());
    }
}
