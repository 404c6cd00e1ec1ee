//! Subscribers hear of each write, and of nothing else.

use serde_json::{Value, json};

use super::client::{Client, Era};

const ORDER: &str = "orders://ORD-102";
const SUMMARY: &str = "orders://summary";

/// Every kind of write to one order, and how many of them there are.
fn write(client: &mut Client) -> usize {
    let writes = [
        ("add_order_note", json!({"order_id": "ORD-102", "note": "x"})),
        ("update_order_status", json!({"order_id": "ORD-102", "status": "CANCELLED"})),
        ("delete_order", json!({"order_id": "ORD-102"})),
        (
            "create_order",
            json!({"customer_email": "a@example.com", "total_amount": 1, "order_id": "ORD-102"}),
        ),
        ("cancel_order", json!({"order_id": "ORD-102"})),
    ];
    let count = writes.len();
    writes.into_iter().for_each(|(tool, arguments)| drop(client.call(tool, arguments)));
    count
}

fn uris(notifications: &[Value]) -> Vec<&str> {
    notifications
        .iter()
        .map(|told| {
            assert_eq!(told["method"], "notifications/resources/updated");
            told["params"]["uri"].as_str().unwrap()
        })
        .collect()
}

#[test]
fn a_legacy_subscriber_hears_of_each_write_to_its_order() {
    let mut client = Client::of_tutorial(Era::Legacy);
    client.request("resources/subscribe", json!({ "uri": ORDER })).unwrap();
    let count = write(&mut client);
    client.call("add_order_note", json!({"order_id": "ORD-101", "note": "another order"}));
    client.refusal("delete_order", json!({"order_id": "ORD-101"}));
    assert_eq!(uris(&client.notifications()), vec![ORDER; count]);
    client.request("resources/unsubscribe", json!({ "uri": ORDER })).unwrap();
    client.call("delete_order", json!({"order_id": "ORD-102"}));
    assert!(client.notifications().is_empty());
}

#[test]
fn a_modern_listener_hears_of_each_write_on_its_subscription() {
    let mut client = Client::of_tutorial(Era::Modern);
    let id = client
        .begin("subscriptions/listen", json!({"notifications": {"resourceSubscriptions": [ORDER, SUMMARY]}}));
    let acknowledged = client.notification();
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    let count = write(&mut client);
    client.call("get_order_details", json!({"order_id": "ORD-101"}));
    let told = client.notifications();
    assert_eq!(uris(&told), [ORDER, SUMMARY].repeat(count));
    for notification in told {
        assert_eq!(notification["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], id);
    }
}
