//! Several instances of one server: run it twice or more, behind a proxy that sends each request to any of them.
//!
//! `REDIS_URL` names the Redis that they share, `LEDGER` a file that says what was done, and `TOOLWRIGHT_KEYS` the keys
//! that all of them have.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use toolwright::Redis;
use toolwright::prelude::*;

/// What was done, on whatever instance: a file here, a database elsewhere.
struct Ledger(PathBuf);

impl Ledger {
    async fn note(&self, what: &str, item: &str) -> Result {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0)?;
        Ok(file.write_all(format!("{what} {item}\n").as_bytes())?)
    }
}

/// Orders an item, and asks twice: each answer may come to another instance than the question came from.
#[tool]
async fn order(item: String, ledger: State<Ledger>, ctx: Context) -> Result<String> {
    ctx.step("reserve", ledger.note("reserve", &item)).await?;
    if !ctx.confirm(format!("Order {item}?")).await? {
        return Ok(format!("{item} was not ordered"));
    }
    ctx.step("pay", ledger.note("pay", &item)).await?;
    let wrapped = ctx.confirm(format!("Wrap {item}?")).await?;
    ctx.step("send", ledger.note("send", &item)).await?;
    Ok(format!("{item} is on its way, wrapped: {wrapped}"))
}

/// Bakes a cake, and asks in the midst of it. Whatever instance is asked how the task stands, or given the answer.
#[tool(task)]
async fn bake(cake: String, ctx: Context) -> Result<String> {
    let iced = ctx.confirm(format!("Icing on {cake}?")).await?;
    Ok(format!("{cake} is done, iced: {iced}"))
}

/// Says that there is more of an item: to the clients of all instances.
#[tool]
fn restock(item: String, ctx: &Context) -> String {
    ctx.resource_updated(format!("shelf://{item}"));
    format!("there is more {item}")
}

/// What is on a shelf.
#[resource("shelf://{item}")]
fn shelf(item: String) -> String {
    format!("some {item}")
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).map_err(|_| Error::msg(format!("{name} is not set")))
}

#[toolwright::main]
fn main() -> toolwright::Result {
    let redis = Redis::new(&variable("REDIS_URL")?, "replicas")?;
    let ledger = Ledger(variable("LEDGER")?.into());
    Server::new("replicas")
        .version(env!("CARGO_PKG_VERSION"))
        .tools(toolset![order, bake, restock, shelf])
        .state(ledger)
        .engine(redis)
        .run()
}
