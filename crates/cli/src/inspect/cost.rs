//! What tools cost a model before it calls any: an estimate.

use serde_json::json;
use toolwright::types::tools::Tool;

/// How the estimate is made, for who reads it.
pub(super) const HOW: &str =
    "estimated: name, description and input schema as compact JSON, one token for every 4 bytes";

const BYTES_PER_TOKEN: usize = 4;

/// The tokens of each tool, in their order.
pub(super) fn of(tools: &[Tool]) -> Vec<usize> {
    let told = |tool: &Tool| {
        json!({"name": tool.name, "description": tool.description, "input_schema": tool.input_schema})
            .to_string()
    };
    tools.iter().map(|tool| told(tool).len().div_ceil(BYTES_PER_TOKEN)).collect()
}
