use toolwright::prelude::*;

/// Finds an order.
#[tool]
fn find(id: &str) -> &str {
    id.trim()
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
