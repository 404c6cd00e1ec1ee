//! The server that `tests/it/killed.rs` kills again and again: it keeps its tasks in the file `KEEPER_FILE`.

use std::time::Duration;

use toolwright::prelude::*;
use toolwright::tasks::SqliteTasks;

/// Says a text after so many milliseconds.
#[tool(task(required))]
async fn say(text: String, ms: u64, ctx: Context) -> String {
    ctx.progress(1.0, 2.0, "about to speak");
    tokio::time::sleep(Duration::from_millis(ms)).await;
    text
}

#[toolwright::main]
fn main() -> toolwright::Result {
    let file = std::env::var("KEEPER_FILE")?;
    Server::new("keeper").tools(toolset![say]).task_store(SqliteTasks::open(file, 100_000)?).run()
}
