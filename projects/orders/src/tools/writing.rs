//! The tools that change something; each tells subscribers what it changed.

use toolwright::prelude::*;

use super::{Orders, changed, told};
use crate::domain::{Email, IdempotencyKey, Money, NewOrder, Order, OrderId, Status};

#[tools(part = writing)]
impl Orders {
    /// Makes a new order and returns it with its id.
    ///
    /// Use it when a customer orders something. Leave order_id out unless you were given one: the next free id is
    /// taken then.
    ///
    /// Example: {"customer_email": "dora@example.com", "total_amount": 19.99}
    #[tool(destructive = false, idempotent = false, open_world = false, title = "Create an order")]
    async fn create_order(
        &self,
        ctx: &Context,
        /// Who orders.
        customer_email: Email,
        /// What the order costs.
        total_amount: Money,
        /// Whether the order may be paid back at all.
        #[arg(default = true)]
        is_refundable: bool,
        /// The status to begin with, in any letter case.
        #[arg(default = Status::Pending)]
        status: Status,
        /// The id to use; it must be free.
        order_id: Option<OrderId>,
        idempotency_key: Option<IdempotencyKey>,
    ) -> Result<Order> {
        let new = NewOrder { order_id, customer_email, status, total_amount, is_refundable };
        let order = self.store.create(new, idempotency_key).await.map_err(told)?;
        Ok(changed(ctx, order))
    }

    /// Moves an order to its next status and returns it.
    ///
    /// Use it as an order makes its way: PENDING to PROCESSING to SHIPPED to DELIVERED to REFUNDED; PENDING and
    /// PROCESSING orders can also become CANCELLED. No other step is possible, and none can be taken back. To
    /// cancel with a reason, use cancel_order instead.
    ///
    /// Example: {"order_id": "ORD-102", "status": "SHIPPED"}
    #[tool(destructive = true, idempotent = true, open_world = false, title = "Update an order's status")]
    async fn update_order_status(
        &self,
        ctx: &Context,
        order_id: OrderId,
        /// The status it moves to, in any letter case.
        status: Status,
        idempotency_key: Option<IdempotencyKey>,
    ) -> Result<Order> {
        let order = self.store.update_status(&order_id, status, idempotency_key).await.map_err(told)?;
        Ok(changed(ctx, order))
    }

    /// Adds a note to an order and returns the order with all its notes.
    ///
    /// Use it to record what a customer said or what was agreed. Notes cannot be changed later.
    ///
    /// Example: {"order_id": "ORD-101", "note": "Customer asked for delivery after 6 pm."}
    #[tool(destructive = false, idempotent = false, open_world = false, title = "Add a note to an order")]
    async fn add_order_note(
        &self,
        ctx: &Context,
        order_id: OrderId,
        /// What to record.
        #[arg(length(1..=2000))]
        note: String,
        idempotency_key: Option<IdempotencyKey>,
    ) -> Result<Order> {
        let order = self.store.add_note(&order_id, note, idempotency_key).await.map_err(told)?;
        Ok(changed(ctx, order))
    }

    /// Cancels a PENDING or PROCESSING order for good, notes the reason, and returns the order.
    ///
    /// Use it when the customer no longer wants an order that was not shipped yet. Ask the customer to confirm
    /// first: it cannot be undone.
    ///
    /// Example: {"order_id": "ORD-102", "reason": "Ordered twice by mistake."}
    #[tool(destructive = true, idempotent = true, open_world = false, title = "Cancel an order")]
    async fn cancel_order(
        &self,
        ctx: &Context,
        order_id: OrderId,
        /// Why, for the order's notes.
        #[arg(length(1..=1989))]
        reason: Option<String>,
        idempotency_key: Option<IdempotencyKey>,
    ) -> Result<Order> {
        let order = self.store.cancel(&order_id, reason, idempotency_key).await.map_err(told)?;
        Ok(changed(ctx, order))
    }

    /// Deletes a PENDING, CANCELLED or REFUNDED order with its notes, and returns what it was.
    ///
    /// Use it only when someone asks for an order to be erased; to stop an order, use cancel_order instead. It
    /// cannot be undone.
    ///
    /// Example: {"order_id": "ORD-104"}
    #[tool(destructive = true, idempotent = true, open_world = false, title = "Delete an order")]
    async fn delete_order(
        &self,
        ctx: &Context,
        order_id: OrderId,
        idempotency_key: Option<IdempotencyKey>,
    ) -> Result<Order> {
        let order = self.store.delete(&order_id, idempotency_key).await.map_err(told)?;
        Ok(changed(ctx, order))
    }
}
