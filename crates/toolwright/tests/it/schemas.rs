//! Schemas of the user's own types: what they say is published so that it can be followed, and enforced.

use serde_json::{Value, json};
use toolwright::prelude::*;

use crate::peer::{Peer, call, legacy, modern, text};

#[derive(Deserialize, JsonSchema, Debug)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "what was read is shown by `Debug`")]
struct Page {
    #[schemars(range(min = 1, max = 3))]
    number: u32,
    #[schemars(regex(pattern = "^[a-z]+$"))]
    name: String,
}

/// A folder with folders in it.
#[derive(Deserialize, Serialize, JsonSchema, Debug, Clone)]
struct Folder {
    name: String,
    #[serde(default)]
    folders: Vec<Self>,
}

/// Takes all arguments as one.
#[tool(inline)]
fn page(Args(page): Args<Page>) -> String {
    format!("{page:?}")
}

/// Takes a page beside another argument.
#[tool(inline)]
fn beside(page: Page, folder: Option<Folder>) -> String {
    format!("{page:?} {folder:?}")
}

/// Takes and returns a tree.
#[tool(inline)]
fn tree(folder: Folder) -> Folder {
    folder
}

/// Returns trees.
#[tool(inline)]
fn trees() -> Vec<Folder> {
    vec![Folder { name: "a".into(), folders: vec![Folder { name: "b".into(), folders: vec![] }] }]
}

fn service() -> toolwright::Service {
    Server::new("schemas").tools(toolset![page, beside, tree, trees]).build().unwrap()
}

/// Every `$ref` in a schema leads somewhere in that schema.
fn check_references(root: &Value, schema: &Value) -> usize {
    match schema {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| match value.as_str().filter(|_| key == "$ref") {
                Some(target) => {
                    let found = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
                    assert!(
                        found.is_some_and(|found| !found.as_object().unwrap().is_empty()),
                        "{target} in {root}"
                    );
                    1
                }
                None => check_references(root, value),
            })
            .sum(),
        Value::Array(items) => items.iter().map(|item| check_references(root, item)).sum(),
        _ => 0,
    }
}

#[tokio::test(start_paused = true)]
async fn the_references_of_a_recursive_type_lead_somewhere_in_every_version() {
    let mut peer = Peer::new(&service());
    let mut lists = vec![peer.ask(modern(1, "tools/list", json!({}))).await];
    for version in crate::peer::LEGACY {
        let client = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}});
        peer.ask(legacy(2, "initialize", client)).await;
        lists.push(peer.ask(legacy(3, "tools/list", json!({}))).await);
    }
    for list in lists {
        let mut followed = 0;
        for tool in list["result"]["tools"].as_array().unwrap() {
            for schema in [&tool["inputSchema"], &tool["outputSchema"]] {
                followed += check_references(schema, schema);
            }
        }
        assert!(followed >= 2, "{list}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_recursive_argument_is_checked_to_its_depth() {
    let mut peer = Peer::new(&service());
    let folder = json!({"name": "a", "folders": [{"name": "b", "folders": [{"name": 5}]}]});
    let answer = peer.ask(call(1, "tree", json!({"folder": folder}))).await;
    assert!(
        text(&answer).contains("folder.folders[0].folders[0].name: expected a string, got 5"),
        "{answer}"
    );
    let answer = peer.ask(call(2, "tree", json!({"folder": {"name": "a"}}))).await;
    assert_eq!(answer["result"]["structuredContent"]["name"], "a");
}

/// Rule S53: what a schema announces is enforced, in `Args<T>` as in a parameter.
#[tokio::test(start_paused = true)]
async fn the_bounds_of_a_struct_hold() {
    let mut peer = Peer::new(&service());
    let wrong = json!({"number": 4, "name": "A"});
    for (tool, arguments, path) in [("page", wrong.clone(), ""), ("beside", json!({"page": wrong}), "page.")]
    {
        let answer = peer.ask(call(1, tool, arguments)).await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        assert!(
            text(&answer).contains(&format!("{path}number: expected an integer from 1 to 3, got 4")),
            "{answer}"
        );
        assert!(text(&answer).contains(&format!("{path}name: expected a string that matches")), "{answer}");
    }
    let answer = peer.ask(call(2, "page", json!({"number": "2", "name": "a"}))).await;
    assert_eq!(text(&answer), r#"Page { number: 2, name: "a" }"#);
}

/// security.md P2: of two members of one name neither is taken.
#[tokio::test(start_paused = true)]
async fn a_member_given_twice_is_refused_at_every_depth() {
    let mut peer = Peer::new(&service());
    let twice = r#"{"number":1,"name":"a","number":2}"#;
    for (tool, arguments) in [("page", twice.to_owned()), ("beside", format!(r#"{{"page":{twice}}}"#))] {
        let line = call(1, tool, json!({}))
            .to_string()
            .replace(r#""arguments":{}"#, &format!(r#""arguments":{arguments}"#));
        peer.send_line(&line).await;
        let answer = peer.answer(&json!(1)).await;
        assert!(text(&answer).contains("`number` is given twice"), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn half_a_surrogate_pair_is_named_as_the_fault() {
    let mut peer = Peer::new(&service());
    let line = call(1, "page", json!({"number": 1, "name": "?"})).to_string().replace('?', r"\ud800");
    peer.send_line(&line).await;
    let answer = peer.answer(&json!(1)).await;
    assert!(text(&answer).lines().count() > 1, "{answer}");
}

#[test]
fn changes_made_at_once_are_all_made() {
    let service = Server::new("changing").build().unwrap();
    std::thread::scope(|threads| {
        for tools in [toolset![page], toolset![beside], toolset![tree], toolset![trees]] {
            let service = &service;
            threads.spawn(move || service.add(tools).unwrap());
        }
    });
    for name in ["page", "beside", "tree", "trees"] {
        assert!(service.remove_tool(name), "{name}");
    }
}
