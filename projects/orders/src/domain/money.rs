//! Money: whole cents inside, a plain decimal number outside, never a rounding error.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::invalid::{Invalid, quoted};

const MAX_CENTS: i64 = 100_000_000_000;

/// An amount of money from 0.00 to 1000000000.00, exact to the cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

impl Money {
    /// Nothing at all.
    pub const ZERO: Self = Self(0);

    /// The largest amount, 1000000000.00.
    pub const MAX: Self = Self(MAX_CENTS);

    /// Makes an amount from whole cents.
    ///
    /// # Errors
    /// [`Invalid`] when the amount is negative or above [`Money::MAX`].
    pub fn from_cents(cents: i64) -> Result<Self, Invalid> {
        match cents {
            ..0 => Err(negative()),
            0..=MAX_CENTS => Ok(Self(cents)),
            _ => Err(too_large()),
        }
    }

    /// The amount in whole cents.
    pub const fn cents(self) -> i64 {
        self.0
    }

    fn from_f64(number: f64) -> Result<Self, Invalid> {
        if !number.is_finite() {
            return Err(Invalid::new("An amount must be a finite number, for example 120.50."));
        }
        if number < 0.0 {
            return Err(negative());
        }
        if number > 1_000_000_000.0 {
            return Err(too_large());
        }
        // The shortest decimal that reads back as this float is what the caller wrote.
        number.abs().to_string().parse()
    }
}

impl FromStr for Money {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.starts_with('-') && text.len() > 1 {
            return Err(negative());
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(Invalid::new(format!(
                "{} is not an amount; write digits with at most two decimals, for example 120.50.",
                quoted(text)
            )));
        }
        if fraction.len() > 2 {
            return Err(Invalid::new(format!(
                "The amount {} has more than two decimals; round it to cents, for example 120.50.",
                quoted(text)
            )));
        }
        let cents: i64 = format!("{fraction:0<2}").parse().map_err(|_| too_large())?;
        let whole: i64 = whole.parse().map_err(|_| too_large())?;
        let total = whole.checked_mul(100).and_then(|whole| whole.checked_add(cents));
        Self::from_cents(total.ok_or_else(too_large)?)
    }
}

fn negative() -> Invalid {
    Invalid::new("An amount cannot be negative; use 0 or more, for example 120.50.")
}

fn too_large() -> Invalid {
    Invalid::new("The amount is too large; at most 1000000000.00 is allowed.")
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_cents(self.0, serializer)
    }
}

/// Up to 2^53 cents the quotient is the float nearest to the decimal, so it prints as that decimal.
#[allow(clippy::cast_precision_loss, reason = "exact up to 2^53 cents, about 90 million million")]
fn serialize_cents<S: Serializer>(cents: i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(cents as f64 / 100.0)
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Amount)
    }
}

struct Amount;

impl de::Visitor<'_> for Amount {
    type Value = Money;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount of money with at most two decimals, for example 120.50")
    }

    fn visit_u64<E: de::Error>(self, whole: u64) -> Result<Money, E> {
        let cents = whole.checked_mul(100).and_then(|cents| i64::try_from(cents).ok());
        cents.ok_or_else(too_large).and_then(Money::from_cents).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, whole: i64) -> Result<Money, E> {
        let whole = u64::try_from(whole).map_err(|_| E::custom(negative()))?;
        self.visit_u64(whole)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Money, E> {
        Money::from_f64(number).map_err(E::custom)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Money, E> {
        text.parse().map_err(E::custom)
    }
}

impl JsonSchema for Money {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number",
            "minimum": 0,
            "maximum": 1_000_000_000,
            "description": "An amount of money with at most two decimals, for example 120.50.",
        })
    }
}

/// A sum of amounts, which may exceed what a single amount may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Total(i64);

impl Total {
    /// Makes a sum from whole cents; a negative one becomes nothing.
    pub fn from_cents(cents: i64) -> Self {
        Self(cents.max(0))
    }

    /// The sum in whole cents.
    pub const fn cents(self) -> i64 {
        self.0
    }
}

impl std::iter::Sum for Total {
    fn sum<I: Iterator<Item = Self>>(totals: I) -> Self {
        totals.fold(Self(0), |sum, total| Self(sum.0.saturating_add(total.0)))
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Money(self.0).fmt(f)
    }
}

impl Serialize for Total {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_cents(self.0, serializer)
    }
}

impl JsonSchema for Total {
    fn schema_name() -> Cow<'static, str> {
        "Total".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "description": "A sum of money." })
    }
}

#[cfg(test)]
mod tests;
