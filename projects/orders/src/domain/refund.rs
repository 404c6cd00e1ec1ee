//! Whether an order can be paid back, and why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::OrderId;
use super::money::Money;
use super::order::Order;
use super::status::Status;

/// The verdict on one order, with a sentence a support agent can read out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Eligibility {
    /// The order that was judged.
    pub order_id: OrderId,
    /// Whether the order can be paid back.
    pub eligible: bool,
    /// Why, as a full sentence.
    pub reason: String,
    /// How much can be paid back; 0 when nothing can.
    pub refundable_amount: Money,
}

/// Judges whether an order can be paid back.
pub fn eligibility(order: &Order) -> Eligibility {
    let id = &order.order_id;
    let refusal = match order.status {
        _ if !order.is_refundable => Some(format!("Order {id} is marked as non-refundable.")),
        Status::Cancelled => {
            Some(format!("Order {id} was cancelled and never shipped, so there is nothing to refund."))
        }
        Status::Refunded => Some(format!("Order {id} has already been refunded.")),
        Status::Pending => {
            Some(format!("Order {id} is still pending and has not been charged; cancel it instead."))
        }
        _ if order.total_amount == Money::ZERO => {
            Some(format!("Order {id} cost nothing, so there is nothing to refund."))
        }
        Status::Processing | Status::Shipped | Status::Delivered => None,
    };
    let eligible = refusal.is_none();
    Eligibility {
        order_id: id.clone(),
        eligible,
        reason: refusal.unwrap_or_else(|| {
            let (status, amount) = (order.status, order.total_amount);
            format!("Order {id} is {status} and refundable, so {amount} can be paid back.")
        }),
        refundable_amount: if eligible { order.total_amount } else { Money::ZERO },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(status: Status, cents: i64, is_refundable: bool) -> Order {
        Order {
            order_id: "ORD-1".parse().unwrap(),
            customer_email: "a@example.com".parse().unwrap(),
            status,
            total_amount: Money::from_cents(cents).unwrap(),
            is_refundable,
            notes: vec![],
            created_at: String::new(),
            updated_at: String::new(),
        }
    }

    #[test]
    fn a_paid_refundable_order_is_eligible_for_its_whole_amount() {
        for status in [Status::Processing, Status::Shipped, Status::Delivered] {
            let verdict = eligibility(&order(status, 12_050, true));
            assert!(verdict.eligible);
            assert_eq!(verdict.refundable_amount.cents(), 12_050);
            assert_eq!(
                verdict.reason,
                format!("Order ORD-1 is {status} and refundable, so 120.50 can be paid back.")
            );
        }
    }

    #[test]
    fn every_other_order_is_refused_with_its_reason() {
        for (status, cents, refundable, words) in [
            (Status::Delivered, 2500, false, "marked as non-refundable"),
            (Status::Pending, 2500, false, "marked as non-refundable"),
            (Status::Pending, 2500, true, "cancel it instead"),
            (Status::Cancelled, 0, false, "marked as non-refundable"),
            (Status::Cancelled, 2500, true, "was cancelled"),
            (Status::Refunded, 2500, true, "already been refunded"),
            (Status::Shipped, 0, true, "cost nothing"),
        ] {
            let verdict = eligibility(&order(status, cents, refundable));
            assert!(!verdict.eligible && verdict.reason.contains(words), "{}", verdict.reason);
            assert!(verdict.reason.starts_with("Order ORD-1 ") && verdict.reason.ends_with('.'));
            assert_eq!(verdict.refundable_amount, Money::ZERO);
        }
    }
}
