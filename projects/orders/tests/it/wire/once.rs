//! An idempotency key over the wire: the same answer to the same request, and no other request under it.

use serde_json::json;

use super::client::{Client, Era};

#[test]
fn each_write_happens_once_under_its_key_in_both_eras() {
    for era in Era::BOTH {
        let mut client = Client::of_tutorial(era);
        for (tool, arguments) in [
            ("create_order", json!({"customer_email": "a@example.com", "total_amount": 1})),
            ("update_order_status", json!({"order_id": "ORD-101", "status": "DELIVERED"})),
            ("add_order_note", json!({"order_id": "ORD-101", "note": "once"})),
            ("cancel_order", json!({"order_id": "ORD-102"})),
            ("delete_order", json!({"order_id": "ORD-104"})),
        ] {
            let mut arguments = arguments;
            arguments["idempotency_key"] = json!(format!("key of {tool}"));
            let first = client.call(tool, arguments.clone());
            assert_eq!(client.call(tool, arguments.clone()), first, "{tool}");
        }
        let notes = client.call("get_order_details", json!({"order_id": "ORD-101"}))["notes"].take();
        assert_eq!(notes.as_array().unwrap().len(), 1);
        assert_eq!(client.read("orders://summary")["orders"], 4);
    }
}

#[test]
fn another_request_under_a_used_key_is_refused() {
    let mut client = Client::of_tutorial(Era::Modern);
    client.call("add_order_note", json!({"order_id": "ORD-101", "note": "a", "idempotency_key": "k"}));
    for (tool, arguments) in [
        ("add_order_note", json!({"order_id": "ORD-101", "note": "b", "idempotency_key": "k"})),
        ("add_order_note", json!({"order_id": "ORD-102", "note": "a", "idempotency_key": "k"})),
        ("cancel_order", json!({"order_id": "ORD-102", "idempotency_key": "k"})),
    ] {
        assert!(client.refusal(tool, arguments).contains("already used for a different request"));
    }
    assert_eq!(client.call("get_order_details", json!({"order_id": "ORD-102"}))["status"], "PROCESSING");
}

#[test]
fn an_answer_outlives_the_server() {
    let folder = crate::support::Folder::new();
    let serve = |folder: &crate::support::Folder| {
        let mut command = super::client::orders();
        command.args(["serve", "--db"]).arg(folder.file());
        command
    };
    let new = json!({"customer_email": "a@example.com", "total_amount": 1, "idempotency_key": "k"});
    let command = serve(&folder);
    let mut client = Client::of(command, folder, Era::Modern);
    let first = client.call("create_order", new.clone());
    let end = client.end();
    let command = serve(&end.folder);
    let mut client = Client::of(command, end.folder, Era::Legacy);
    assert_eq!(client.call("create_order", new), first);
}
