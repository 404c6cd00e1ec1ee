//! A framework for Model Context Protocol servers: a documented function becomes a tool.

pub use toolwright_core::change::{Change, Changes};
pub use toolwright_core::component::{Component, Prompt, Resource, Template, Tool, Toolset};
pub use toolwright_core::context::{Context, State};
pub use toolwright_core::error::{Error, NotFound, Result, ToolError};
pub use toolwright_core::output::{Audio, File, Image, Json, Message, ToolOutput};
pub use toolwright_core::probe::{Args, Extract};
pub use toolwright_core::{InvalidCatalog, tool_error, toolset};
pub use toolwright_macros::{main, prompt, resource, tool, tools};
pub use toolwright_server::{Limits, Server, Service};
pub use toolwright_types as types;

/// What most programs use: `use toolwright::prelude::*;`.
pub mod prelude {
    pub use crate::{
        Args, Audio, Context, Error, File, Image, Json, Message, Result, Server, State, ToolError, ToolOutput, prompt,
        resource, tool, tool_error, tools, toolset,
    };
    pub use schemars::JsonSchema;
    pub use serde::{Deserialize, Serialize};
}

/// What the macros write calls to: no promise is made for anything in here.
#[doc(hidden)]
pub mod __private {
    pub use toolwright_core::completion::{Completer, Typed, suggestions};
    pub use toolwright_core::component::{Component, Define, Prompt, Provide, Resource, Template, Tool};
    pub use toolwright_core::handler::{Pace, future, sync};
    pub use toolwright_core::input::{Arg, Input, InputSpec};
    pub use toolwright_core::probe::{Probe, known_error, known_param, known_return, output_schema, via};
    pub use toolwright_server::{block_on, claim_stdio};
    pub use toolwright_types::tools::ToolAnnotations;
}
