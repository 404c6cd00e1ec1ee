//! What a model reads when it made a mistake, and what it does not when the server did.

use serde_json::json;

use super::client::{Client, Era};

#[test]
fn every_tool_that_takes_an_id_says_that_it_is_unknown() {
    for era in Era::BOTH {
        let mut client = Client::of_tutorial(era);
        for (tool, mut arguments) in [
            ("get_order_details", json!({})),
            ("check_refund_eligibility", json!({})),
            ("update_order_status", json!({"status": "SHIPPED"})),
            ("add_order_note", json!({"note": "x"})),
            ("cancel_order", json!({})),
            ("delete_order", json!({})),
        ] {
            arguments["order_id"] = json!("ORD-999");
            let text = client.refusal(tool, arguments);
            assert_eq!(text, "There is no order ORD-999. Check the id, or search for the order.", "{tool}");
        }
    }
}

#[test]
fn all_wrong_arguments_are_named_at_once() {
    let mut client = Client::of_tutorial(Era::Modern);
    let text = client.refusal("list_orders_by_status", json!({"status": "lost", "limit": 0, "sort": "id"}));
    for words in
        ["status: expected one of \"PENDING\"", "limit: expected an integer from 1 to 200, got 0", "sort: "]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let new = json!({"customer_email": "dora", "total_amount": 1.234, "order_id": "7", "status": "?", "idempotency_key": ""});
    let text = client.refusal("create_order", new);
    for argument in ["customer_email: ", "total_amount: ", "order_id: ", "status: ", "idempotency_key: "] {
        assert!(text.contains(&format!("\n- {argument}")), "{argument}: {text}");
    }
    let text = client.refusal("add_order_note", json!({}));
    assert!(text.contains("order_id: required") && text.contains("note: required"), "{text}");
}

#[test]
fn a_search_that_makes_no_sense_says_why() {
    let mut client = Client::of_tutorial(Era::Modern);
    let text = client.refusal("search_orders", json!({"min_total": 9, "max_total": 1}));
    assert_eq!(text, "min_total 9.00 is above max_total 1.00; swap them.");
    let text = client.refusal("search_orders", json!({"cursor": "page 2"}));
    assert!(text.contains("cursor: not a cursor; give the next_cursor"), "{text}");
    let text = client.refusal("search_orders", json!({"text": "x".repeat(201)}));
    assert!(text.contains("text: expected a string of at most 200 characters"), "{text}");
}

#[test]
fn a_taken_id_is_refused() {
    let mut client = Client::of_tutorial(Era::Modern);
    let new = json!({"customer_email": "a@example.com", "total_amount": 1, "order_id": "ORD-101"});
    assert!(client.refusal("create_order", new).starts_with("Order ORD-101 already exists."));
}

#[test]
fn a_forbidden_step_is_refused_with_those_that_are_allowed() {
    let mut client = Client::of_tutorial(Era::Legacy);
    for (id, status, text) in [
        (
            "ORD-102",
            "DELIVERED",
            "Order ORD-102 is PROCESSING and cannot become DELIVERED. It can become SHIPPED or CANCELLED.",
        ),
        ("ORD-104", "SHIPPED", "Order ORD-104 is CANCELLED, which is final; it cannot become SHIPPED."),
        ("ORD-101", "shipped", "Order ORD-101 is already SHIPPED; nothing was changed."),
        ("ORD-103", "REFUNDED", "Order ORD-103 is marked as non-refundable."),
    ] {
        assert_eq!(client.refusal("update_order_status", json!({"order_id": id, "status": status})), text);
    }
    assert!(
        client.refusal("cancel_order", json!({"order_id": "ORD-101"})).contains("cannot become CANCELLED")
    );
    assert!(client.refusal("delete_order", json!({"order_id": "ORD-102"})).contains("Cancel it first"));
}

#[test]
fn notes_and_reasons_have_their_longest() {
    let mut client = Client::of_tutorial(Era::Modern);
    let note = |length| json!({"order_id": "ORD-101", "note": "é".repeat(length)});
    assert!(client.refusal("add_order_note", note(2001)).contains("1 to 2000 characters"));
    assert!(client.refusal("add_order_note", json!({"order_id": "ORD-101", "note": " "})).contains("empty"));
    client.call("add_order_note", note(2000));
    let cancel = |length| json!({"order_id": "ORD-102", "reason": "é".repeat(length)});
    assert!(client.refusal("cancel_order", cancel(1990)).contains("1 to 1989 characters"));
    client.call("cancel_order", cancel(1989));
}

#[test]
fn a_fault_of_the_database_stays_with_the_operator() {
    for era in Era::BOTH {
        let mut client = Client::of_tutorial(era);
        client.read("orders://ORD-101");
        let database = rusqlite::Connection::open(client.folder().file()).unwrap();
        database.execute_batch("PRAGMA foreign_keys = 0; DROP TABLE orders").unwrap();
        drop(database);

        let get = client.refusal("get_order_details", json!({"order_id": "ORD-101"}));
        let create = json!({"customer_email": "a@example.com", "total_amount": 1});
        let create = client.refusal("create_order", create);
        let read = client.request("resources/read", json!({"uri": "orders://summary"})).unwrap_err();
        assert_eq!(read["code"], -32603);
        let prompt = json!({"name": "refund_reply", "arguments": {"order_id": "ORD-101"}});
        let prompt = client.request("prompts/get", prompt).unwrap_err();

        let end = client.end();
        assert_eq!(end.code, Some(0));
        for text in [&get, &create, read["message"].as_str().unwrap(), prompt["message"].as_str().unwrap()] {
            let reference =
                text.strip_prefix("internal error (reference ").unwrap().strip_suffix(')').unwrap();
            let line = end.log.lines().find(|line| line.contains(reference)).unwrap();
            assert!(line.contains("no such table: orders"), "{line}");
        }
    }
}
