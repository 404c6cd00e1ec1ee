//! A field of a server's form: how it is asked for, and how an answer is read.

use serde_json::{Value, json};
use toolwright::types::elicitation::form::{FieldSchema, TitledValue};

/// A field, whatever the schema calls it.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) is_required: bool,
    pub(super) default: Option<Value>,
    label: String,
    kind: Kind,
}

enum Kind {
    Text { least: Option<u64>, most: Option<u64> },
    Number { least: Option<f64>, most: Option<f64>, is_whole: bool },
    Boolean,
    One(Vec<TitledValue>),
    Some { values: Vec<TitledValue>, least: Option<u64>, most: Option<u64> },
}

impl Field {
    pub(super) fn new(name: String, schema: FieldSchema, is_required: bool) -> Self {
        let value = serde_json::to_value(&schema).unwrap_or_default();
        let text = |member: &str| value[member].as_str().map(str::to_owned);
        let mut label = text("title").unwrap_or_else(|| name.clone());
        if let Some(description) = text("description") {
            label = format!("{label}: {description}");
        }
        let default = value.get("default").cloned();
        Self { name, is_required, default, label, kind: Kind::of(schema) }
    }

    /// The question, with what may be answered and what is suggested.
    pub(super) fn question(&self) -> String {
        let suggestion = match &self.default {
            Some(Value::String(text)) => format!(" [{text}]"),
            Some(Value::Array(values)) => {
                format!(" [{}]", values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "))
            }
            Some(value) => format!(" [{value}]"),
            None if self.is_required => String::new(),
            None => " [none]".into(),
        };
        format!("{} ({}){suggestion} = ", self.label, self.kind)
    }

    /// Reads an answer.
    pub(super) fn read(&self, text: &str) -> Result<Value, String> {
        let wanted = || format!("`{}` takes {}, not `{text}`", self.name, self.kind);
        match &self.kind {
            Kind::Text { least, most } => {
                let length = text.chars().count() as u64;
                let fits =
                    least.is_none_or(|least| length >= least) && most.is_none_or(|most| length <= most);
                fits.then(|| text.into()).ok_or_else(wanted)
            }
            Kind::Number { least, most, is_whole } => {
                let number: f64 = text.parse().map_err(|_| wanted())?;
                let fits =
                    least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most);
                match (fits && number.is_finite(), is_whole) {
                    (true, true) => text.parse::<i64>().map(|number| json!(number)).map_err(|_| wanted()),
                    (true, false) => Ok(serde_json::from_str(text).unwrap_or_else(|_| json!(number))),
                    _ => Err(wanted()),
                }
            }
            Kind::Boolean => match text.to_lowercase().as_str() {
                "true" | "yes" | "y" => Ok(true.into()),
                "false" | "no" | "n" => Ok(false.into()),
                _ => Err(wanted()),
            },
            Kind::One(values) => chosen(text, values).map(Value::from).ok_or_else(wanted),
            Kind::Some { values, least, most } => {
                let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
                let chosen: Option<Vec<_>> = words.map(|word| chosen(word, values)).collect();
                let chosen = chosen.ok_or_else(wanted)?;
                let count = chosen.len() as u64;
                let fits = least.is_none_or(|least| count >= least) && most.is_none_or(|most| count <= most);
                fits.then(|| chosen.into()).ok_or_else(wanted)
            }
        }
    }
}

/// The value that was chosen by itself, its title, or its number in the list.
fn chosen(text: &str, values: &[TitledValue]) -> Option<String> {
    let by_number = || text.parse::<usize>().ok()?.checked_sub(1).and_then(|index| values.get(index));
    let by_name = values.iter().find(|value| value.value == text);
    let by_title = || values.iter().find(|value| value.title.eq_ignore_ascii_case(text));
    by_name.or_else(by_title).or_else(by_number).map(|value| value.value.clone())
}

impl Kind {
    fn of(schema: FieldSchema) -> Self {
        let plain = |values: Vec<String>| {
            values.into_iter().map(|value| TitledValue { title: value.clone(), value }).collect()
        };
        match schema {
            FieldSchema::Number(number) => {
                Self::Number { least: number.minimum, most: number.maximum, is_whole: false }
            }
            FieldSchema::Integer(number) => {
                let bound = |bound: Option<i64>| bound.map(|bound| bound as f64);
                Self::Number { least: bound(number.minimum), most: bound(number.maximum), is_whole: true }
            }
            FieldSchema::Boolean(_) => Self::Boolean,
            FieldSchema::Select(select) => {
                let names = select.names.unwrap_or_default();
                let mut values: Vec<TitledValue> = plain(select.values);
                values.iter_mut().zip(names).for_each(|(value, name)| value.title = name);
                Self::One(values)
            }
            FieldSchema::TitledSelect(select) => Self::One(select.values),
            FieldSchema::MultiSelect(select) => Self::Some {
                values: plain(select.items.values),
                least: select.min_items,
                most: select.max_items,
            },
            FieldSchema::TitledMultiSelect(select) => {
                Self::Some { values: select.items.values, least: select.min_items, most: select.max_items }
            }
            FieldSchema::String(text) => Self::Text { least: text.min_length, most: text.max_length },
            _ => Self::Text { least: None, most: None },
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text { least, most } => write!(f, "text{}", range(least, most, " of", " characters")),
            Self::Number { least, most, is_whole } => {
                let kind = if *is_whole { "whole number" } else { "number" };
                write!(f, "{kind}{}", range(least, most, "", ""))
            }
            Self::Boolean => f.write_str("yes or no"),
            Self::One(values) => write!(f, "one of {}", listed(values)),
            Self::Some { values, least, most } => {
                write!(
                    f,
                    "some of {}, parted by commas{}",
                    listed(values),
                    range(least, most, ",", " of them")
                )
            }
        }
    }
}

fn listed(values: &[TitledValue]) -> String {
    let shown = values.iter().enumerate().map(|(index, TitledValue { value, title })| {
        let title = if title == value { String::new() } else { format!(" {title}") };
        format!("{}. {value}{title}", index + 1)
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn range<T: std::fmt::Display>(least: &Option<T>, most: &Option<T>, before: &str, after: &str) -> String {
    match (least, most) {
        (Some(least), Some(most)) => format!("{before} {least} to {most}{after}"),
        (Some(least), None) => format!("{before} at least {least}{after}"),
        (None, Some(most)) => format!("{before} at most {most}{after}"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(schema: Value, text: &str) -> Result<Value, String> {
        Field::new("f".into(), serde_json::from_value(schema).unwrap(), true).read(text)
    }

    #[test]
    fn each_kind_of_field_reads_what_it_asks_for() {
        let titled = json!({"type": "string", "oneOf": [{"const": "r", "title": "Red"}, {"const": "g", "title": "Green"}]});
        let named = json!({"type": "string", "enum": ["r", "g"], "enumNames": ["Red", "Green"]});
        let many =
            json!({"type": "array", "items": {"type": "string", "enum": ["a", "b", "c"]}, "maxItems": 2});
        for (schema, text, value) in [
            (json!({"type": "string"}), "12", json!("12")),
            (json!({"type": "number", "maximum": 2.5}), "2.5", json!(2.5)),
            (json!({"type": "integer", "minimum": 1}), "3", json!(3)),
            (json!({"type": "boolean"}), "Yes", json!(true)),
            (titled.clone(), "green", json!("g")),
            (titled.clone(), "2", json!("g")),
            (named, "Red", json!("r")),
            (many.clone(), "a, 3", json!(["a", "c"])),
        ] {
            assert_eq!(read(schema, text), Ok(value), "{text}");
        }
        for (schema, text, why) in [
            (json!({"type": "string", "minLength": 3}), "ab", "text of at least 3 characters"),
            (json!({"type": "number", "maximum": 2.5}), "3", "number at most 2.5"),
            (json!({"type": "integer"}), "1.5", "whole number"),
            (json!({"type": "boolean"}), "2", "yes or no"),
            (titled, "blue", "one of 1. r Red, 2. g Green"),
            (many, "a,b,c", "at most 2 of them"),
        ] {
            assert!(read(schema, text).unwrap_err().contains(why), "{text}");
        }
    }

    #[test]
    fn a_question_says_what_is_suggested() {
        let field = |schema: Value, required| {
            Field::new("size".into(), serde_json::from_value(schema).unwrap(), required).question()
        };
        let schema = json!({"type": "integer", "title": "Size", "description": "In cm", "minimum": 1, "maximum": 9, "default": 3});
        assert_eq!(field(schema, true), "Size: In cm (whole number 1 to 9) [3] = ");
        assert_eq!(field(json!({"type": "string"}), false), "size (text) [none] = ");
    }
}
