//! The server that speed is measured on: four tools, two of them on a SQLite file that `ORDERS_DB` names.
//!
//! Its tools are those of every server it is measured against: one read-only connection a thread, cached
//! statements, the look-up on the thread that serves.

use std::cell::RefCell;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use toolwright::Http;
use toolwright::prelude::*;

/// One order.
#[derive(Serialize, JsonSchema)]
struct Order {
    order_id: String,
    customer_email: String,
    status: String,
    total_amount: f64,
    is_refundable: bool,
}

/// Several orders.
#[derive(Serialize, JsonSchema)]
struct Orders {
    orders: Vec<Order>,
}

/// Echo the text back
#[tool]
fn echo(text: String) -> String {
    text
}

/// Add two integers
#[tool]
fn add(a: i64, b: i64) -> String {
    (a + b).to_string()
}

/// Get one order by its id
#[tool(inline)]
fn get_order_details(order_id: &str) -> Result<Order> {
    let order = with_database(|db| {
        db.prepare_cached(
            "SELECT order_id, customer_email, status, total_amount, is_refundable FROM orders WHERE order_id = ?1",
        )?
        .query_row([order_id], read)
        .optional()
    })?;
    order.ok_or_else(|| tool_error!("no such order"))
}

/// List orders that have a status
#[tool(inline)]
fn list_orders_by_status(status: &str) -> Result<Orders> {
    let orders = with_database(|db| {
        db.prepare_cached(
            "SELECT order_id, customer_email, status, total_amount, is_refundable FROM orders WHERE status = ?1 LIMIT 50",
        )?
        .query_map([status], read)?
        .collect()
    })?;
    Ok(Orders { orders })
}

fn read(row: &Row<'_>) -> rusqlite::Result<Order> {
    Ok(Order {
        order_id: row.get(0)?,
        customer_email: row.get(1)?,
        status: row.get(2)?,
        total_amount: row.get(3)?,
        is_refundable: row.get(4)?,
    })
}

fn with_database<T>(work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    thread_local!(static DATABASE: RefCell<Option<Connection>> = const { RefCell::new(None) });
    DATABASE.with_borrow_mut(|database| {
        if database.is_none() {
            let path = std::env::var("ORDERS_DB").unwrap_or_else(|_| "orders.db".into());
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(path, flags)?;
            connection.pragma_update(None, "mmap_size", 64 << 20)?;
            *database = Some(connection);
        }
        match database {
            Some(database) => work(database),
            None => Err(rusqlite::Error::InvalidQuery),
        }
    })
}

fn main() -> toolwright::Result {
    let service = Server::new("benchmark")
        .tools(toolset![echo, add, get_order_details, list_orders_by_status])
        .build()?;
    // What the harness says: `benchmark stdio`, or `benchmark http PORT`.
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("http") => service.run_http(Http::new(arguments.next().unwrap_or_default())),
        _ => service.run_stdio(),
    }
}
