//! A framework for [Model Context Protocol](https://modelcontextprotocol.io) servers: a documented function becomes a
//! tool that Claude, GPT or an IDE can call.
//!
//! ```no_run
//! use toolwright::prelude::*;
//!
//! /// Greets a person.
//! #[tool]
//! fn greet(/// Who to greet.
//!          name: String) -> String {
//!     format!("Hello, {name}!")
//! }
//!
//! fn main() -> toolwright::Result {
//!     Server::new("hello").tools(toolset![greet]).run()
//! }
//! ```
//!
//! - The arguments stand in the signature; a `///` on one is its description. An annotated function stays an
//!   ordinary function, to be called and tested as such.
//! - Sync and async functions serve side by side. A sync one that proves slow is moved to a thread of its own; async
//!   ones run on a tokio runtime that [`Server::run`] makes (one thread, timers and IO enabled).
//! - Any [`std::error::Error`] with `?`: it is logged under a reference, and the model sees only the reference. What the
//!   model should read is said with [`tool_error!`], what only the log should with [`Error::msg`].
//! - Anything serialisable can be returned; the client gets it as its version of the protocol can take it. The same
//!   program speaks all versions from 2024-11-05 to 2026-07-28.
//! - `println!` cannot corrupt the protocol: standard output is claimed before anything can print.
//!
//! State is a value whose methods are tools:
//!
//! ```
//! use std::sync::atomic::{AtomicI64, Ordering};
//! use toolwright::prelude::*;
//!
//! #[derive(Default)]
//! struct Counter {
//!     value: AtomicI64,
//! }
//!
//! #[tools]
//! impl Counter {
//!     /// Adds to the counter and tells its new value.
//!     #[tool]
//!     fn add(&self, #[arg(default = 1, range(1..=100))] amount: i64) -> i64 {
//!         self.value.fetch_add(amount, Ordering::Relaxed) + amount
//!     }
//!
//!     /// The counter's value.
//!     #[resource("counter://value")]
//!     async fn value(&self) -> String {
//!         self.value.load(Ordering::Relaxed).to_string()
//!     }
//! }
//!
//! # fn main() -> toolwright::Result {
//! assert_eq!(Counter::default().add(3), 3);
//! let service = Server::new("counter").tools(Counter::default()).build()?;
//! # let _ = service;
//! # Ok(())
//! # }
//! ```
//!
//! # Tests
//!
//! Call the function: [`State::new`] and [`Context::detached`] stand in for what the server gives, and
//! [`Error::is_shown`] tells whether the model would read an error. Defaults, ranges and timeouts hold for calls of a
//! client only. `Server::new("x").tools(…).build()` tells whether everything fits together, such as a URI template and
//! its parameters. With the feature `testing`, `toolwright::test` runs a test in every version of the protocol, and the
//! module `testing` keeps an eye on schemas and on recorded conversations.
//!
//! Where to go on: [`tool`] and [`tools`] for what the attributes can say, [`Context`] for progress, log messages and
//! cancellation, [`Http`] for the other transport, [`Server`] for the server itself, [`Limits`] for what a peer can make it spend.

#[cfg(feature = "testing")]
pub use toolwright_client::testing;
#[cfg(feature = "client")]
pub use toolwright_client::{self as client, Client};
pub use toolwright_core::change::{Change, Changes};
pub use toolwright_core::component::{Component, Prompt, Resource, Template, Tool, Toolset};
pub use toolwright_core::context::{Context, Elicited, Question, State};
pub use toolwright_core::error::{BoxError, Error, MissingCapability, NotFound, Result, ToolError};
pub use toolwright_core::extension;
pub use toolwright_core::output::{Audio, File, Image, Json, Message, ToolOutput};
pub use toolwright_core::probe::{Args, Extract};
pub use toolwright_core::task::TaskSupport;
pub use toolwright_core::{Cache, InvalidCatalog, tool_error, toolset};
#[cfg(feature = "apps")]
pub use toolwright_extensions::apps;
#[cfg(feature = "skills")]
pub use toolwright_extensions::skills;
#[cfg(feature = "http")]
pub use toolwright_server::http::{Endpoint, Http, HttpServer, Legacy, Principal};
pub use toolwright_server::{KeyRing, Limits, Server, Service, engine, sessions};
#[cfg(feature = "redis")]
pub use toolwright_stores::Redis;
pub use toolwright_types as types;

/// Makes a function a tool.
///
/// The function's doc comment, up to its first heading, tells the model when to use the tool. Parameters are
/// arguments, but for those that the server gives: [`Context`], [`State<T>`](State), [`Args<T>`](Args) and types that
/// implement [`Extract`].
///
/// | option | what it does |
/// | --- | --- |
/// | `name = "…"` | the name, if it is not the function's |
/// | `title = "…"`, `description = "…"`, `icon = "…"` | for people; the description instead of the doc comment |
/// | `read_only`, `destructive`, `idempotent`, `open_world` | hints, each also `= false` |
/// | `timeout = "30s"` | the longest a call may take: seconds, or text with `ms`, `s`, `m`, `h` |
/// | `blocking`, `inline` | where a sync function runs, if not by its own speed |
/// | `strict` | `"10"` is no integer |
/// | `ui = "ui://…"` | shows results in this page, where the client can: see `apps` |
/// | `task`, `task(required)`, `task(deferred)` | a call becomes a task, for clients that know tasks: see [`tasks`] |
/// | `no_output_schema` | do not announce what is returned |
/// | `crate = path` | where Toolwright is, if it was renamed |
/// | `tags("a", "b")`, `meta("example.com/key" = "value")` | for programs, in `_meta` |
///
/// Text is returned as text; a type with `Serialize` and `JsonSchema` as structured content with a schema, without
/// `JsonSchema` as structured content alone; `()` as nothing: return a sentence if the model should know that it worked.
/// [`ToolOutput`] says everything.
///
/// `#[arg(…)]` on a parameter:
///
/// | option | what it does |
/// | --- | --- |
/// | `default`, `default = value` | the argument may be left out |
/// | `range(1..=500)`, `multiple_of = 5` | bounds of a number |
/// | `length(1..=80)`, `pattern = "^ORD-"`, `format = "email"` | of a string; `length` also of a list |
/// | `header = "Tenant"` | over HTTP the value is mirrored in this header |
/// | `rename = "…"`, `description = "…"`, `example = value` | how it is announced |
/// | `complete = function` | suggestions while a person types: `async fn(&self, typed: &str) -> Vec<String>` |
///
/// ```
/// use toolwright::prelude::*;
///
/// /// Orders in one status, newest first. Use it when the user asks what is open, shipped or late.
/// #[tool(read_only, timeout = "5s")]
/// async fn list_orders(
///     /// Such as `open`.
///     #[arg(length(1..=20))]
///     status: String,
///     #[arg(default = 50, range(1..=500))] limit: u32,
///     ctx: &Context,
/// ) -> Result<Vec<String>> {
///     ctx.info(format!("looking for {limit} orders"));
///     if status == "lost" {
///         return Err(tool_error!("no order is ever lost; try `late`"));
///     }
///     Ok(vec![])
/// }
/// # let _ = toolset![list_orders];
/// ```
pub use toolwright_macros::tool;

/// Makes the methods of a value tools, resources and prompts.
///
/// It stands on an impl block; the methods carry [`tool`](macro@tool), [`resource`](macro@resource) or
/// [`prompt`](macro@prompt) and take `&self`: all calls share the value, which need not be `Clone`. Other methods are
/// left alone.
///
/// Methods may be spread over several blocks and files: each other block is a named part, and the main one lists them.
///
/// ```
/// use toolwright::prelude::*;
///
/// struct Shop;
///
/// #[tools(with(refunds))]
/// impl Shop {
///     /// What is sold.
///     #[tool(read_only)]
///     fn list_goods(&self) -> Vec<String> {
///         vec!["kettle".into()]
///     }
/// }
///
/// #[tools(part = refunds)]
/// impl Shop {
///     /// Whether a thing can be given back.
///     #[tool(read_only)]
///     fn can_return(&self, name: &str) -> bool {
///         name == "kettle"
///     }
/// }
///
/// # fn main() -> toolwright::Result {
/// Server::new("shop").tools(Shop).build()?;
/// # Ok(())
/// # }
/// ```
pub use toolwright_macros::tools;

/// Makes a function a resource: `#[resource("orders://summary")]`, or a family of them:
/// `#[resource("orders://{order_id}")]`.
///
/// The variables of the URI template ([RFC 6570](https://www.rfc-editor.org/rfc/rfc6570)) are the function's
/// parameters. Values that would climb out of a path (`..`, an absolute path, NUL) do not match. Text, bytes and
/// anything serialisable can be returned; [`Error::not_found`] says that there is no such resource.
///
/// Options are those of [`tool`](macro@tool) that describe, `mime_type = "…"`, and how long a client may keep the
/// contents ([`Cache`]): `ttl = "60s"` for itself, `ttl = "60s", public` for everyone. What takes a [`Context`] may depend
/// on who asks, and is never public.
///
/// ```
/// use toolwright::prelude::*;
///
/// /// One order.
/// #[resource("orders://{order_id}", mime_type = "application/json")]
/// async fn order(order_id: String) -> Result<Json<Vec<String>>> {
///     Err(Error::not_found(format!("order {order_id}")))
/// }
/// # let _ = toolset![order];
/// ```
pub use toolwright_macros::resource;

/// Makes a function a prompt: messages made from a few arguments, for a person to start from.
///
/// A `String` is one message of the user; [`Message`] and `Vec<Message>` say more. Options are those of
/// [`tool`](macro@tool) that describe.
///
/// ```
/// use toolwright::prelude::*;
///
/// /// Drafts the answer to a refund request.
/// #[prompt]
/// fn refund_reply(/// Such as ORD-101.
///                 order_id: String) -> Vec<Message> {
///     vec![Message::user(format!("Draft a friendly answer about the refund of {order_id}."))]
/// }
/// # let _ = toolset![refund_reply];
/// ```
pub use toolwright_macros::prompt;

/// Claims standard input and output before the first line of `main`, so that nothing the program opens can print into
/// the protocol.
///
/// [`Server::run`] claims them too, but what runs before it may have printed already. On an `async fn main` it also
/// makes the runtime; the server is then awaited: `Server::new("quiet").build()?.serve_stdio().await`.
///
/// ```no_run
/// use toolwright::prelude::*;
///
/// #[toolwright::main]
/// fn main() -> toolwright::Result {
///     println!("goes to standard error");
///     Server::new("quiet").run()
/// }
/// ```
pub use toolwright_macros::main;

/// Runs a test in every version of the protocol, with a client of the server that it names.
///
/// The server is anything that a client can connect to; it is made anew for each version. A test named `adds` becomes
/// `adds::v2026_07_28` and so on down to the oldest version: what fails says in which, and each can be run alone. (A
/// function that calls a closure for each version would say neither.)
///
/// ```
/// use toolwright::prelude::*;
/// use toolwright::Client;
///
/// /// Adds two numbers.
/// #[tool]
/// fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// fn server() -> Server {
///     Server::new("sums").tools(toolset![add])
/// }
///
/// #[toolwright::test(server())]
/// async fn adds(client: Client) -> toolwright::Result {
///     let sum: i64 = client.call("add", serde_json::json!({"a": 1, "b": 2})).await?;
///     assert_eq!(sum, 3);
///     Ok(())
/// }
/// # fn main() {}
/// ```
#[cfg(feature = "testing")]
pub use toolwright_macros::test;

pub mod tasks {
    //! Calls that go on as tasks: kept in a store, worked on whatever becomes of the connection that began them.
    //!
    //! `#[tool(task)]` makes the calls of a tool tasks, for clients that declare the extension
    //! `io.modelcontextprotocol/tasks`: they get an id at once, and ask for the rest with it. What the handler asks goes to
    //! the task's client while the handler waits. For all other clients it is an ordinary call, and `#[tool(task(required))]`
    //! refuses them. With `#[tool(task(deferred))]` a call becomes a task where its handler awaits
    //! [`Context::begin_task`](crate::Context::begin_task).
    //!
    //! ```
    //! use toolwright::prelude::*;
    //!
    //! # async fn bind(year: u16) -> Result<String> { Ok(String::new()) }
    //! /// Prints the orders of a year.
    //! #[tool(task)]
    //! async fn print_orders(year: u16, ctx: Context) -> Result<String> {
    //!     let with_prices = ctx.confirm("With prices?").await?;
    //!     Ok(format!("{} (prices: {with_prices})", bind(year).await?))
    //! }
    //! # let _ = toolset![print_orders];
    //! ```
    //!
    //! What the handler says with [`Context::progress`](crate::Context::progress) is the task's status message, which is
    //! changed once a second at most.
    //!
    //! A task lives as long as [`Limits::task_ttl`](crate::Limits) from its beginning, or its tool's `timeout`. How it stands
    //! is kept in a store: [`MemoryTasks`], unless [`Server::task_store`](crate::Server::task_store) gives another. With the
    //! feature `sqlite` there is `SqliteTasks`, a file that outlives the process.
    //!
    //! A task whose process is gone has failed: whoever asks for it is told so once the process has not been heard of for 30
    //! seconds, and whoever listens for it, 10 seconds later at most.

    pub use toolwright_server::tasks::{MemoryTasks, Stored, TaskRecord, TaskStore};
    #[cfg(feature = "sqlite")]
    pub use toolwright_stores::SqliteTasks;
}

/// What most programs use: `use toolwright::prelude::*;`.
///
/// `#[derive(Serialize, Deserialize, JsonSchema)]` needs `serde` (with its feature `derive`) and `schemars` 1 in your own
/// `Cargo.toml`.
pub mod prelude {
    pub use crate::{
        Args, Audio, Context, Error, File, Image, Json, Message, Result, Server, State, ToolError,
        ToolOutput, prompt, resource, tool, tool_error, tools, toolset,
    };
    pub use schemars::JsonSchema;
    pub use serde::{Deserialize, Serialize};
}

/// What the macros write calls to: no promise is made for anything in here.
#[doc(hidden)]
pub mod __private {
    pub use toolwright_core::Cache;
    pub use toolwright_core::completion::{Completer, Typed, suggestions};
    pub use toolwright_core::component::{Component, Define, Prompt, Provide, Resource, Template, Tool};
    pub use toolwright_core::handler::{Pace, future, sync};
    pub use toolwright_core::input::{Arg, Input, InputSpec};
    pub use toolwright_core::probe::{Probe, output_schema, via};
    pub use toolwright_core::task::TaskSupport;
    pub use toolwright_server::{block_on, claim_stdio};
    #[cfg(feature = "testing")]
    pub use toolwright_types::in_every_version;
    pub use toolwright_types::tools::ToolAnnotations;
}
