//! An order, its notes, and what is needed to make one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::email::Email;
use super::id::OrderId;
use super::money::Money;
use super::status::Status;

/// The most notes an order may carry, so that one order stays a readable answer.
pub const MAX_NOTES: usize = 100;

/// One order, as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// The id of the order.
    pub order_id: OrderId,
    /// Who ordered.
    pub customer_email: Email,
    /// Where the order stands.
    pub status: Status,
    /// What the order costs.
    pub total_amount: Money,
    /// Whether the order may be paid back at all.
    pub is_refundable: bool,
    /// Notes of the support desk, oldest first; lists of orders leave them out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// When the order was made, RFC 3339 in UTC.
    pub created_at: String,
    /// When the order last changed, RFC 3339 in UTC.
    pub updated_at: String,
}

/// One note on an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// What was noted, 1 to 2000 characters.
    pub text: String,
    /// When it was noted, RFC 3339 in UTC.
    pub created_at: String,
}

/// What is needed to make an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewOrder {
    /// The id to use; the next free one is taken when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// Who orders.
    pub customer_email: Email,
    /// The status to begin with, PENDING when it is left out.
    #[serde(default)]
    pub status: Status,
    /// What the order costs.
    pub total_amount: Money,
    /// Whether the order may be paid back at all.
    pub is_refundable: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> serde_json::Value {
        serde_json::json!({
            "order_id": "ORD-101", "customer_email": "alice@example.com", "status": "SHIPPED",
            "total_amount": 120.5, "is_refundable": true,
            "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z",
        })
    }

    #[test]
    fn an_order_without_notes_reads_and_writes_the_same_json() {
        let read: Order = serde_json::from_value(order()).unwrap();
        assert!(read.notes.is_empty());
        assert_eq!(serde_json::to_value(read).unwrap(), order());
    }

    #[test]
    fn a_new_order_is_pending_unless_told_otherwise() {
        let new: NewOrder = serde_json::from_value(serde_json::json!({
            "customer_email": "a@example.com", "total_amount": "1.00", "is_refundable": false,
        }))
        .unwrap();
        assert_eq!((new.status, new.order_id), (Status::Pending, None));
    }
}
