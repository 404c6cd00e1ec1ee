//! x
pub use toolwright_core::error::Result;
pub use toolwright_core::tool_error;
pub use toolwright_macros::{prompt, resource, tool, tools};
#[doc(hidden)]
pub mod __private {
    pub use toolwright_core::component::{Component, Define, Prompt, Provide, Resource, Template, Tool};
    pub use toolwright_core::completion::{Completer, Typed, suggestions};
    pub use toolwright_core::handler::{Pace, future, sync};
    pub use toolwright_core::input::{Arg, Input, InputSpec};
    pub use toolwright_core::probe::{Probe, known_error, known_param, known_return, output_schema};
    pub use toolwright_types::tools::ToolAnnotations;
    pub mod via {
        pub use toolwright_core::probe::*;
    }
}
