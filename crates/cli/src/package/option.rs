//! What a person is asked when a bundle is installed.

use std::str::FromStr;

use serde_json::{Value, json};

/// The types that a bundle knows.
const TYPES: [&str; 5] = ["string", "number", "boolean", "directory", "file"];

/// One option, as `KEY=TYPE[,required][,sensitive][,default=VALUE]` says it.
#[derive(Debug, Clone)]
pub(super) struct UserOption {
    pub(super) key: String,
    kind: String,
    is_required: bool,
    is_sensitive: bool,
    default: Option<Value>,
}

impl FromStr for UserOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("{why}; write KEY=TYPE, such as `db=file,required`");
        let (key, rest) = text.split_once('=').ok_or_else(|| wrong("there is no `=`"))?;
        if key.is_empty() || !key.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            return Err(wrong("a key has letters, digits and `_`"));
        }
        let mut parts = rest.split(',');
        let kind = parts.next().unwrap_or_default();
        if !TYPES.contains(&kind) {
            return Err(wrong(&format!("`{kind}` is none of {}", TYPES.join(", "))));
        }
        let mut option = Self {
            key: key.into(),
            kind: kind.into(),
            is_required: false,
            is_sensitive: false,
            default: None,
        };
        for part in parts {
            match part.split_once('=') {
                None if part == "required" => option.is_required = true,
                None if part == "sensitive" => option.is_sensitive = true,
                Some(("default", value)) => {
                    let read = read(kind, value).ok_or_else(|| wrong(&format!("`{value}` is no {kind}")))?;
                    option.default = Some(read);
                }
                _ => return Err(wrong(&format!("`{part}` is not known"))),
            }
        }
        Ok(option)
    }
}

fn read(kind: &str, value: &str) -> Option<Value> {
    match kind {
        "number" => serde_json::from_str(value).ok().filter(Value::is_number),
        "boolean" => value.parse().ok().map(Value::Bool),
        _ => Some(value.into()),
    }
}

impl UserOption {
    /// How a manifest refers to its value.
    pub(super) fn reference(&self) -> String {
        format!("${{user_config.{}}}", self.key)
    }

    /// What the manifest says of it.
    pub(super) fn described(&self) -> Value {
        let title = self.key.replace('_', " ");
        let mut said = json!({
            "type": self.kind, "title": title, "description": format!("The {title} of the server"),
            "required": self.is_required, "sensitive": self.is_sensitive
        });
        if let Some(default) = &self.default {
            said["default"] = default.clone();
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_says_its_type_and_what_holds_for_it() {
        let option: UserOption = "max_rows=number,required,default=5".parse().unwrap();
        let said = option.described();
        assert_eq!(
            (&said["type"], &said["required"], &said["default"]),
            (&json!("number"), &json!(true), &json!(5))
        );
        assert_eq!(option.reference(), "${user_config.max_rows}");
        for wrong in
            ["db", "db=path", "d b=file", "db=file,needed", "n=number,default=x", "b=boolean,default=1"]
        {
            assert!(wrong.parse::<UserOption>().unwrap_err().contains("KEY=TYPE"), "{wrong}");
        }
    }
}
