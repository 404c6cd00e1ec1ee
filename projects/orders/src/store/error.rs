//! What can go wrong: mistakes of the caller, told so they can be mended, and faults of the store.

use std::sync::Arc;

use crate::domain::{Invalid, OrderId, Status};

/// Why the store refused or failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No order has this id.
    #[error("There is no order {0}. Check the id, or search for the order.")]
    NotFound(OrderId),
    /// An order with this id exists already.
    #[error("Order {0} already exists. Leave the id out to get the next free one, or choose another.")]
    AlreadyExists(OrderId),
    /// The order may not move to that status.
    #[error("{}", transition(.order_id, *.from, *.to, .allowed))]
    IllegalTransition {
        /// The order that was to change.
        order_id: OrderId,
        /// Its status now.
        from: Status,
        /// The status that was asked for.
        to: Status,
        /// The statuses it may move to.
        allowed: &'static [Status],
    },
    /// The order may not be refunded; the text says why.
    #[error("{reason}")]
    NotRefundable {
        /// The order that was to be refunded.
        order_id: OrderId,
        /// Why not, as a full sentence.
        reason: String,
    },
    /// The order may not be deleted in its status.
    #[error("{}", deletion(.order_id, *.status))]
    NotDeletable {
        /// The order that was to be deleted.
        order_id: OrderId,
        /// Its status now.
        status: Status,
    },
    /// The idempotency key was used for another request.
    #[error(
        "This idempotency key was already used for a different request. Repeat that request exactly, \
         or use a new key for a new request."
    )]
    KeyReused,
    /// A value breaks a rule.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The file is not a database this program can use; it was left as it was.
    #[error("{0}")]
    Incompatible(String),
    /// SQLite failed.
    #[error("The order database failed.")]
    Database(#[source] Arc<rusqlite::Error>),
    /// The store has been closed.
    #[error("The order database is closed.")]
    Closed,
}

impl StoreError {
    /// Whether the caller made the mistake and may read the message; otherwise the fault is inside.
    pub fn is_user_error(&self) -> bool {
        match self {
            Self::NotFound(_)
            | Self::AlreadyExists(_)
            | Self::IllegalTransition { .. }
            | Self::NotRefundable { .. }
            | Self::NotDeletable { .. }
            | Self::KeyReused
            | Self::Invalid(_) => true,
            Self::Incompatible(_) | Self::Database(_) | Self::Closed => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

fn transition(id: &OrderId, from: Status, to: Status, allowed: &[Status]) -> String {
    if from == to {
        return format!("Order {id} is already {from}; nothing was changed.");
    }
    if allowed.is_empty() {
        return format!("Order {id} is {from}, which is final; it cannot become {to}.");
    }
    let names: Vec<_> = allowed.iter().map(|status| status.name()).collect();
    format!("Order {id} is {from} and cannot become {to}. It can become {}.", names.join(" or "))
}

fn deletion(id: &OrderId, status: Status) -> String {
    let advice = if status.can_become(Status::Cancelled) {
        "Cancel it first, then delete it."
    } else {
        "Leave it as a record."
    };
    format!("Order {id} is {status}; only PENDING, CANCELLED and REFUNDED orders can be deleted. {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(from: Status, to: Status) -> String {
        let order_id = "ORD-1".parse().unwrap();
        StoreError::IllegalTransition { order_id, from, to, allowed: from.next() }.to_string()
    }

    #[test]
    fn an_illegal_transition_names_the_legal_ones() {
        assert_eq!(
            moved(Status::Processing, Status::Delivered),
            "Order ORD-1 is PROCESSING and cannot become DELIVERED. It can become SHIPPED or CANCELLED."
        );
        assert!(moved(Status::Cancelled, Status::Shipped).contains("which is final"));
        assert!(moved(Status::Shipped, Status::Shipped).contains("already SHIPPED"));
    }

    #[test]
    fn a_refused_deletion_says_what_to_do() {
        let refused =
            |status| StoreError::NotDeletable { order_id: "ORD-1".parse().unwrap(), status }.to_string();
        assert!(refused(Status::Processing).ends_with("Cancel it first, then delete it."));
        assert!(refused(Status::Shipped).ends_with("Leave it as a record."));
    }

    #[test]
    fn a_fault_of_the_store_is_opaque() {
        let error = StoreError::from(rusqlite::Error::QueryReturnedNoRows);
        assert!(!error.is_user_error());
        assert_eq!(error.to_string(), "The order database failed.");
        assert!(StoreError::KeyReused.is_user_error());
    }
}
