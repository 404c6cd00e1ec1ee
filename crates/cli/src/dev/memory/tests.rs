//! A conversation goes on with another server.

use serde_json::{Value, json};

use super::{Line, Memory};

/// What comes of it: who hears it, and what.
fn told(lines: Vec<Line>) -> Vec<(&'static str, Value)> {
    let read = |line: String| serde_json::from_str(&line).unwrap();
    let told = |line| match line {
        Line::ToClient(line) => ("client", read(line)),
        Line::ToServer(line) => ("server", read(line)),
    };
    lines.into_iter().map(told).collect()
}

fn client(memory: &mut Memory, message: Value) -> Vec<(&'static str, Value)> {
    told(memory.client_says(message.to_string()))
}

fn server(memory: &mut Memory, message: Value) -> Vec<(&'static str, Value)> {
    told(memory.server_says(message.to_string()))
}

fn greeted() -> Memory {
    let mut memory = Memory::default();
    client(&mut memory, json!({"id": 1, "method": "initialize", "params": {"p": 1}}));
    let said = server(&mut memory, json!({"id": 1, "result": {"capabilities": {"tools": {}}}}));
    assert_eq!(said[0].1["result"]["capabilities"]["tools"], json!({"listChanged": true}));
    client(&mut memory, json!({"method": "notifications/initialized"}));
    memory
}

#[test]
fn a_legacy_client_does_not_notice_the_new_handshake() {
    let mut memory = greeted();
    let level = json!({"id": 2, "method": "logging/setLevel", "params": {"level": "info"}});
    client(&mut memory, level);
    server(&mut memory, json!({"id": 2, "result": {}}));
    let replay = json!({"id": "dev-initialize", "method": "initialize", "params": {"p": 1}});
    assert_eq!(told(memory.restarted()), [("server", replay)]);
    assert_eq!(
        client(&mut memory, json!({"id": 3, "method": "tools/list"})),
        [],
        "it waits for the greeting"
    );
    let after =
        server(&mut memory, json!({"id": "dev-initialize", "result": {"capabilities": {"tools": {}}}}));
    let methods: Vec<_> =
        after.iter().map(|(who, message)| (*who, message["method"].as_str().unwrap())).collect();
    let expected = [
        ("server", "notifications/initialized"),
        ("server", "logging/setLevel"),
        ("client", "notifications/tools/list_changed"),
        ("server", "tools/list"),
    ];
    assert_eq!(methods, expected);
    assert_eq!(server(&mut memory, json!({"id": after[1].1["id"], "result": {}})), [], "it was our request");
    assert_eq!(server(&mut memory, json!({"id": 3, "result": {}})).len(), 1);
}

#[test]
fn what_was_in_flight_ends_with_an_error_that_says_why() {
    let mut memory = greeted();
    client(&mut memory, json!({"id": 7, "method": "tools/call"}));
    let lines = told(memory.restarted());
    assert_eq!((lines[0].0, &lines[0].1["id"]), ("client", &json!(7)));
    assert!(lines[0].1["error"]["message"].as_str().unwrap().contains("was restarted"), "{lines:?}");
}

#[test]
fn a_question_of_a_server_that_is_gone_is_taken_back() {
    let mut memory = greeted();
    let asked = server(&mut memory, json!({"id": 1, "method": "elicitation/create"}));
    let id = asked[0].1["id"].clone();
    let lines = told(memory.restarted());
    assert_eq!(lines[0].1["params"]["requestId"], id);
    server(&mut memory, json!({"id": "dev-initialize", "result": {"capabilities": {}}}));
    assert_eq!(client(&mut memory, json!({"id": id, "result": {}})), [], "its answer is for nobody");
    let asked = server(&mut memory, json!({"id": 1, "method": "elicitation/create"}));
    assert_ne!(asked[0].1["id"], id);
    let answered = client(&mut memory, json!({"id": asked[0].1["id"], "result": {}}));
    assert_eq!(answered, [("server", json!({"id": 1, "result": {}}))]);
}

#[test]
fn a_modern_client_hears_of_the_change_where_it_listens() {
    let mut memory = Memory::default();
    let listen = json!({"id": "l", "method": "subscriptions/listen", "params": {"notifications": {"toolsListChanged": true}}});
    client(&mut memory, listen.clone());
    let id = json!({"io.modelcontextprotocol/subscriptionId": "l"});
    let acknowledged = json!({"method": "notifications/subscriptions/acknowledged", "params": {"_meta": id}});
    assert_eq!(server(&mut memory, acknowledged.clone()).len(), 1);
    let changed =
        json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {"_meta": id}});
    assert_eq!(told(memory.restarted()), [("server", listen), ("client", changed)]);
    assert_eq!(server(&mut memory, acknowledged), [], "it knows that already");
}
