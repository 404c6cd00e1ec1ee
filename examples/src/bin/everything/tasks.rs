//! The tools whose calls become tasks.

use std::time::Duration;

use tokio::time::sleep;
use toolwright::prelude::*;
use toolwright::{Elicited, Toolset};

use crate::asking::Name;

pub(crate) fn tools() -> impl Toolset {
    toolset![
        greet,
        slow_compute,
        failing_job,
        protocol_error_job,
        confirm_delete,
        multi_input,
        test_tool_with_task,
    ]
}

/// Long enough to be seen at work.
const WHILE: Duration = Duration::from_secs(1);

/// Greets, at once
#[tool]
fn greet(name: String) -> String {
    format!("Hello, {name}!")
}

/// Takes its time
#[tool(task)]
async fn slow_compute(#[arg(range(0..=3600))] seconds: u64, #[arg(default)] label: Option<String>) -> String {
    sleep(Duration::from_secs(seconds)).await;
    format!("computed {} in {seconds} s", label.as_deref().unwrap_or("something"))
}

/// Fails after a while
#[tool(task(required))]
async fn failing_job() -> Result<String> {
    sleep(WHILE).await;
    Err(tool_error!("this job intentionally fails"))
}

/// Fails after a while as the protocol has it, not as a tool
#[tool(task)]
async fn protocol_error_job() -> Result<String> {
    sleep(WHILE).await;
    Err(toolwright::Error::missing_capability("clairvoyance"))
}

/// Asks before it deletes
#[tool(task)]
async fn confirm_delete(filename: String, ctx: Context) -> Result<String> {
    let deleted = ctx.confirm(format!("Delete {filename}?")).await?;
    Ok(if deleted { format!("{filename} deleted") } else { format!("{filename} kept") })
}

/// Asks two things at once
#[tool(task)]
async fn multi_input(ctx: Context) -> Result<String> {
    let first = ctx.elicit::<Name>("The first name?");
    let second = ctx.elicit::<Name>("The second name?");
    let (first, second) = tokio::try_join!(first, second)?;
    let name = |elicited: Elicited<Name>| elicited.accepted().map_or("nobody".into(), |Name { name }| name);
    Ok(format!("{} and {}", name(first), name(second)))
}

/// Asks first, and then takes its time
#[tool(task(required, deferred))]
async fn test_tool_with_task(ctx: Context) -> Result<String> {
    let asked = ctx.elicit::<Name>("What is your name?").named("user_name").await?;
    let Some(Name { name }) = asked.accepted() else {
        return Ok("Nobody waits.".into());
    };
    ctx.begin_task().await;
    sleep(WHILE).await;
    Ok(format!("Done for {name}."))
}
