//! Orders to begin with: the four of the tutorial, and as many made-up ones as a trial needs.

use rusqlite::Connection;

use super::error::StoreError;
use super::rows;
use crate::domain::{Email, Invalid, Money, Order, OrderId, Status, rfc3339};

/// The most orders [`generate`] makes at once, so that one transaction stays bounded.
const MOST: u32 = 1_000_000;

const TUTORIAL: [(&str, &str, Status, i64, bool); 4] = [
    ("ORD-101", "alice@example.com", Status::Shipped, 12_050, true),
    ("ORD-102", "bob@example.com", Status::Processing, 45_000, true),
    ("ORD-103", "charlie@example.com", Status::Delivered, 2_500, false),
    ("ORD-104", "alice@example.com", Status::Cancelled, 0, false),
];

/// Adds the four orders of the tutorial to a database that has none.
pub(super) fn tutorial(conn: &Connection, now: i64) -> Result<(), StoreError> {
    TUTORIAL.into_iter().try_for_each(|(id, email, status, cents, is_refundable)| {
        let order =
            made_up(id.parse()?, email.parse()?, status, Money::from_cents(cents)?, is_refundable, now);
        rows::insert(conn, &order)
    })
}

/// Adds `count` orders that depend on `seed` alone, numbered on from the largest id.
pub(super) fn generate(conn: &Connection, count: u32, seed: u64) -> Result<u32, StoreError> {
    const START_OF_2026: i64 = 1_767_225_600;
    const YEAR: u32 = 31_536_000;
    if count > MOST {
        return Err(Invalid::new(format!("At most {MOST} orders can be generated at once.")).into());
    }
    let mut random = SplitMix64(seed);
    let first = rows::next_number(conn)?;
    for number in (first..).take(count as usize) {
        let id = OrderId::from_number(number)
            .ok_or_else(|| Invalid::new("There are no order numbers left above the largest id."))?;
        let host = ["example.com", "example.net", "example.org"][random.below(3) as usize];
        let email: Email = format!("customer{}@{host}", random.below(10_000)).parse()?;
        let status = Status::ALL[random.below(6) as usize];
        let total = Money::from_cents(random.below(100_000).into())?;
        let created = START_OF_2026 - i64::from(random.below(YEAR));
        rows::insert(conn, &made_up(id, email, status, total, random.below(5) > 0, created))?;
    }
    Ok(count)
}

fn made_up(
    order_id: OrderId,
    customer_email: Email,
    status: Status,
    total_amount: Money,
    is_refundable: bool,
    created: i64,
) -> Order {
    let created_at = rfc3339(created);
    let updated_at = created_at.clone();
    Order {
        order_id,
        customer_email,
        status,
        total_amount,
        is_refundable,
        notes: vec![],
        created_at,
        updated_at,
    }
}

/// Sebastiano Vigna's generator: tiny, and the same on every machine.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u32) -> u32 {
        let high_bits = self.next() >> 32;
        u32::try_from((high_bits * u64::from(limit)) >> 32).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gives_the_published_numbers() {
        let mut random = SplitMix64(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn numbers_stay_below_their_limit_and_reach_it() {
        let mut random = SplitMix64(7);
        let mut seen = [false; 6];
        (0..1000).for_each(|_| seen[random.below(6) as usize] = true);
        assert_eq!(seen, [true; 6]);
    }
}
