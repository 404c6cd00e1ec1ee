//! Changes: everything that can be done to orders, and the rules each obeys.

use rusqlite::Connection;
use serde::Serialize;

use super::error::StoreError;
use super::rows;
use crate::domain::{
    Invalid, MAX_NOTES, MAX_TEXT, NewOrder, Note, Order, OrderId, Status, checked_text, eligibility, rfc3339,
};

/// One change to one order; written as JSON it also tells two requests apart.
#[derive(Debug, Clone, Serialize)]
pub(super) enum Change {
    /// Make an order.
    Create(NewOrder),
    /// Move an order to another status.
    UpdateStatus { order_id: OrderId, status: Status },
    /// Add a note to an order.
    AddNote { order_id: OrderId, text: String },
    /// Cancel an order and note why.
    Cancel { order_id: OrderId, reason: Option<String> },
    /// Delete an order.
    Delete { order_id: OrderId },
}

/// Makes the change at `now` and returns the order after it, or before it when it was deleted.
pub(super) fn apply(conn: &Connection, change: &Change, now: i64) -> Result<Order, StoreError> {
    let now = rfc3339(now);
    match change {
        Change::Create(new) => create(conn, new, now),
        Change::UpdateStatus { order_id, status } => update_status(conn, order_id, *status, &now),
        Change::AddNote { order_id, text } => add_note(conn, order_id, text, now),
        Change::Cancel { order_id, reason } => cancel(conn, order_id, reason.as_deref(), now),
        Change::Delete { order_id } => delete(conn, order_id),
    }
}

fn create(conn: &Connection, new: &NewOrder, now: String) -> Result<Order, StoreError> {
    let order_id = match &new.order_id {
        Some(id) if rows::find(conn, id)?.is_some() => return Err(StoreError::AlreadyExists(id.clone())),
        Some(id) => id.clone(),
        None => OrderId::from_number(rows::next_number(conn)?).ok_or_else(|| {
            Invalid::new("There is no free id above the largest one; choose an id yourself.")
        })?,
    };
    let order = Order {
        order_id,
        customer_email: new.customer_email.clone(),
        status: new.status,
        total_amount: new.total_amount,
        is_refundable: new.is_refundable,
        notes: Vec::new(),
        created_at: now.clone(),
        updated_at: now,
    };
    rows::insert(conn, &order)?;
    Ok(order)
}

fn update_status(conn: &Connection, id: &OrderId, to: Status, now: &str) -> Result<Order, StoreError> {
    let order = rows::get(conn, id)?;
    may_become(&order, to)?;
    rows::touch(conn, id, to, now)?;
    Ok(Order { status: to, updated_at: now.to_owned(), ..order })
}

fn may_become(order: &Order, to: Status) -> Result<(), StoreError> {
    let from = order.status;
    let order_id = order.order_id.clone();
    if !from.can_become(to) {
        return Err(StoreError::IllegalTransition { order_id, from, to, allowed: from.next() });
    }
    let verdict = eligibility(order);
    if to == Status::Refunded && !verdict.eligible {
        return Err(StoreError::NotRefundable { order_id, reason: verdict.reason });
    }
    Ok(())
}

fn add_note(conn: &Connection, id: &OrderId, text: &str, now: String) -> Result<Order, StoreError> {
    checked_text("note", text, MAX_TEXT)?;
    let order = rows::get(conn, id)?;
    if order.notes.len() >= MAX_NOTES {
        return Err(
            Invalid::new(format!("Order {id} already has {MAX_NOTES} notes, the most allowed.")).into()
        );
    }
    rows::touch(conn, id, order.status, &now)?;
    noted(conn, order, text.to_owned(), now)
}

fn cancel(conn: &Connection, id: &OrderId, reason: Option<&str>, now: String) -> Result<Order, StoreError> {
    const PREFIX: &str = "Cancelled: ";
    let text = match reason {
        Some(reason) => {
            checked_text("reason", reason, MAX_TEXT - PREFIX.len())?;
            format!("{PREFIX}{reason}")
        }
        None => "Cancelled.".to_owned(),
    };
    let order = update_status(conn, id, Status::Cancelled, &now)?;
    noted(conn, order, text, now)
}

fn noted(conn: &Connection, mut order: Order, text: String, now: String) -> Result<Order, StoreError> {
    let note = Note { text, created_at: now.clone() };
    rows::insert_note(conn, &order.order_id, &note)?;
    order.notes.push(note);
    Ok(Order { updated_at: now, ..order })
}

fn delete(conn: &Connection, id: &OrderId) -> Result<Order, StoreError> {
    let order = rows::get(conn, id)?;
    if !matches!(order.status, Status::Pending | Status::Cancelled | Status::Refunded) {
        return Err(StoreError::NotDeletable { order_id: order.order_id, status: order.status });
    }
    rows::remove(conn, id)?;
    Ok(order)
}
