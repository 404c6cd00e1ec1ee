use toolwright::prelude::*;

/// Finds an order.
#[tool(title = 5)]
fn find(id: String) -> String {
    id
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
