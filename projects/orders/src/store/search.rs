//! Finding orders: one page at a time, in the order of their numbers.

use rusqlite::{Connection, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::rows::{self, columns};
use crate::domain::{Email, Invalid, Money, Order, OrderId, Status, checked_text};

/// The most orders on one page.
pub const MAX_LIMIT: u32 = 200;

const DEFAULT_LIMIT: u32 = 20;

/// The most characters of a text to search for; SQLite's LIKE grows slow on long patterns.
const MAX_SEARCH_TEXT: usize = 200;

/// What to look for; every condition that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Search {
    /// Text within the id, the e-mail address or a note, in any letter case; at most 200 characters.
    pub text: Option<String>,
    /// The customer, in any letter case.
    pub customer_email: Option<Email>,
    /// Where the order stands.
    pub status: Option<Status>,
    /// The least the order may cost.
    pub min_total: Option<Money>,
    /// The most the order may cost.
    pub max_total: Option<Money>,
    /// Whether the order may be paid back at all.
    pub is_refundable: Option<bool>,
    /// How many orders to return, 1 to 200.
    #[schemars(range(min = 1, max = 200))]
    pub limit: u32,
    /// Go on after this order: the `next` of the page before.
    pub after: Option<OrderId>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            text: None,
            customer_email: None,
            status: None,
            min_total: None,
            max_total: None,
            is_refundable: None,
            limit: DEFAULT_LIMIT,
            after: None,
        }
    }
}

/// One page of orders, without their notes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Page {
    /// The orders, by rising number.
    pub orders: Vec<Order>,
    /// Where to go on, when there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<OrderId>,
}

/// The same conditions behind a head that lets SQLite use the narrowest index.
macro_rules! search_sql {
    ($head:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM orders WHERE ",
            $head,
            " (number, order_id) > (:number, :after)
              AND (:email IS NULL OR customer_email = :email)
              AND (:status IS NULL OR status = :status)
              AND (:min IS NULL OR total_cents >= :min)
              AND (:max IS NULL OR total_cents <= :max)
              AND (:refundable IS NULL OR is_refundable = :refundable)
              AND (:pattern IS NULL
                   OR order_id LIKE :pattern ESCAPE '\\'
                   OR customer_email LIKE :pattern ESCAPE '\\'
                   OR EXISTS (SELECT 1 FROM notes WHERE notes.order_id = orders.order_id
                              AND text LIKE :pattern ESCAPE '\\'))
              ORDER BY number, order_id LIMIT :limit"
        )
    };
}

/// Finds one page of orders.
pub(super) fn search(conn: &Connection, wanted: &Search) -> Result<Page, StoreError> {
    let pattern = pattern(wanted.text.as_deref())?;
    if let (Some(min), Some(max)) = (wanted.min_total, wanted.max_total)
        && min > max
    {
        return Err(Invalid::new(format!("min_total {min} is above max_total {max}; swap them.")).into());
    }
    let sql = match wanted {
        Search { customer_email: Some(_), .. } => search_sql!("customer_email = :email AND"),
        Search { status: Some(_), .. } => search_sql!("status = :status AND"),
        _ => search_sql!(""),
    };
    let limit = wanted.limit.clamp(1, MAX_LIMIT) as usize;
    let mut statement = conn.prepare_cached(sql)?;
    let found = statement.query_map(
        named_params! {
            ":number": wanted.after.as_ref().map_or(-1, OrderId::number),
            ":after": wanted.after.as_ref().map_or("", OrderId::as_str),
            ":email": wanted.customer_email.as_ref().map(Email::as_str),
            ":status": wanted.status.map(Status::name),
            ":min": wanted.min_total.map(Money::cents),
            ":max": wanted.max_total.map(Money::cents),
            ":refundable": wanted.is_refundable,
            ":pattern": pattern,
            ":limit": i64::from(wanted.limit.clamp(1, MAX_LIMIT)) + 1,
        },
        rows::order,
    )?;
    let mut orders: Vec<Order> = found.collect::<Result<_, _>>()?;
    let more = orders.len() > limit;
    orders.truncate(limit);
    let next = orders.last().filter(|_| more).map(|last| last.order_id.clone());
    Ok(Page { orders, next })
}

fn pattern(text: Option<&str>) -> Result<Option<String>, StoreError> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    checked_text("search text", text, MAX_SEARCH_TEXT)?;
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    Ok(Some(pattern))
}

/// Lists ids that begin with `prefix`, with or without `ORD-`, for completion while typing.
pub(super) fn ids_starting_with(
    conn: &Connection,
    prefix: &str,
    limit: u32,
) -> Result<Vec<OrderId>, StoreError> {
    let upper: String = prefix.chars().take(32).collect::<String>().to_ascii_uppercase();
    let first = if upper.starts_with(|c: char| c.is_ascii_digit()) { format!("ORD-{upper}") } else { upper };
    // '~' sorts after every character of an id, so the range holds all that continue `first`.
    let past = format!("{first}~");
    let mut statement = conn.prepare_cached(
        "SELECT order_id FROM orders WHERE order_id >= ?1 AND order_id < ?2 ORDER BY order_id LIMIT ?3",
    )?;
    let ids = statement.query_map((first, past, limit.clamp(1, MAX_LIMIT)), |row| rows::parsed(row, 0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_search_are_escaped() {
        assert_eq!(pattern(Some(r"50%_\x")).unwrap().unwrap(), r"%50\%\_\\x%");
        assert_eq!(pattern(Some("  ")).unwrap(), None);
        assert!(pattern(Some(&"x".repeat(201))).is_err());
        assert!(pattern(Some("a\0b")).is_err());
    }
}
