//! Elicitation: a server asks the user, by a form or by a URL.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation>

pub mod form;

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value};

use self::form::FormSchema;

/// Parameters of `elicitation/create`.
///
/// A form is written without its `mode`, which 2025-06-18 does not have and later versions take for a form.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ElicitParams {
    /// Fill in a form: not before 2025-06-18.
    Form(ElicitFormParams),
    /// Open a URL: not before 2025-11-25.
    Url(ElicitUrlParams),
}

impl<'de> Deserialize<'de> for ElicitParams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Members {
            mode: Option<String>,
            message: String,
            requested_schema: Option<FormSchema>,
            url: Option<String>,
            elicitation_id: Option<String>,
            #[serde(rename = "_meta")]
            meta: Option<Map<String, Value>>,
        }
        let Members { mode, message, requested_schema, url, elicitation_id, meta } =
            Members::deserialize(deserializer)?;
        match mode.as_deref() {
            None | Some("form") => {
                let requested_schema =
                    requested_schema.ok_or_else(|| de::Error::missing_field("requestedSchema"))?;
                Ok(Self::Form(ElicitFormParams { message, requested_schema, meta }))
            }
            Some("url") => {
                let url = url.ok_or_else(|| de::Error::missing_field("url"))?;
                Ok(Self::Url(ElicitUrlParams { message, url, elicitation_id, meta }))
            }
            Some(other) => Err(de::Error::unknown_variant(other, &["form", "url"])),
        }
    }
}

/// A form to fill in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ElicitFormParams {
    /// What the user is asked.
    pub message: String,
    /// The fields of the form.
    pub requested_schema: FormSchema,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// A URL to open; it is written with `"mode": "url"`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(tag = "mode", rename = "url")]
pub struct ElicitUrlParams {
    /// Why the user should open it.
    pub message: String,
    /// The URL.
    pub url: String,
    /// Names the question: 2025-11-25 only, and required there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elicitation_id: Option<String>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Result of `elicitation/create`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ElicitResult {
    /// What the user did.
    pub action: ElicitAction,
    /// The values of an accepted form, by field: text, numbers, booleans or lists of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Map<String, Value>>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// What the user did with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ElicitAction {
    /// Sent the form, or agreed to open the URL.
    Accept,
    /// Said no.
    Decline,
    /// Went away without a choice.
    Cancel,
}

/// Parameters of `notifications/elicitation/complete`: 2025-11-25 only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ElicitationCompleteParams {
    /// The question that is settled.
    pub elicitation_id: String,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Data of the error -32042, which asks to open URLs first: 2025-11-25 only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UrlElicitationRequired {
    /// The URLs to open.
    pub elicitations: Vec<ElicitUrlParams>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::icon::round_trip;

    #[test]
    fn a_form_keeps_all_its_members() {
        let schema =
            json!({"type": "object", "properties": {"sure": {"type": "boolean"}}, "required": ["sure"]});
        let params = json!({"message": "Are you?", "requestedSchema": schema, "_meta": {"k": 1}});
        assert!(matches!(round_trip(&params), ElicitParams::Form(_)));
    }

    #[test]
    fn a_mode_may_be_left_out_of_a_form_only() {
        let form = r#"{"mode":"form","message":"m","requestedSchema":{"type":"object","properties":{}}}"#;
        let form = serde_json::to_value(serde_json::from_str::<ElicitParams>(form).unwrap()).unwrap();
        assert_eq!(form, json!({"message": "m", "requestedSchema": {"type": "object", "properties": {}}}));
        for text in [
            r#"{"message":"m","url":"a:b"}"#,
            r#"{"mode":"url","message":"m"}"#,
            r#"{"mode":"x","message":"m"}"#,
        ] {
            assert!(serde_json::from_str::<ElicitParams>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_url_says_its_mode() {
        let url =
            json!({"mode": "url", "message": "Sign in", "url": "https://example.com/", "_meta": {"k": 1}});
        assert!(matches!(round_trip(&url), ElicitParams::Url(_)));
        let old = json!({"mode": "url", "message": "Sign in", "url": "https://example.com/", "elicitationId": "e1"});
        round_trip::<ElicitParams>(&old);
        round_trip::<UrlElicitationRequired>(&json!({"elicitations": [old]}));
        round_trip::<ElicitationCompleteParams>(&json!({"elicitationId": "e1", "_meta": {"k": 1}}));
    }

    #[test]
    fn an_answer_keeps_all_its_members() {
        round_trip::<ElicitResult>(&json!({
            "action": "accept", "content": {"a": "x", "b": 2, "c": true, "d": ["r"]}, "_meta": {"k": 1}
        }));
        round_trip::<ElicitResult>(&json!({"action": "accept", "content": {"share": 1.5}}));
        for action in ["decline", "cancel"] {
            round_trip::<ElicitResult>(&json!({"action": action}));
        }
    }
}
