#![deny(warnings)]

use toolwright::prelude::*;

#[tool]
fn find(id: String) -> String {
    id
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
