//! TOML.

use serde_json::{Map, Value, json};
use toml_edit::{Array, Document, DocumentMut, InlineTable, Item, Table, TableLike, TomlError};

use super::Wrong;

fn wrong(text: &str, error: &TomlError) -> Wrong {
    let before = &text[..error.span().map_or(0, |span| span.start).min(text.len())];
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Wrong::at(before.matches('\n').count() + 1, column, error.message())
}

pub(super) fn read(text: &str) -> Result<Value, Wrong> {
    let document = Document::parse(text).map_err(|error| wrong(text, &error))?;
    Ok(table(document.as_table()))
}

fn table(table: &dyn TableLike) -> Value {
    Value::Object(table.iter().map(|(key, item)| (key.to_owned(), item_value(item))).collect())
}

fn item_value(item: &Item) -> Value {
    match item {
        Item::None => Value::Null,
        Item::Value(one) => value(one),
        Item::Table(inner) => table(inner),
        Item::ArrayOfTables(all) => all.iter().map(|inner| table(inner)).collect(),
    }
}

fn value(one: &toml_edit::Value) -> Value {
    match one {
        toml_edit::Value::String(text) => json!(text.value()),
        toml_edit::Value::Integer(number) => json!(number.value()),
        toml_edit::Value::Float(number) => json!(number.value()),
        toml_edit::Value::Boolean(is) => json!(is.value()),
        toml_edit::Value::Datetime(time) => json!(time.value().to_string()),
        toml_edit::Value::Array(items) => items.iter().map(value).collect(),
        toml_edit::Value::InlineTable(inner) => table(inner),
    }
}

pub(super) fn put(text: &str, path: &[&str], name: &str, entry: &Value) -> Result<String, Wrong> {
    let mut document: DocumentMut = text.parse().map_err(|error| wrong(text, &error))?;
    let mut inside: &mut dyn TableLike = document.as_table_mut();
    for key in path {
        let item = inside.entry(key).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        inside = item.as_table_like_mut().ok_or_else(|| Wrong::new(format!("`{key}` is no table")))?;
    }
    let Value::Object(members) = entry else { return Err(Wrong::new("an entry is an object")) };
    let is_inline = inside.iter().next().is_some_and(|(_, item)| item.is_inline_table());
    let mut item = Item::Table(filled(members));
    if is_inline || path.is_empty() {
        item = Item::Value(written(entry)?);
    }
    // The place of the old one, with the comments above it, is that of the new one.
    if let (Some(Item::Table(old)), Item::Table(new)) = (inside.get(name), &mut item) {
        *new.decor_mut() = old.decor().clone();
        new.set_position(old.position());
    }
    inside.insert(name, item);
    Ok(document.to_string())
}

/// A table of its own, with tables of their own for its objects.
fn filled(members: &Map<String, Value>) -> Table {
    let mut table = Table::new();
    for (key, value) in members {
        let item = match value {
            Value::Object(inner) => Item::Table(filled(inner)),
            value => written(value).map_or(Item::None, Item::Value),
        };
        table.insert(key, item);
    }
    table
}

fn written(value: &Value) -> Result<toml_edit::Value, Wrong> {
    Ok(match value {
        Value::Null => return Err(Wrong::new("TOML has no null")),
        Value::Bool(is) => (*is).into(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => number.as_f64().unwrap_or_default().into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => items.iter().map(written).collect::<Result<Array, _>>()?.into(),
        Value::Object(all) => {
            let pairs = all.iter().map(|(key, value)| Ok((key.clone(), written(value)?)));
            pairs.collect::<Result<InlineTable, Wrong>>()?.into()
        }
    })
}

/// Cuts the lines of the entry's tables, so that the comments around them stay.
pub(super) fn take(text: &str, path: &[&str], name: &str) -> Result<String, Wrong> {
    let document = Document::parse(text).map_err(|error| wrong(text, &error))?;
    let mut headers = Vec::new();
    collect(document.as_table(), &mut Vec::new(), &mut headers);
    headers.sort();
    let whole: Vec<&str> = path.iter().copied().chain([name]).collect();
    let is_ours = |key: &[String]| key.len() >= whole.len() && whole.iter().zip(key).all(|(a, b)| a == b);
    let Some(first) = headers.iter().position(|(_, key)| is_ours(key)) else {
        return without(text, path, name);
    };
    let next = headers[first..].iter().find(|(_, key)| !is_ours(key)).map_or(text.len(), |(start, _)| *start);
    let (before, from) = text.split_at(headers[first].0);
    let (ours, after) = from.split_at(next - before.len());
    // The comments before the next table are its own.
    let is_note = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let notes: usize = ours.split_inclusive('\n').rev().take_while(is_note).map(str::len).sum();
    let kept = &ours[ours.len() - notes..];
    let kept = if before.ends_with("\n\n") { kept.trim_start_matches('\n') } else { kept };
    let kept = if after.is_empty() && kept.trim().is_empty() { "" } else { kept };
    let before =
        if kept.is_empty() && after.is_empty() { format!("{}\n", before.trim_end()) } else { before.into() };
    Ok(format!("{}{kept}{after}", if before == "\n" { "" } else { &before }))
}

/// Where each table's header begins.
fn collect(table: &Table, path: &mut Vec<String>, headers: &mut Vec<(usize, Vec<String>)>) {
    for (key, item) in table {
        path.push(key.to_owned());
        let tables: Vec<&Table> = match item {
            Item::Table(inner) => vec![inner],
            Item::ArrayOfTables(all) => all.iter().collect(),
            _ => Vec::new(),
        };
        for inner in tables {
            if !inner.is_implicit() && !inner.is_dotted() {
                headers.extend(inner.span().map(|span| (span.start, path.clone())));
            }
            collect(inner, path, headers);
        }
        path.pop();
    }
}

/// The same for an entry that has no table of its own.
fn without(text: &str, path: &[&str], name: &str) -> Result<String, Wrong> {
    let mut document: DocumentMut = text.parse().map_err(|error| wrong(text, &error))?;
    let mut inside: &mut dyn TableLike = document.as_table_mut();
    for key in path {
        match inside.get_mut(key).and_then(Item::as_table_like_mut) {
            Some(inner) => inside = inner,
            None => return Ok(text.to_owned()),
        }
    }
    inside.remove(name);
    Ok(document.to_string())
}
