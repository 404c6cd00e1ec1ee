//! The status of an order, and which status may follow which.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::invalid::{Invalid, quoted};

/// Where an order stands on its way to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE", try_from = "Cow<'_, str>")]
pub enum Status {
    /// Received; nothing has been charged yet.
    #[default]
    Pending,
    /// Paid and being packed.
    Processing,
    /// On its way.
    Shipped,
    /// In the customer's hands.
    Delivered,
    /// Stopped before it was shipped.
    Cancelled,
    /// Paid back after delivery.
    Refunded,
}

impl Status {
    /// Every status, in the order of an order's life.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Processing, Self::Shipped, Self::Delivered, Self::Cancelled, Self::Refunded];

    /// The upper-case name, such as `SHIPPED`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Processing => "PROCESSING",
            Self::Shipped => "SHIPPED",
            Self::Delivered => "DELIVERED",
            Self::Cancelled => "CANCELLED",
            Self::Refunded => "REFUNDED",
        }
    }

    /// The statuses that may follow this one.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Pending => &[Self::Processing, Self::Cancelled],
            Self::Processing => &[Self::Shipped, Self::Cancelled],
            Self::Shipped => &[Self::Delivered],
            Self::Delivered => &[Self::Refunded],
            Self::Cancelled | Self::Refunded => &[],
        }
    }

    /// Whether an order in this status may move to `next`.
    pub fn can_become(self, next: Self) -> bool {
        self.next().contains(&next)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Status {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|status| status.name().eq_ignore_ascii_case(text)).ok_or_else(|| {
            Invalid::new(format!(
                "{} is not a status; use one of {}.",
                quoted(text),
                Self::ALL.map(Self::name).join(", ")
            ))
        })
    }
}

impl TryFrom<Cow<'_, str>> for Status {
    type Error = Invalid;

    fn try_from(text: Cow<'_, str>) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl JsonSchema for Status {
    fn schema_name() -> Cow<'static, str> {
        "Status".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "enum": Self::ALL.map(Self::name),
            "description": "Where the order stands.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listed_transitions_are_legal() {
        use Status::{Cancelled, Delivered, Pending, Processing, Refunded, Shipped};
        let legal = [
            (Pending, Processing),
            (Pending, Cancelled),
            (Processing, Shipped),
            (Processing, Cancelled),
            (Shipped, Delivered),
            (Delivered, Refunded),
        ];
        for from in Status::ALL {
            for to in Status::ALL {
                assert_eq!(from.can_become(to), legal.contains(&(from, to)), "{from} -> {to}");
            }
        }
    }

    #[test]
    fn a_name_is_read_in_any_case_and_written_in_upper_case() {
        for status in Status::ALL {
            let name = status.name();
            for text in
                [name.to_owned(), name.to_lowercase(), format!("{}{}", &name[..1], name[1..].to_lowercase())]
            {
                assert_eq!(serde_json::from_value::<Status>(text.into()).unwrap(), status);
            }
            assert_eq!(serde_json::to_value(status).unwrap(), name);
        }
        let escaped: Status = serde_json::from_str("\"s\\u0068ipped\"").unwrap();
        assert_eq!(escaped, Status::Shipped);
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_list() {
        let error = "lost".parse::<Status>().unwrap_err().to_string();
        assert_eq!(
            error,
            "\"lost\" is not a status; use one of PENDING, PROCESSING, SHIPPED, DELIVERED, CANCELLED, REFUNDED."
        );
        for text in ["", " SHIPPED", "ſhipped", "SHIPPED\0"] {
            assert!(text.parse::<Status>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn its_schema_lists_the_upper_case_names() {
        let schema = schemars::schema_for!(Status).to_value();
        assert_eq!(schema["enum"], serde_json::json!(Status::ALL.map(Status::name)));
    }
}
