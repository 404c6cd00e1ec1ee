//! Tasks: a call that goes on after its answer; the extension `io.modelcontextprotocol/tasks`.
//!
//! <https://modelcontextprotocol.io/extensions/tasks/overview>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::input::{InputRequests, InputResponses};
use crate::jsonrpc::ErrorObject;
use crate::lifecycle::ResultType;

/// Id of the extension in `extensions` of both sides' capabilities; its settings are `{}`.
pub const EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// A task and, by its status, what it asks or how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// Names the task; whoever knows it may ask for the task.
    pub task_id: String,
    /// How it stands.
    pub status: TaskStatus,
    /// How it stands, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// When it began: an ISO 8601 time stamp.
    pub created_at: String,
    /// When it last changed: an ISO 8601 time stamp.
    pub last_updated_at: String,
    /// Milliseconds from its beginning that it is kept; always written, `null` for no limit.
    pub ttl_ms: Option<u64>,
    /// Milliseconds to wait between two looks at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll_interval_ms: Option<u64>,
    /// While `input_required`: what is asked, by keys that are never used again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_requests: Option<InputRequests>,
    /// Once `completed`: the result of the call, `isError` or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Map<String, Value>>,
    /// Once `failed`: the error of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
}

/// How a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TaskStatus {
    /// It runs.
    Working,
    /// It waits for answers.
    InputRequired,
    /// It ended with a result.
    Completed,
    /// It ended with an error.
    Failed,
    /// It was stopped.
    Cancelled,
}

impl TaskStatus {
    /// Whether the task has ended and changes no more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// A task as a result: of `tools/call` with type `task`, of `tasks/get` with type `complete`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskResult {
    /// What kind of result it is: not before 2026-07-28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// The task; its members stand beside the others.
    #[serde(flatten)]
    pub task: Task,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Parameters of `notifications/tasks`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskParams {
    /// The task; its members stand beside the others.
    #[serde(flatten)]
    pub task: Task,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Parameters of `tasks/get` and `tasks/cancel`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskIdParams {
    /// The task.
    pub task_id: String,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// Parameters of `tasks/update`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateTaskParams {
    /// The task.
    pub task_id: String,
    /// Answers to some or all of its questions, by key.
    pub input_responses: InputResponses,
    /// Open metadata.
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::icon::round_trip;

    fn task(status: &str, member: &str, payload: &Value) -> Value {
        let mut task = json!({
            "taskId": "t1", "status": status, "statusMessage": "m", "createdAt": "2026-07-28T10:00:00Z",
            "lastUpdatedAt": "2026-07-28T10:00:05Z", "ttlMs": 60000, "pollIntervalMs": 500
        });
        if !payload.is_null() {
            task[member] = payload.clone();
        }
        task
    }

    fn tasks() -> [Value; 5] {
        let asked = json!({"k": {"method": "roots/list", "params": {}}});
        [
            task("working", "", &Value::Null),
            task("input_required", "inputRequests", &asked),
            task("completed", "result", &json!({"resultType": "complete", "content": []})),
            task("failed", "error", &json!({"code": -32603, "message": "m", "data": {"k": 1}})),
            task("cancelled", "", &Value::Null),
        ]
    }

    #[test]
    fn a_task_shows_what_belongs_to_its_status() {
        let ended = tasks().map(|task| round_trip::<Task>(&task).status.is_final());
        assert_eq!(ended, [false, false, true, true, true]);
    }

    #[test]
    fn a_task_without_a_limit_says_so() {
        let sample = json!({
            "taskId": "t1", "status": "working", "createdAt": "2026-07-28T10:00:00Z",
            "lastUpdatedAt": "2026-07-28T10:00:00Z", "ttlMs": null
        });
        assert_eq!(round_trip::<Task>(&sample).ttl_ms, None);
    }

    #[test]
    fn a_result_and_a_notification_are_flat() {
        for mut task in tasks() {
            task["_meta"] = json!({"io.modelcontextprotocol/subscriptionId": 7});
            round_trip::<TaskParams>(&task);
            for kind in ["task", "complete"] {
                task["resultType"] = json!(kind);
                let result: TaskResult = round_trip(&task);
                assert_eq!(result.result_type.unwrap().as_str(), kind);
            }
        }
    }

    #[test]
    fn requests_name_their_task() {
        round_trip::<TaskIdParams>(&json!({"taskId": "t1", "_meta": {"progressToken": 1}}));
        round_trip::<UpdateTaskParams>(&json!({
            "taskId": "t1", "inputResponses": {"k": {"roots": []}, "unknown": 5}, "_meta": {"progressToken": 1}
        }));
        assert!(serde_json::from_str::<UpdateTaskParams>(r#"{"taskId":"t1"}"#).is_err());
    }
}
