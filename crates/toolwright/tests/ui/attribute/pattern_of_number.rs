use toolwright::prelude::*;

/// Finds an order.
#[tool]
fn find(#[arg(pattern = "[0-9]+")] id: u32) -> u32 {
    id
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
