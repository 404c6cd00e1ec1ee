//! Each tool does what it says.

use serde_json::{Value, json};

use super::client::{Client, Era};

#[test]
fn an_order_is_shown_in_full_in_both_eras() {
    for era in Era::BOTH {
        let mut client = Client::of_tutorial(era);
        let order = client.call("get_order_details", json!({"order_id": "ord-101"}));
        assert_eq!(order["order_id"], "ORD-101");
        assert_eq!(order["customer_email"], "alice@example.com");
        assert_eq!((&order["status"], &order["total_amount"]), (&json!("SHIPPED"), &json!(120.5)));
    }
}

#[test]
fn a_status_is_understood_in_any_case() {
    let mut client = Client::of_tutorial(Era::Modern);
    for status in ["SHIPPED", "shipped", "Shipped", "sHIPPED"] {
        let found = client.call("list_orders_by_status", json!({ "status": status }));
        assert_eq!(Client::ids(&found), ["ORD-101"]);
        let found = client.call("search_orders", json!({ "status": status }));
        assert_eq!(Client::ids(&found), ["ORD-101"]);
    }
    let new = json!({"customer_email": "a@example.com", "total_amount": 1, "status": "processing"});
    let order = client.call("create_order", new);
    let moved =
        client.call("update_order_status", json!({"order_id": order["order_id"], "status": "Shipped"}));
    assert_eq!(moved["status"], "SHIPPED");
}

#[test]
fn a_search_meets_all_its_conditions() {
    let mut client = Client::of_tutorial(Era::Modern);
    for (conditions, ids) in [
        (json!({}), &["ORD-101", "ORD-102", "ORD-103", "ORD-104"][..]),
        (json!({"text": "CHARLIE"}), &["ORD-103"]),
        (json!({"customer_email": "Alice@Example.com"}), &["ORD-101", "ORD-104"]),
        (json!({"customer_email": "alice@example.com", "is_refundable": true}), &["ORD-101"]),
        (json!({"min_total": 25, "max_total": 120.50}), &["ORD-101", "ORD-103"]),
        (json!({"status": "pending"}), &[]),
        (
            json!({"text": null, "status": null, "limit": null, "cursor": null}),
            &["ORD-101", "ORD-102", "ORD-103", "ORD-104"],
        ),
    ] {
        let found = client.call("search_orders", conditions.clone());
        assert_eq!(Client::ids(&found), ids, "{conditions}");
        assert!(found.get("next_cursor").is_none());
    }
}

#[test]
fn a_cursor_goes_on_where_the_page_before_ended() {
    let mut client = Client::of_tutorial(Era::Legacy);
    let mut seen = Vec::new();
    let mut wanted = json!({"limit": 3});
    loop {
        let page = client.call("search_orders", wanted.clone());
        seen.extend(Client::ids(&page).into_iter().map(str::to_owned));
        let Some(cursor) = page.get("next_cursor") else { break };
        wanted["cursor"] = cursor.clone();
    }
    assert_eq!(seen, ["ORD-101", "ORD-102", "ORD-103", "ORD-104"]);
}

#[test]
fn a_long_list_says_where_a_search_can_go_on() {
    let mut client = Client::of_tutorial(Era::Modern);
    for _ in 0..2 {
        client.call(
            "create_order",
            json!({"customer_email": "a@example.com", "total_amount": 1, "status": "SHIPPED"}),
        );
    }
    let first = client.call("list_orders_by_status", json!({"status": "SHIPPED", "limit": 1}));
    let rest = client.call("search_orders", json!({"status": "SHIPPED", "cursor": first["next_cursor"]}));
    assert_eq!((Client::ids(&first), Client::ids(&rest)), (vec!["ORD-101"], vec!["ORD-105", "ORD-106"]));
}

#[test]
fn a_verdict_on_a_refund_has_its_reason() {
    let mut client = Client::of_tutorial(Era::Modern);
    for (id, eligible, amount, words) in [
        ("ORD-101", true, 120.5, "120.50 can be paid back"),
        ("ORD-103", false, 0.0, "marked as non-refundable"),
    ] {
        let verdict = client.call("check_refund_eligibility", json!({ "order_id": id }));
        assert_eq!((&verdict["eligible"], &verdict["refundable_amount"]), (&json!(eligible), &json!(amount)));
        assert!(verdict["reason"].as_str().unwrap().contains(words), "{verdict}");
    }
}

#[test]
fn an_order_lives_from_creation_to_deletion_in_both_eras() {
    for era in Era::BOTH {
        let mut client = Client::of_tutorial(era);
        let new = json!({"customer_email": "dora@example.com", "total_amount": "19.99"});
        let made = client.call("create_order", new);
        let id = made["order_id"].clone();
        assert_eq!(
            (&id, &made["status"], &made["is_refundable"]),
            (&json!("ORD-105"), &json!("PENDING"), &json!(true))
        );
        let moved = client.call("update_order_status", json!({"order_id": id, "status": "PROCESSING"}));
        assert_eq!(moved["status"], "PROCESSING");
        client.call("add_order_note", json!({"order_id": id, "note": "by phone"}));
        let cancelled = client.call("cancel_order", json!({"order_id": id, "reason": "twice"}));
        let notes: Vec<&Value> =
            cancelled["notes"].as_array().unwrap().iter().map(|note| &note["text"]).collect();
        assert_eq!(notes, ["by phone", "Cancelled: twice"]);
        assert_eq!(client.call("get_order_details", json!({"order_id": id})), cancelled);
        assert_eq!(client.call("delete_order", json!({"order_id": id})), cancelled);
        client.refusal("get_order_details", json!({"order_id": id}));
    }
}

#[test]
fn an_order_is_made_with_everything_that_is_given() {
    let mut client = Client::of_tutorial(Era::Modern);
    let new = json!({
        "customer_email": "dora@example.com", "total_amount": 5, "is_refundable": false,
        "status": "DELIVERED", "order_id": "ord-900",
    });
    let made = client.call("create_order", new);
    assert_eq!((&made["order_id"], &made["status"]), (&json!("ORD-900"), &json!("DELIVERED")));
    assert_eq!((&made["is_refundable"], &made["total_amount"]), (&json!(false), &json!(5.0)));
}

#[test]
fn an_order_is_cancelled_without_a_reason_too() {
    let mut client = Client::of_tutorial(Era::Modern);
    let cancelled = client.call("cancel_order", json!({"order_id": "ORD-102"}));
    assert_eq!(
        (&cancelled["status"], &cancelled["notes"][0]["text"]),
        (&json!("CANCELLED"), &json!("Cancelled."))
    );
}
