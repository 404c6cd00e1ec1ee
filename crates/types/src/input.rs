//! Questions inside a result: what a server needs to know before it can answer, since 2026-07-28.
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr>

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value};

use crate::elicitation::{ElicitParams, ElicitResult};
use crate::lifecycle::EmptyParams;
use crate::roots::ListRootsResult;
use crate::sampling::{CreateMessageParams, CreateMessageResult};

/// Result that asks instead of answering; it is written with `"resultType": "input_required"`.
///
/// At least one of `input_requests` and `request_state` must be there. Reading does not check the
/// type: a reader looks at `resultType` first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(tag = "resultType", rename = "input_required")]
pub struct InputRequiredResult {
    /// The questions, by a key for the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_requests: Option<InputRequests>,
    /// What the client sends back as it is: sealed by the server, opaque to the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_state: Option<String>,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Questions, by a key for the answer.
pub type InputRequests = BTreeMap<String, InputRequest>;

/// Answers by the key of their question, as they came: keys that nobody asked for are to be ignored,
/// so each answer is read as an [`InputResponse`] only when its question is known.
pub type InputResponses = Map<String, Value>;

/// A question: method and parameters of what was a request of the server in legacy versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", from = "Question")]
#[non_exhaustive]
pub enum InputRequest {
    /// Ask the user.
    #[serde(rename = "elicitation/create")]
    Elicit(ElicitParams),
    /// Ask the model.
    #[serde(rename = "sampling/createMessage")]
    CreateMessage(Box<CreateMessageParams>),
    /// List the roots.
    #[serde(rename = "roots/list")]
    ListRoots(EmptyParams),
}

/// [`InputRequest`] as it may come: `roots/list` need not have parameters.
#[derive(Deserialize)]
#[serde(tag = "method", content = "params")]
enum Question {
    #[serde(rename = "elicitation/create")]
    Elicit(ElicitParams),
    #[serde(rename = "sampling/createMessage")]
    CreateMessage(Box<CreateMessageParams>),
    #[serde(rename = "roots/list")]
    ListRoots(Option<EmptyParams>),
}

impl From<Question> for InputRequest {
    fn from(question: Question) -> Self {
        match question {
            Question::Elicit(params) => Self::Elicit(params),
            Question::CreateMessage(params) => Self::CreateMessage(params),
            Question::ListRoots(params) => Self::ListRoots(params.unwrap_or_default()),
        }
    }
}

/// An answer: the bare result, told by the member that only its kind has.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum InputResponse {
    /// What the user did: it has `action`.
    Elicit(ElicitResult),
    /// What the model said: it has `model`.
    CreateMessage(CreateMessageResult),
    /// The roots: it has `roots`.
    ListRoots(ListRootsResult),
}

impl<'de> Deserialize<'de> for InputResponse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Map::<String, Value>::deserialize(deserializer)?;
        let (action, model) = (members.contains_key("action"), members.contains_key("model"));
        let (roots, value) = (members.contains_key("roots"), Value::Object(members));
        match (action, model, roots) {
            (true, false, false) => serde_json::from_value(value).map(Self::Elicit),
            (false, true, false) => serde_json::from_value(value).map(Self::CreateMessage),
            (false, false, true) => serde_json::from_value(value).map(Self::ListRoots),
            _ => return Err(de::Error::custom("an answer has one of `action`, `model` and `roots`")),
        }
        .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::icon::round_trip;

    fn form() -> Value {
        json!({
            "method": "elicitation/create",
            "params": {
                "message": "Who?", "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}}}
            }
        })
    }

    fn sample() -> Value {
        json!({
            "method": "sampling/createMessage",
            "params": {"messages": [{"role": "user", "content": {"type": "text", "text": "hi"}}], "maxTokens": 5}
        })
    }

    #[test]
    fn a_question_is_told_by_its_method() {
        assert!(matches!(round_trip(&form()), InputRequest::Elicit(ElicitParams::Form(_))));
        let url = json!({
            "method": "elicitation/create", "params": {"mode": "url", "message": "Sign in", "url": "https://e.com/"}
        });
        assert!(matches!(round_trip(&url), InputRequest::Elicit(ElicitParams::Url(_))));
        assert!(matches!(round_trip(&sample()), InputRequest::CreateMessage(_)));
        let roots = json!({"method": "roots/list", "params": {"_meta": {"k": 1}}});
        assert!(matches!(round_trip(&roots), InputRequest::ListRoots(_)));
        assert!(serde_json::from_str::<InputRequest>(r#"{"method":"ping","params":{}}"#).is_err());
    }

    #[test]
    fn roots_may_be_asked_for_without_parameters() {
        let question: InputRequest = serde_json::from_str(r#"{"method":"roots/list"}"#).unwrap();
        assert_eq!(serde_json::to_value(question).unwrap(), json!({"method": "roots/list", "params": {}}));
        assert!(serde_json::from_str::<InputRequest>(r#"{"method":"elicitation/create"}"#).is_err());
    }

    #[test]
    fn parameters_may_stand_before_the_method() {
        let text =
            r#"{"params":{"mode":"url","message":"m","url":"https://e.com/"},"method":"elicitation/create"}"#;
        assert!(matches!(serde_json::from_str(text).unwrap(), InputRequest::Elicit(ElicitParams::Url(_))));
    }

    #[test]
    fn a_result_asks_any_number_of_questions() {
        round_trip::<InputRequiredResult>(&json!({
            "resultType": "input_required", "inputRequests": {"who": form(), "what": sample()}, "requestState": "s",
            "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "s", "version": "1"}}
        }));
        round_trip::<InputRequiredResult>(&json!({"resultType": "input_required", "requestState": "s"}));
    }

    #[test]
    fn an_answer_is_told_by_its_members() {
        let form = json!({"action": "accept", "content": {"name": "Ada"}});
        assert!(matches!(round_trip(&form), InputResponse::Elicit(_)));
        let said = json!({"role": "assistant", "content": {"type": "text", "text": "hi"}, "model": "m"});
        assert!(matches!(round_trip(&said), InputResponse::CreateMessage(_)));
        assert!(matches!(round_trip(&json!({"roots": []})), InputResponse::ListRoots(_)));
        for text in ["{}", "null", r#"{"action":"accept","roots":[]}"#, r#"{"action":"maybe"}"#] {
            assert!(serde_json::from_str::<InputResponse>(text).is_err(), "{text}");
        }
    }
}
