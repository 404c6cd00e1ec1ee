//! The customer's e-mail address, checked for shape only.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::invalid::{Invalid, quoted};

/// An e-mail address of plausible shape, kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refuse = |why: &str| {
            let shown = quoted(text);
            Err(Invalid::new(format!(
                "{shown} is not an e-mail address: {why}. Write it like alice@example.com."
            )))
        };
        if text.len() > 254 {
            return refuse("it is longer than 254 characters");
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return refuse("it contains a space or a control character");
        }
        let Some((local, domain)) = text.split_once('@') else {
            return refuse("it has no @");
        };
        if domain.contains('@') {
            return refuse("it has more than one @");
        }
        if local.is_empty() || local.len() > 64 {
            return refuse("the part before @ must have 1 to 64 characters");
        }
        if local.starts_with('.') || local.ends_with('.') {
            return refuse("the part before @ begins or ends with a dot");
        }
        if !domain.contains('.') || domain.split('.').any(str::is_empty) {
            return refuse("the part after @ must be a domain with a dot between its names");
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Email {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl JsonSchema for Email {
    fn schema_name() -> Cow<'static, str> {
        "Email".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "email",
            "description": "An e-mail address, for example alice@example.com.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plausible_addresses_are_kept_as_written() {
        let long = format!("{}@{}.example", "a".repeat(64), "b".repeat(181));
        assert_eq!(long.len(), 254);
        for text in ["alice@example.com", "o'Brien+x%_@Sub.Example.co", "grüße@exämple.de", &long] {
            assert_eq!(text.parse::<Email>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn implausible_addresses_are_refused() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long = format!("{}@{}.example", "a".repeat(64), "b".repeat(182));
        for text in [
            "",
            "alice",
            "@example.com",
            "alice@",
            "alice@com",
            "a@b@c.com",
            "a b@example.com",
            "a@exa mple.com",
            "a\0@example.com",
            "a@example.com\n",
            ".a@example.com",
            "a.@example.com",
            "a@.example.com",
            "a@example.com.",
            "a@example..com",
            "a\u{a0}b@example.com",
            &long_local,
            &long,
        ] {
            let error = text.parse::<Email>().unwrap_err().to_string();
            assert!(error.ends_with("Write it like alice@example.com."), "{error}");
        }
    }

    #[test]
    fn a_huge_address_makes_a_short_message() {
        let text = "a".repeat(100_000);
        let error = serde_json::from_value::<Email>(text.into()).unwrap_err().to_string();
        assert!(error.len() < 300);
    }
}
