//! The numbers of the whole desk.

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::StoreError;
use super::rows;
use crate::domain::{Status, Total};

/// How many orders there are and what they cost together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// How many orders there are.
    pub orders: u64,
    /// The same for every status, also for those without orders.
    pub by_status: Vec<StatusSummary>,
    /// What all orders cost together.
    pub total_amount: Total,
}

/// How many orders have one status and what they cost together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StatusSummary {
    /// The status.
    pub status: Status,
    /// How many orders have it.
    pub orders: u64,
    /// What these orders cost together.
    pub total_amount: Total,
}

/// Counts and sums all orders.
pub(super) fn summary(conn: &Connection) -> Result<Summary, StoreError> {
    let mut by_status =
        Status::ALL.map(|status| StatusSummary { status, orders: 0, total_amount: Total::default() });
    let mut statement =
        conn.prepare_cached("SELECT status, count(*), sum(total_cents) FROM orders GROUP BY status")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let status: Status = rows::parsed(row, 0)?;
        if let Some(entry) = by_status.iter_mut().find(|entry| entry.status == status) {
            entry.orders = row.get::<_, i64>(1)?.unsigned_abs();
            entry.total_amount = Total::from_cents(row.get(2)?);
        }
    }
    Ok(Summary {
        orders: by_status.iter().map(|entry| entry.orders).sum(),
        total_amount: by_status.iter().map(|entry| entry.total_amount).sum(),
        by_status: by_status.into(),
    })
}
