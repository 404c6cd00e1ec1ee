//! Entries, written and read by the templates of the table.

use serde_json::{Map, Value, json};

use crate::launch::Launch;

/// The names that any client uses for a URL, best known first.
const URLS: [&str; 4] = ["url", "serverUrl", "httpUrl", "uri"];

/// The entry of a template; variables and headers that nobody gave are left out.
pub(super) fn written(template: &str, name: &str, launch: &Launch) -> Value {
    let members = members(template).into_iter();
    Value::Object(members.filter_map(|(key, value)| Some((key, filled(value, name, launch)?))).collect())
}

fn filled(value: Value, name: &str, launch: &Launch) -> Option<Value> {
    let pairs = |pairs: &[(String, String)]| {
        let all: Map<_, _> = pairs.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        (!all.is_empty()).then_some(Value::Object(all))
    };
    match (value.as_str(), launch) {
        (Some("$NAME"), _) => Some(json!(name)),
        (Some("$COMMAND"), Launch::Command { command, .. }) => Some(json!(command)),
        (Some("$ARGS"), Launch::Command { args, .. }) => Some(json!(args)),
        (Some("$COMMAND_LINE"), Launch::Command { command, args, .. }) => {
            Some(std::iter::once(command).chain(args).map(String::as_str).collect())
        }
        (Some("$ENV"), Launch::Command { env, .. }) => pairs(env),
        (Some("$URL"), Launch::Url { url, .. }) => Some(json!(url)),
        (Some("$HEADERS"), Launch::Url { headers, .. }) => pairs(headers),
        _ => Some(value),
    }
}

/// The way back; it knows what the template says, and what others say for a URL.
pub(super) fn read(command: &str, url: Option<&str>, entry: &Value) -> Option<Launch> {
    let by = |template: &str, what: &str| {
        let (key, _) = members(template).into_iter().find(|(_, value)| value.as_str() == Some(what))?;
        entry.get(key)
    };
    let url_by = |what: &str| url.and_then(|template| by(template, what));
    let named = || URLS.iter().find_map(|name| entry.get(name));
    if let Some(found) = url_by("$URL").or_else(named).and_then(Value::as_str) {
        return Some(Launch::Url { url: found.to_owned(), headers: pairs(url_by("$HEADERS")) });
    }
    let env = pairs(by(command, "$ENV"));
    if let Some(line) = by(command, "$COMMAND_LINE") {
        let mut words = texts(line)?.into_iter();
        return Some(Launch::Command { command: words.next()?, args: words.collect(), env });
    }
    let program = by(command, "$COMMAND")?.as_str()?.to_owned();
    let args = by(command, "$ARGS").map_or(Some(Vec::new()), texts)?;
    Some(Launch::Command { command: program, args, env })
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Numbers and the like are given to a program as text.
fn pairs(value: Option<&Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let all = value.and_then(Value::as_object).into_iter().flatten();
    all.map(|(name, value)| (name.clone(), text(value))).collect()
}

fn members(template: &str) -> Map<String, Value> {
    serde_json::from_str(template).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::CLIENTS;
    use super::*;

    #[test]
    fn every_template_is_json_and_what_it_writes_is_read_back() {
        let command = Launch::Command {
            command: "/bin/x".into(),
            args: vec!["a b".into(), "\"\n".into()],
            env: vec![("K".into(), "V".into())],
        };
        let bare = Launch::Command { command: "/bin/x".into(), args: Vec::new(), env: Vec::new() };
        let url = Launch::Url { url: "https://x/mcp".into(), headers: vec![("A".into(), "b".into())] };
        for client in CLIENTS {
            for launch in [&command, &bare, &url] {
                let Ok(entry) = client.entry("n", launch) else { continue };
                assert!(!entry.to_string().contains('$'), "{entry}");
                assert_eq!(client.launch(&entry).as_ref(), Some(launch), "{}: {entry}", client.id);
            }
        }
    }

    #[test]
    fn what_is_no_entry_is_none() {
        let client = super::super::find("cursor").unwrap();
        for entry in [json!({}), json!(1), json!({"command": 1}), json!({"command": "x", "args": "y"})] {
            assert_eq!(client.launch(&entry), None, "{entry}");
        }
    }
}
