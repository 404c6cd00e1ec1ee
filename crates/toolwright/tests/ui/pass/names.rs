//! Names of the author's that the macros must not take for their own, nor the other way round.

use serde_json::json;
use toolwright::Server;

use super::{listed, text};

/// Stands for a crate that gives Toolwright on under another name.
mod renamed {
    pub(crate) use toolwright::*;
}

mod shadowed {
    #![allow(dead_code, unused_imports, reason = "they only have to be in the way")]

    use ::toolwright::{tool, tools};

    pub(crate) struct String;
    pub(crate) struct Vec;
    pub(crate) struct Box;
    pub(crate) struct Arc;
    pub(crate) struct Component;
    pub(crate) struct Probe;
    pub(crate) struct Parameter;
    pub(crate) enum Option {
        Some,
        None,
    }
    pub(crate) enum Result {
        Ok,
        Err,
    }
    pub(crate) use Option::{None, Some};
    pub(crate) use Result::{Err, Ok};
    pub(crate) mod std {}
    pub(crate) mod core {}
    pub(crate) mod toolwright {}

    /// Is in the way of the standard library.
    #[tool]
    pub(crate) fn shadow(text: &str, #[arg(default = 3, range(1..=5))] times: u32, list: &[u8]) -> usize {
        text.len() * times as usize + list.len()
    }

    pub(crate) struct Shadows;

    #[tools]
    impl Shadows {
        /// Is in the way of the standard library, in a block.
        #[tool]
        async fn shadows(&self, text: &str, #[arg(default = "a")] unit: &str) -> usize {
            text.len() + unit.len()
        }
    }
}

mod orders {
    use toolwright::prelude::*;

    /// Has the name of its module.
    #[tool]
    pub(crate) fn orders() -> u8 {
        1
    }

    pub(crate) mod deep {
        use toolwright::prelude::*;

        /// Stands in a module of a module.
        #[tool]
        pub(crate) fn get(id: u8) -> u8 {
            id
        }
    }
}

/// Is written by way of another crate.
#[renamed::tool(crate = renamed)]
fn other(a: u8) -> u8 {
    a
}

struct Others;

#[renamed::tools(crate = renamed)]
impl Others {
    /// Is written by way of another crate, in a block.
    #[tool]
    fn method(&self) -> u8 {
        2
    }
}

/// Is a word of the language.
#[toolwright::tool]
fn r#gen() -> u8 {
    3
}

/// Has parameters of names that the macros might use.
#[toolwright::tool]
fn hygienic(input: u8, ctx: u8, spec: u8, __input: u8, __spec: u8, __this: u8) -> u8 {
    input + ctx + spec + __input + __spec + __this
}

fn server() -> Server {
    let tools =
        toolwright::toolset![shadowed::shadow, orders::orders, orders::deep::get, other, r#gen, hygienic];
    Server::new("names").tools(tools).tools(shadowed::Shadows).tools(Others)
}

#[tokio::test]
async fn names_do_not_meet() {
    assert_eq!(listed(server()).await.len(), 8);
    let all = json!({"input": 1, "ctx": 1, "spec": 1, "_input": 1, "_spec": 1, "_this": 1});
    let cases = [
        ("shadow", json!({"text": "ab", "list": [1]}), "7"),
        ("shadows", json!({"text": "ab"}), "3"),
        ("orders", json!({}), "1"),
        ("get", json!({"id": 4}), "4"),
        ("other", json!({"a": 4}), "4"),
        ("method", json!({}), "2"),
        ("gen", json!({}), "3"),
        ("hygienic", all, "6"),
    ];
    for (tool, arguments, expected) in cases {
        assert_eq!(text(server(), tool, arguments).await, expected, "{tool}");
    }
}

#[tokio::test]
async fn a_tool_can_stand_in_a_function() {
    /// Stands in a function.
    #[toolwright::tool]
    fn local(a: u8) -> u8 {
        a + 1
    }
    let server = Server::new("names").tools(toolwright::toolset![local]);
    assert_eq!(text(server, "local", json!({"a": 1})).await, "2");
}
