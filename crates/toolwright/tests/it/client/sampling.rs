//! Tools that ask a model, and let it choose among tools (rule S80).

use serde_json::json;
use toolwright::Service;
use toolwright::client::ErrorObject;
use toolwright::prelude::*;
use toolwright::types::sampling::{
    CreateMessageParams, CreateMessageResult, SamplingContent, StopReason, ToolChoice, ToolChoiceMode,
};
use toolwright::types::tools::Tool as Offered;
use toolwright::types::version::ProtocolVersion;

use super::ways;
use crate::peer::{Peer, modern};

/// Lets a model choose what to call.
#[tool]
async fn choose(ctx: Context) -> Result<String> {
    let mut question = CreateMessageParams::text("Is it raining in Berlin?", 100);
    question.tools = Some(vec![Offered { name: "weather".into(), ..Offered::default() }]);
    question.tool_choice = Some(ToolChoice { mode: Some(ToolChoiceMode::Required) });
    let answer = ctx.sample(question).await?;
    let called = answer.content.as_slice().iter().map(|block| match block {
        SamplingContent::ToolUse(call) => format!("{} in {}", call.name, call.input["city"]),
        other => format!("{other:?}"),
    });
    let called: Vec<_> = called.collect();
    Ok(format!("{} ({})", called.join(", "), answer.stop_reason.as_ref().map_or("?", StopReason::as_str)))
}

fn service() -> Service {
    Server::new("sampling").tools(toolset![choose]).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_model_chooses_among_tools() {
    for (options, version) in
        ways().into_iter().filter(|(_, version)| *version >= ProtocolVersion::LATEST_LEGACY)
    {
        let options = options.on_sample(|params: CreateMessageParams| {
            let offered = params.tools.unwrap_or_default();
            assert_eq!(offered.iter().map(|tool| &*tool.name).collect::<Vec<_>>(), ["weather"]);
            assert_eq!(params.tool_choice.unwrap().mode, Some(ToolChoiceMode::Required));
            let call = json!({"type": "tool_use", "id": "1", "name": "weather", "input": {"city": "Berlin"}});
            let answer =
                json!({"role": "assistant", "content": [call], "model": "m", "stopReason": "toolUse"});
            async move { Ok::<CreateMessageResult, ErrorObject>(serde_json::from_value(answer).unwrap()) }
        });
        let client = options.connect(service()).await.unwrap();
        let said: String = client.call("choose", json!({})).await.unwrap();
        assert_eq!(said, "weather in \"Berlin\" (toolUse)", "{version}");
    }
}

/// A client that asks a model, but offers it no tools, is told what is missing.
#[tokio::test(start_paused = true)]
async fn a_client_without_tools_for_models_is_told_so() {
    let mut peer = Peer::new(&service());
    let meta = json!({"io.modelcontextprotocol/clientCapabilities": {"sampling": {}}});
    let answer =
        peer.ask(modern(1, "tools/call", json!({"name": "choose", "arguments": {}, "_meta": meta}))).await;
    assert_eq!(answer["error"]["code"], -32021, "{answer}");
    assert_eq!(answer["error"]["data"]["requiredCapabilities"], json!({"sampling": {"tools": {}}}));
}
