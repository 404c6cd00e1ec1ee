use toolwright::prelude::*;

/// Finds an order.
#[tool(task(optional))]
fn find(id: u32) -> u32 {
    id
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
