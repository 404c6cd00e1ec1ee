//! The number on an order: `ORD-` and digits.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::invalid::{Invalid, quoted};

/// The identifier of an order, such as `ORD-101`; the letters are always upper case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderId(String);

impl OrderId {
    /// The largest number that fits in 18 digits.
    pub const MAX_NUMBER: i64 = 999_999_999_999_999_999;

    /// Makes the identifier of a number from 0 to [`OrderId::MAX_NUMBER`].
    pub fn from_number(number: i64) -> Option<Self> {
        (0..=Self::MAX_NUMBER).contains(&number).then(|| Self(format!("ORD-{number}")))
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number after `ORD-`.
    pub fn number(&self) -> i64 {
        self.0[4..].bytes().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
    }
}

impl FromStr for OrderId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let digits = match text.split_at_checked(4) {
            Some((prefix, digits)) if prefix.eq_ignore_ascii_case("ORD-") => digits,
            _ => "",
        };
        if !(1..=18).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Invalid::new(format!(
                "{} is not an order id; write ORD- followed by 1 to 18 digits, for example ORD-101.",
                quoted(text)
            )));
        }
        Ok(Self(format!("ORD-{digits}")))
    }
}

impl TryFrom<String> for OrderId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<OrderId> for String {
    fn from(id: OrderId) -> Self {
        id.0
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl JsonSchema for OrderId {
    fn schema_name() -> Cow<'static, str> {
        "OrderId".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[Oo][Rr][Dd]-[0-9]{1,18}$",
            "description": "The id of an order, for example ORD-101.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_normalised_and_digits_are_kept() {
        for (text, id, number) in [
            ("ord-101", "ORD-101", 101),
            ("Ord-007", "ORD-007", 7),
            ("ORD-999999999999999999", "ORD-999999999999999999", OrderId::MAX_NUMBER),
        ] {
            let parsed: OrderId = text.parse().unwrap();
            assert_eq!((parsed.as_str(), parsed.number()), (id, number));
        }
    }

    #[test]
    fn anything_else_is_refused_with_an_example() {
        for text in [
            "",
            "101",
            "ORD-",
            "ORD101",
            "ORD-1a",
            "ORD--1",
            "ORD-1 ",
            " ORD-1",
            "ORD-١",
            "ORÐ-1",
            "ORD-1\0",
            "ORD-1' OR '1'='1",
            "ORD-1000000000000000000",
            "日本語",
        ] {
            let error = text.parse::<OrderId>().unwrap_err().to_string();
            assert!(error.contains("for example ORD-101"), "{error}");
        }
    }

    #[test]
    fn a_number_out_of_range_has_no_id() {
        assert_eq!(OrderId::from_number(105).unwrap().as_str(), "ORD-105");
        assert!(OrderId::from_number(-1).is_none());
        assert!(OrderId::from_number(OrderId::MAX_NUMBER + 1).is_none());
    }
}
