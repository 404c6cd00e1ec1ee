//! Hostile text in every text argument of every tool stays data.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::client::{Client, Era};
use crate::hostile::hostile;

/// Each tool, a call of it, and its arguments that can be text.
fn calls() -> Vec<(&'static str, Value, &'static [&'static str])> {
    let new = json!({"customer_email": "eve@example.com", "total_amount": 1, "status": "PENDING"});
    vec![
        ("get_order_details", json!({}), &["order_id"]),
        ("list_orders_by_status", json!({}), &["status", "limit"]),
        (
            "search_orders",
            json!({}),
            &[
                "text",
                "customer_email",
                "status",
                "min_total",
                "max_total",
                "is_refundable",
                "limit",
                "cursor",
            ],
        ),
        ("check_refund_eligibility", json!({}), &["order_id"]),
        (
            "create_order",
            new,
            &["customer_email", "total_amount", "is_refundable", "status", "order_id", "idempotency_key"],
        ),
        (
            "update_order_status",
            json!({"order_id": "ORD-999", "status": "SHIPPED"}),
            &["order_id", "status", "idempotency_key"],
        ),
        (
            "add_order_note",
            json!({"order_id": "ORD-999", "note": "x"}),
            &["order_id", "note", "idempotency_key"],
        ),
        ("cancel_order", json!({"order_id": "ORD-999"}), &["order_id", "reason", "idempotency_key"]),
        ("delete_order", json!({"order_id": "ORD-999"}), &["order_id", "idempotency_key"]),
    ]
}

fn schema_of(database: &Connection) -> Vec<String> {
    let mut statement = database.prepare("SELECT type || ' ' || name FROM sqlite_schema ORDER BY 1").unwrap();
    statement.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn every_text_argument_of_every_tool_is_only_data() {
    let mut client = Client::of_tutorial(Era::Modern);
    client.read("orders://summary");
    let before = schema_of(&Connection::open(client.folder().file()).unwrap());
    let mut made = 4;
    for (tool, base, arguments) in calls() {
        for argument in arguments {
            for text in hostile() {
                let mut given = base.clone();
                given[*argument] = json!(text);
                let result = client.tool(tool, given);
                let said = result["content"][0]["text"].as_str().unwrap();
                assert!(!said.starts_with("internal error"), "{tool} {argument} {text:?}: {said}");
                assert!(said.len() < 10_000, "{tool} {argument} {text:?}");
                made += u64::from(tool == "create_order" && result.get("isError").is_none());
            }
        }
    }
    assert_eq!(client.read("orders://summary")["orders"], made);
    assert!(made > 30);
    for (id, email) in
        [("ORD-101", "alice"), ("ORD-102", "bob"), ("ORD-103", "charlie"), ("ORD-104", "alice")]
    {
        let order = client.call("get_order_details", json!({ "order_id": id }));
        assert_eq!(order["customer_email"], format!("{email}@example.com"));
    }
    let end = client.end();
    assert_eq!(end.code, Some(0));
    let database = Connection::open(end.folder.file()).unwrap();
    let sound: String = database.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
    assert_eq!((sound.as_str(), schema_of(&database)), ("ok", before));
}

#[test]
fn a_note_comes_back_to_the_letter_from_every_place_that_shows_it() {
    let mut client = Client::of_tutorial(Era::Legacy);
    let mut kept = 0;
    for text in hostile() {
        let id = client.call("create_order", json!({"customer_email": "a@example.com", "total_amount": 1}))["order_id"].take();
        let result = client.tool("add_order_note", json!({"order_id": id, "note": text}));
        if result.get("isError").is_some() {
            continue;
        }
        kept += 1;
        let uri = format!("orders://{}", id.as_str().unwrap());
        for order in [
            &result["structuredContent"],
            &client.call("get_order_details", json!({ "order_id": id })),
            &client.read(&uri),
        ] {
            assert_eq!(order["notes"][0]["text"], text);
        }
    }
    assert_eq!(kept, 34);
}

#[test]
fn hostile_uris_prompts_and_completions_find_nothing() {
    let mut client = Client::of_tutorial(Era::Modern);
    for text in hostile() {
        let uri = json!({"uri": format!("orders://{text}")});
        assert_eq!(client.request("resources/read", uri).unwrap_err()["code"], -32602, "{text:?}");
        let prompt = json!({"name": "refund_reply", "arguments": {"order_id": text}});
        assert_eq!(client.request("prompts/get", prompt).unwrap_err()["code"], -32602, "{text:?}");
        let typed = json!({
            "ref": {"type": "ref/prompt", "name": "refund_reply"},
            "argument": {"name": "order_id", "value": text},
        });
        let found = client.request("completion/complete", typed).unwrap();
        assert_eq!(found["completion"]["values"], json!([]), "{text:?}");
    }
    assert_eq!(client.read("orders://summary")["orders"], 4);
}
