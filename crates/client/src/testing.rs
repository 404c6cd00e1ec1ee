//! What tests of a server need.
//!
//! A server in the same process is a [`Target`] like any other: no port, no process, no file.
//!
//! ```
//! use toolwright::prelude::*;
//! use toolwright::Client;
//!
//! /// Adds two numbers.
//! #[tool]
//! fn add(a: i64, b: i64) -> i64 {
//!     a + b
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> toolwright::Result {
//! let client = Client::connect(Server::new("sums").tools(toolset![add])).await?;
//! assert_eq!(client.call::<i64>("add", serde_json::json!({"a": 1, "b": 2})).await?, 3);
//! # Ok(())
//! # }
//! ```
//!
//! The attribute `#[toolwright::test]` runs a test in every version of the protocol, [`schema`] says all that a server
//! offers, to keep as a snapshot, and a [`Replay`] holds a server to what it said before.

mod replay;

use serde_json::{Value, json};
use tokio::runtime::Builder;
use toolwright_types::version::ProtocolVersion;

use crate::client::Client;
use crate::error::Result;
use crate::target::Target;

pub use replay::{Difference, Replay};

/// What `#[toolwright::test]` calls for each version.
///
/// # Panics
///
/// When the server cannot be connected to: the test has failed then.
#[doc(hidden)]
pub fn run<R>(version: ProtocolVersion, target: impl Into<Target>, test: impl AsyncFnOnce(Client) -> R) -> R {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime for a test: {error}"));
    runtime.block_on(async {
        let client = Client::options().name("test", "0.0.0").version(version).connect(target).await;
        let client = client.unwrap_or_else(|error| panic!("no client in {version}: {error}"));
        let ended = test(client.clone()).await;
        client.close().await;
        ended
    })
}

/// All that a server offers, in the newest version: JSON text that changes only when that does.
///
/// Compare it with a snapshot, such as of the crate `insta`, and no change of a tool's schema goes unseen. The server's
/// own version is left out.
///
/// ```
/// use toolwright::prelude::*;
/// use toolwright::testing;
///
/// /// Adds two numbers.
/// #[tool]
/// fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// let schema = testing::schema(Server::new("sums").tools(toolset![add]));
/// assert!(schema.contains("Adds two numbers."));
/// // insta::assert_snapshot!(schema);
/// ```
///
/// # Panics
///
/// When the server cannot be built, or does not answer.
pub fn schema(server: impl Into<Target>) -> String {
    let target = server.into();
    // A thread of its own: whoever calls this may be on a runtime already, which must not wait.
    let listed = std::thread::spawn(move || run(ProtocolVersion::LATEST, target, listed)).join();
    match listed {
        Ok(Ok(all)) => format!("{all:#}"),
        Ok(Err(error)) => panic!("the server cannot be listed: {error}"),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

async fn listed(client: Client) -> Result<Value> {
    let facts = client.server();
    let (mut all, has) = (json!({}), &facts.capabilities);
    if let Some(instructions) = &facts.instructions {
        all["instructions"] = json!(instructions);
    }
    if has.tools.is_some() {
        all["tools"] = json!(client.list_tools().await?);
    }
    if has.resources.is_some() {
        all["resources"] = json!(client.list_resources().await?);
        all["resourceTemplates"] = json!(client.list_resource_templates().await?);
    }
    if has.prompts.is_some() {
        all["prompts"] = json!(client.list_prompts().await?);
    }
    Ok(all)
}
