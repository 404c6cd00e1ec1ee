use toolwright::prelude::*;

/// Finds an order.
#[tool]
fn find(#[arg(default = "ten")] limit: u32) -> u32 {
    limit
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
