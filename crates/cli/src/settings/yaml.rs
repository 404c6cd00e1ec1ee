//! YAML in blocks, as people write it: lines are put in and taken out, found by a parser.
//!
//! No crate edits YAML and keeps all that is around it; what these edits do is read again before it is believed.

use std::fmt::Write as _;

use saphyr::{LoadableYamlNode as _, MarkedYaml, Scalar, YamlData};
use serde_json::{Value, json};

use super::Wrong;

/// How far an entry stands to the right of what it is in, where no neighbour shows it.
const INDENT: usize = 2;

type Mapping<'a> = saphyr::AnnotatedMapping<'a, MarkedYaml<'a>>;

fn parse(text: &str) -> Result<Option<MarkedYaml<'_>>, Wrong> {
    let documents = MarkedYaml::load_from_str(text).map_err(|error| {
        let place = error.marker();
        Wrong::at(place.line(), place.col() + 1, error.info())
    })?;
    match documents.len() {
        0 | 1 => Ok(documents.into_iter().next()),
        _ => Err(Wrong::new("it holds several documents: change it by hand")),
    }
}

pub(super) fn read(text: &str) -> Result<Value, Wrong> {
    parse(text)?.map_or(Ok(Value::Null), |root| value(&root))
}

fn value(node: &MarkedYaml<'_>) -> Result<Value, Wrong> {
    let start = node.span.start;
    let no = |why: &str| Wrong::at(start.line(), start.col() + 1, why);
    Ok(match &node.data {
        YamlData::Value(Scalar::Null) => Value::Null,
        YamlData::Value(Scalar::Boolean(is)) => json!(is),
        YamlData::Value(Scalar::Integer(number)) => json!(number),
        YamlData::Value(Scalar::FloatingPoint(number)) => json!(number.into_inner()),
        YamlData::Value(Scalar::String(text)) => json!(text),
        YamlData::Sequence(items) => items.iter().map(value).collect::<Result<_, _>>()?,
        YamlData::Mapping(all) => {
            let pair = |(key, inner): (&MarkedYaml<'_>, &MarkedYaml<'_>)| {
                let key = match value(key)? {
                    Value::String(key) => key,
                    other => other.to_string(),
                };
                Ok((key, value(inner)?))
            };
            Value::Object(all.iter().map(pair).collect::<Result<_, Wrong>>()?)
        }
        _ => return Err(no("this kind of value is not understood")),
    })
}

pub(super) fn put(text: &str, path: &[&str], name: &str, entry: &Value) -> Result<String, Wrong> {
    let [key] = path else { return Err(Wrong::new("entries stand in one key of the whole")) };
    let root = parse(text)?;
    let found = root.as_ref().and_then(mapping).and_then(|all| find(all, key));
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (at, indent) = match found {
        None => {
            lines.push(format!("{key}:"));
            (lines.len(), INDENT)
        }
        Some((label, node)) => {
            let line = label.span.start.line();
            match mapping(node).and_then(|all| all.iter().next()) {
                // Nothing is in it yet.
                None => {
                    lines[line - 1] = lines[line - 1].replacen("{}", "", 1).trim_end().to_owned();
                    (line, label.span.start.col() + INDENT)
                }
                Some((first, _)) => {
                    let indent = first.span.start.col();
                    match mapping(node).and_then(|all| find(all, name)) {
                        Some(old) => {
                            let (start, end) = region(&lines, old);
                            lines.drain(start..end);
                            (start, indent)
                        }
                        None => (end_of(&lines, line, node), indent),
                    }
                }
            }
        }
    };
    lines.splice(at..at, block(name, entry, indent));
    Ok(joined(text, &lines))
}

pub(super) fn take(text: &str, path: &[&str], name: &str) -> Result<String, Wrong> {
    let root = parse(text)?;
    let found = path.first().and_then(|key| find(mapping(root.as_ref()?)?, key));
    let Some((label, node)) = found else { return Ok(text.to_owned()) };
    let Some(all) = mapping(node) else { return Ok(text.to_owned()) };
    let Some(old) = find(all, name) else { return Ok(text.to_owned()) };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (start, end) = region(&lines, old);
    lines.drain(start..end);
    if all.len() == 1 {
        let line = &mut lines[label.span.start.line() - 1];
        *line = line.replacen(':', ": {}", 1);
    }
    Ok(joined(text, &lines))
}

fn mapping<'a, 'b>(node: &'b MarkedYaml<'a>) -> Option<&'b Mapping<'a>> {
    match &node.data {
        YamlData::Mapping(all) => Some(all),
        _ => None,
    }
}

fn find<'a, 'b>(all: &'b Mapping<'a>, name: &str) -> Option<(&'b MarkedYaml<'a>, &'b MarkedYaml<'a>)> {
    all.iter().find(|(key, _)| matches!(&key.data, YamlData::Value(Scalar::String(key)) if key == name))
}

/// The lines of an entry, from its name to its last, as indexes.
fn region(lines: &[String], (label, node): (&MarkedYaml<'_>, &MarkedYaml<'_>)) -> (usize, usize) {
    let start = label.span.start.line();
    (start - 1, last(lines, start, label.span.start.col(), node))
}

/// After the last line of what is in a mapping that is named on this line.
fn end_of(lines: &[String], line: usize, node: &MarkedYaml<'_>) -> usize {
    let entries = mapping(node).into_iter().flat_map(|all| all.iter());
    let column = entries.clone().next().map_or(INDENT, |(key, _)| key.span.start.col());
    entries.map(|(key, node)| last(lines, key.span.start.line(), column, node)).max().unwrap_or(line)
}

/// The last line of an entry: a block of text ends where the next thing begins, and what is between is not its own.
fn last(lines: &[String], start: usize, column: usize, node: &MarkedYaml<'_>) -> usize {
    let mut last = deepest(node).max(start).min(lines.len());
    let is_outside = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        line.trim().is_empty() || indent <= column
    };
    while last > start && is_outside(&lines[last - 1]) {
        last -= 1;
    }
    last
}

/// The last line on which a leaf stands.
fn deepest(node: &MarkedYaml<'_>) -> usize {
    let inner = match &node.data {
        YamlData::Mapping(all) => all.iter().map(|(key, value)| deepest(key).max(deepest(value))).max(),
        YamlData::Sequence(items) => items.iter().map(deepest).max(),
        _ => None,
    };
    let end = node.span.end;
    let is_block = end.col() == 0 && inner.is_some();
    inner.unwrap_or(0).max(if is_block { 0 } else { end.line() })
}

/// An entry in a block, its members' values each on one line.
fn block(name: &str, entry: &Value, indent: usize) -> Vec<String> {
    let mut lines = vec![format!("{:indent$}{}:", "", scalar(name))];
    for (key, value) in entry.as_object().into_iter().flatten() {
        lines.push(format!("{:indent$}{:INDENT$}{}: {}", "", "", scalar(key), flow(value)));
    }
    lines
}

fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => format!("[{}]", items.iter().map(quoted).collect::<Vec<_>>().join(", ")),
        Value::Object(all) => {
            let pair =
                |(key, value): (&String, &Value)| format!("{}: {}", quoted(&json!(key)), quoted(value));
            format!("{{{}}}", all.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Plain where nobody can take it for anything else.
fn scalar(text: &str) -> String {
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-./".contains(letter));
    let means_more = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];
    if is_word && !means_more.contains(&text.to_ascii_lowercase().as_str()) {
        return text.to_owned();
    }
    quoted(&json!(text))
}

/// As in JSON, with escapes for what YAML would fold or refuse.
fn quoted(value: &Value) -> String {
    let mut text = String::new();
    for letter in value.to_string().chars() {
        match letter {
            '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(letter));
            }
            _ => text.push(letter),
        }
    }
    text
}

/// Lines with the line ends that the text had.
fn joined(text: &str, lines: &[String]) -> String {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    lines.iter().map(|line| format!("{line}{end}")).collect()
}
