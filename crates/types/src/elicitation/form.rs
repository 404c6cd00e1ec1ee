//! The form of an elicitation: a flat JSON Schema of a few kinds of field.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation>

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

/// The fields of a form: a flat JSON Schema, written with `"type": "object"`, which reading does not check.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(tag = "type", rename = "object")]
pub struct FormSchema {
    /// Dialect of JSON Schema: a URI.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The fields by name, in the order to show them.
    #[serde(with = "ordered")]
    pub properties: Vec<(String, FieldSchema)>,
    /// Names of the fields that must be filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<Vec<String>>,
}

impl FormSchema {
    /// What stands in the fields at first, by their names: the answer of a user who changes nothing.
    ///
    /// ```
    /// # use toolwright_types::elicitation::form::FormSchema;
    /// let form = r#"{"type": "object", "properties": {"name": {"type": "string", "default": "Ada"}}}"#;
    /// let form: FormSchema = serde_json::from_str(form).unwrap();
    /// assert_eq!(form.defaults()["name"], "Ada");
    /// ```
    pub fn defaults(&self) -> Map<String, Value> {
        let default = |field: &FieldSchema| match serde_json::to_value(field) {
            Ok(Value::Object(mut field)) => field.remove("default"),
            _ => None,
        };
        self.properties.iter().filter_map(|(name, field)| Some((name.clone(), default(field)?))).collect()
    }
}

/// A JSON object whose members keep their order.
mod ordered {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        members: &[(String, FieldSchema)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(members.iter().map(|(name, field)| (name, field)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(String, FieldSchema)>, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Vec<(String, FieldSchema)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of fields")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum FieldSchema {
    /// Text.
    String(StringSchema),
    /// A number.
    Number(NumberSchema),
    /// A whole number.
    Integer(IntegerSchema),
    /// Yes or no.
    Boolean(BooleanSchema),
    /// One of several texts, with or without the older kind of titles.
    Select(SelectSchema),
    /// One of several texts with titles: not before 2025-11-25.
    TitledSelect(TitledSelectSchema),
    /// Some of several texts: not before 2025-11-25.
    MultiSelect(MultiSelectSchema),
    /// Some of several texts with titles: not before 2025-11-25.
    TitledMultiSelect(TitledMultiSelectSchema),
}

impl<'de> Deserialize<'de> for FieldSchema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let field = Value::deserialize(deserializer)?;
        let (listed, titled) = (field.get("enum").is_some(), field.get("oneOf").is_some());
        let titled_items = field.pointer("/items/anyOf").is_some();
        let field = match field["type"].as_str() {
            Some("string") if titled => serde_json::from_value(field).map(Self::TitledSelect),
            Some("string") if listed => serde_json::from_value(field).map(Self::Select),
            Some("string") => serde_json::from_value(field).map(Self::String),
            Some("number") => serde_json::from_value(field).map(Self::Number),
            Some("integer") => serde_json::from_value(field).map(Self::Integer),
            Some("boolean") => serde_json::from_value(field).map(Self::Boolean),
            Some("array") if titled_items => serde_json::from_value(field).map(Self::TitledMultiSelect),
            Some("array") => serde_json::from_value(field).map(Self::MultiSelect),
            _ => return Err(de::Error::custom("a field is text, a number, a boolean or a list of text")),
        };
        field.map_err(de::Error::custom)
    }
}

/// A field of text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(tag = "type", rename = "string")]
pub struct StringSchema {
    /// Name of the field, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to fill in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The fewest characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u64>,
    /// The most characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u64>,
    /// What kind of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<StringFormat>,
    /// What stands there at first: not before 2025-11-25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// What kind of text a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StringFormat {
    /// An e-mail address.
    Email,
    /// A URI.
    Uri,
    /// A date, as `2026-07-28`.
    Date,
    /// A date and a time, as `2026-07-28T10:00:00Z`.
    DateTime,
}

/// A field of a number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(tag = "type", rename = "number")]
pub struct NumberSchema {
    /// Name of the field, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to fill in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// The greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// What stands there at first: not before 2025-11-25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<f64>,
}

/// A field of a whole number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(tag = "type", rename = "integer")]
pub struct IntegerSchema {
    /// Name of the field, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to fill in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<i64>,
    /// The greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<i64>,
    /// What stands there at first: not before 2025-11-25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<i64>,
}

/// A field of yes or no.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(tag = "type", rename = "boolean")]
pub struct BooleanSchema {
    /// Name of the field, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to fill in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What stands there at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<bool>,
}

/// A field that takes one of several texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(tag = "type", rename = "string")]
pub struct SelectSchema {
    /// Name of the field, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to fill in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The texts.
    #[serde(rename = "enum")]
    pub values: Vec<String>,
    /// The texts for people, in the same order: the only titles in 2025-06-18.
    #[serde(rename = "enumNames", skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    /// What stands there at first: not before 2025-11-25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// A field that takes one of several texts with titles.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(tag = "type", rename = "string")]
pub struct TitledSelectSchema {
    /// Name of the field, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to fill in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The texts.
    #[serde(rename = "oneOf")]
    pub values: Vec<TitledValue>,
    /// What stands there at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// A field that takes some of several texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(tag = "type", rename = "array")]
pub struct MultiSelectSchema {
    /// Name of the field, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to fill in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The fewest texts to choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_items: Option<u64>,
    /// The most texts to choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u64>,
    /// The texts.
    pub items: SelectItems,
    /// What is chosen at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Vec<String>>,
}

/// The texts of a [`MultiSelectSchema`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(tag = "type", rename = "string")]
pub struct SelectItems {
    /// The texts.
    #[serde(rename = "enum")]
    pub values: Vec<String>,
}

/// A field that takes some of several texts with titles.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(tag = "type", rename = "array")]
pub struct TitledMultiSelectSchema {
    /// Name of the field, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to fill in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The fewest texts to choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_items: Option<u64>,
    /// The most texts to choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u64>,
    /// The texts.
    pub items: TitledItems,
    /// What is chosen at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Vec<String>>,
}

/// The texts of a [`TitledMultiSelectSchema`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TitledItems {
    /// The texts.
    #[serde(rename = "anyOf")]
    pub values: Vec<TitledValue>,
}

/// A text to choose and its title.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TitledValue {
    /// The text.
    #[serde(rename = "const")]
    pub value: String,
    /// The text for people.
    pub title: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::icon::round_trip;

    fn fields() -> Value {
        let label = |mut field: Value| {
            field["title"] = json!("T");
            field["description"] = json!("d");
            field
        };
        json!({
            "mail": label(json!({"type": "string", "minLength": 3, "maxLength": 9, "format": "email", "default": "a@b.c"})),
            "share": label(json!({"type": "number", "minimum": 0.5, "maximum": 1.5, "default": 0.75})),
            "count": label(json!({"type": "integer", "minimum": -1, "maximum": 9, "default": 3})),
            "sure": label(json!({"type": "boolean", "default": true})),
            "one": label(json!({"type": "string", "enum": ["r", "g"], "default": "r"})),
            "old": label(json!({"type": "string", "enum": ["r", "g"], "enumNames": ["Red", "Green"], "default": "r"})),
            "titled": label(json!({"type": "string", "oneOf": [{"const": "r", "title": "Red"}], "default": "r"})),
            "many": label(json!({
                "type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string", "enum": ["r"]}, "default": ["r"]
            })),
            "titles": label(json!({
                "type": "array", "minItems": 1, "maxItems": 2, "items": {"anyOf": [{"const": "r", "title": "Red"}]},
                "default": ["r"]
            }))
        })
    }

    #[test]
    fn a_form_keeps_all_its_members() {
        round_trip::<FormSchema>(&json!({"type": "object", "properties": {"old": fields()["old"]}}));
        round_trip::<FormSchema>(&json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": fields(),
            "required": ["mail"]
        }));
    }

    #[test]
    fn every_kind_of_field_is_told_by_its_members() {
        use FieldSchema as F;
        let fields = fields();
        let read = |name: &str| round_trip::<FieldSchema>(&fields[name]);
        assert!(matches!(read("mail"), F::String(_)));
        assert!(matches!(read("share"), F::Number(_)));
        assert!(matches!(read("count"), F::Integer(_)));
        assert!(matches!(read("sure"), F::Boolean(_)));
        assert!(matches!(read("one"), F::Select(SelectSchema { names: None, .. })));
        assert!(matches!(read("old"), F::Select(SelectSchema { names: Some(_), .. })));
        assert!(matches!(read("titled"), F::TitledSelect(_)));
        assert!(matches!(read("many"), F::MultiSelect(_)));
        assert!(matches!(read("titles"), F::TitledMultiSelect(_)));
    }

    #[test]
    fn formats_are_named_as_on_the_wire() {
        for format in ["email", "uri", "date", "date-time"] {
            round_trip::<StringFormat>(&json!(format));
        }
    }

    #[test]
    fn a_field_with_members_of_its_own_is_refused() {
        for text in [r#"{"type":"object"}"#, r#"{"enum":["r"]}"#, r#"{"type":"array"}"#, "null"] {
            assert!(serde_json::from_str::<FieldSchema>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn fields_keep_their_order() {
        let text = r#"{"type":"object","properties":{"b":{"type":"boolean"},"a":{"type":"boolean"}}}"#;
        let schema: FormSchema = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&schema).unwrap(), text);
    }
}
