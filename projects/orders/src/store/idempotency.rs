//! Once only: a repeated request with the same key gets the stored answer and has no second effect.

use rusqlite::{Connection, OptionalExtension};

use super::change::{Change, apply};
use super::error::StoreError;
use crate::domain::{IdempotencyKey, Order};

/// How long an answer is kept, in seconds.
const KEPT: i64 = 24 * 60 * 60;

/// Makes the change unless `key` says it was made before; effect and answer are stored together.
pub(super) fn apply_once(
    conn: &Connection,
    key: Option<&IdempotencyKey>,
    change: &Change,
    now: i64,
) -> Result<Order, StoreError> {
    let Some(key) = key else {
        return apply(conn, change, now);
    };
    let request = json(change)?;
    if let Some((stored, answer)) = recall(conn, key, now)? {
        if stored != request {
            return Err(StoreError::KeyReused);
        }
        return serde_json::from_str(&answer).map_err(broken);
    }
    let order = apply(conn, change, now)?;
    prune(conn, now)?;
    conn.prepare_cached("INSERT OR REPLACE INTO answers VALUES (?1, ?2, ?3, ?4, ?5)")?.execute((
        key.caller(),
        key.as_str(),
        request,
        json(&order)?,
        now,
    ))?;
    Ok(order)
}

fn recall(conn: &Connection, key: &IdempotencyKey, now: i64) -> Result<Option<(String, String)>, StoreError> {
    let sql = "SELECT request, answer FROM answers WHERE caller = ?1 AND key = ?2 AND stored_at > ?3";
    let found = conn
        .prepare_cached(sql)?
        .query_row((key.caller(), key.as_str(), now - KEPT), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found)
}

/// Takes away a bounded number of answers that are too old, so that no write pays for a long pause.
fn prune(conn: &Connection, now: i64) -> Result<(), StoreError> {
    conn.prepare_cached(
        "DELETE FROM answers WHERE rowid IN
         (SELECT rowid FROM answers WHERE stored_at <= ?1 ORDER BY stored_at LIMIT 100)",
    )?
    .execute([now - KEPT])?;
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(broken)
}

fn broken(error: serde_json::Error) -> StoreError {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error)).into()
}
