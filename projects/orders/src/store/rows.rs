//! Orders and notes as rows: every statement that reads or writes a single order.

use std::str::FromStr;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::error::StoreError;
use crate::domain::{Invalid, Money, Note, Order, OrderId, Status};

/// The columns of an order, in the order in which [`order`] reads them.
macro_rules! columns {
    () => {
        "order_id, customer_email, status, total_cents, is_refundable, created_at, updated_at"
    };
}
pub(super) use columns;

/// Reads one row of `columns!()`, without notes.
pub(super) fn order(row: &Row<'_>) -> rusqlite::Result<Order> {
    Ok(Order {
        order_id: parsed(row, 0)?,
        customer_email: parsed(row, 1)?,
        status: parsed(row, 2)?,
        total_amount: Money::from_cents(row.get(3)?).map_err(|error| broken(3, Type::Integer, error))?,
        is_refundable: row.get(4)?,
        notes: Vec::new(),
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
    })
}

/// Reads text that the domain must accept.
pub(super) fn parsed<T: FromStr<Err = Invalid>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    row.get_ref(column)?.as_str()?.parse().map_err(|error| broken(column, Type::Text, error))
}

fn broken(column: usize, kind: Type, error: Invalid) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(error))
}

/// Finds one order with its notes.
pub(super) fn find(conn: &Connection, id: &OrderId) -> Result<Option<Order>, StoreError> {
    let mut select =
        conn.prepare_cached(concat!("SELECT ", columns!(), " FROM orders WHERE order_id = ?1"))?;
    let Some(mut found) = select.query_row([id.as_str()], order).optional()? else {
        return Ok(None);
    };
    let mut select =
        conn.prepare_cached("SELECT text, created_at FROM notes WHERE order_id = ?1 ORDER BY note_id")?;
    let notes =
        select.query_map([id.as_str()], |row| Ok(Note { text: row.get(0)?, created_at: row.get(1)? }))?;
    found.notes = notes.collect::<Result<_, _>>()?;
    Ok(Some(found))
}

/// Finds one order with its notes, or says that there is none.
pub(super) fn get(conn: &Connection, id: &OrderId) -> Result<Order, StoreError> {
    find(conn, id)?.ok_or_else(|| StoreError::NotFound(id.clone()))
}

/// Adds an order with its notes, whose id must be free.
pub(super) fn insert(conn: &Connection, order: &Order) -> Result<(), StoreError> {
    let number = order.order_id.number();
    conn.prepare_cached(
        "INSERT INTO orders VALUES
         (:id, :number, :email, :status, :cents, :refundable, :created, :updated)",
    )?
    .execute(named_params! {
        ":id": order.order_id.as_str(),
        ":number": number,
        ":email": order.customer_email.as_str(),
        ":status": order.status.name(),
        ":cents": order.total_amount.cents(),
        ":refundable": order.is_refundable,
        ":created": order.created_at,
        ":updated": order.updated_at,
    })?;
    conn.prepare_cached("UPDATE last_number SET number = ?1 WHERE number < ?1")?.execute([number])?;
    order.notes.iter().try_for_each(|note| insert_note(conn, &order.order_id, note))
}

/// The first number above all that were ever used.
pub(super) fn next_number(conn: &Connection) -> Result<i64, StoreError> {
    let last: i64 = conn.prepare_cached("SELECT number FROM last_number")?.query_row((), |row| row.get(0))?;
    Ok(last.saturating_add(1))
}

/// Adds a note to an order that exists.
pub(super) fn insert_note(conn: &Connection, id: &OrderId, note: &Note) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT INTO notes (order_id, text, created_at) VALUES (?1, ?2, ?3)")?.execute((
        id.as_str(),
        &note.text,
        &note.created_at,
    ))?;
    Ok(())
}

/// Sets the status of an order that exists, and when it changed.
pub(super) fn touch(conn: &Connection, id: &OrderId, status: Status, at: &str) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE orders SET status = ?2, updated_at = ?3 WHERE order_id = ?1")?.execute((
        id.as_str(),
        status.name(),
        at,
    ))?;
    Ok(())
}

/// Removes an order; its notes go with it.
pub(super) fn remove(conn: &Connection, id: &OrderId) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM orders WHERE order_id = ?1")?.execute([id.as_str()])?;
    Ok(())
}
