//! How what a server offers has changed, and whether a client of before would break.

mod schema;

use serde_json::{Map, Value};

use self::schema::Way;

/// One difference.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) is_breaking: bool,
    pub(super) what: String,
}

/// The differences, as they are found.
#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn breaking(&mut self, what: String) {
        self.0.push(Change { is_breaking: true, what });
    }

    fn other(&mut self, what: String) {
        self.0.push(Change { is_breaking: false, what });
    }
}

/// All differences, those that break first.
pub(super) fn changes(before: &Value, now: &Value) -> Vec<Change> {
    let mut changes = Changes::default();
    each(before, now, ("tool", "tools", "name"), &mut changes, tool);
    each(before, now, ("prompt", "prompts", "name"), &mut changes, prompt);
    each(before, now, ("resource", "resources", "uri"), &mut changes, described);
    each(before, now, ("template", "resourceTemplates", "uriTemplate"), &mut changes, described);
    if before["instructions"] != now["instructions"] {
        changes.other("the instructions are others".into());
    }
    changes.0.sort_by_key(|change| !change.is_breaking);
    changes.0
}

/// Compares what has the same name; says what came and what went.
fn each(
    before: &Value,
    now: &Value,
    (kind, list, key): (&str, &str, &str),
    changes: &mut Changes,
    compare: fn(&str, &Value, &Value, &mut Changes),
) {
    let items = |offers: &'_ Value| -> Vec<(String, Value)> {
        let items = offers[list].as_array().cloned().unwrap_or_default();
        items.into_iter().filter_map(|item| Some((item[key].as_str()?.to_owned(), item))).collect()
    };
    let (before, now) = (items(before), items(now));
    for (name, item) in &before {
        let place = format!("{kind} {name}");
        match now.iter().find(|(other, _)| other == name) {
            Some((_, other)) => compare(&place, item, other, changes),
            None => changes.breaking(format!("{place} was removed")),
        }
    }
    for (name, _) in now.iter().filter(|(name, _)| !before.iter().any(|(other, _)| other == name)) {
        changes.other(format!("{kind} {name} is new"));
    }
}

fn described(place: &str, before: &Value, now: &Value, changes: &mut Changes) {
    for member in ["title", "description", "mimeType"] {
        if before[member] != now[member] {
            changes.other(format!("{place}: its {member} is another"));
        }
    }
}

fn tool(place: &str, before: &Value, now: &Value, changes: &mut Changes) {
    described(place, before, now, changes);
    if before["annotations"] != now["annotations"] {
        changes.other(format!("{place}: its hints are others"));
    }
    let empty = Map::new();
    let root = |tool: &'_ Value, member: &str| tool[member].as_object().cloned();
    let input = |tool| root(tool, "inputSchema").unwrap_or_else(|| empty.clone());
    schema::compare(Way::In, place, &input(before), &input(now), changes);
    match (root(before, "outputSchema"), root(now, "outputSchema")) {
        (Some(before), Some(now)) => schema::compare(Way::Out, place, &before, &now, changes),
        (Some(_), None) => changes.breaking(format!("{place}: it has no output schema any more")),
        (None, Some(_)) => changes.other(format!("{place}: it has an output schema now")),
        (None, None) => {}
    }
}

fn prompt(place: &str, before: &Value, now: &Value, changes: &mut Changes) {
    described(place, before, now, changes);
    let arguments = |prompt: &'_ Value| prompt["arguments"].as_array().cloned().unwrap_or_default();
    let (before, now) = (arguments(before), arguments(now));
    for argument in &now {
        let name = argument["name"].as_str().unwrap_or_default();
        let old = before.iter().find(|old| old["name"] == argument["name"]);
        let is_required = argument["required"] == true;
        match old {
            Some(old) if is_required && old["required"] != true => {
                changes.breaking(format!("{place}: argument {name} is required now"));
            }
            Some(_) => {}
            None if is_required => changes.breaking(format!("{place}: argument {name} is new and required")),
            None => changes.other(format!("{place}: argument {name} is new")),
        }
    }
    for gone in before.iter().filter(|old| !now.iter().any(|new| new["name"] == old["name"])) {
        changes
            .breaking(format!("{place}: argument {} was removed", gone["name"].as_str().unwrap_or_default()));
    }
}

#[cfg(test)]
mod tests;
