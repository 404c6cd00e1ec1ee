use toolwright::prelude::*;

struct Order {
    id: String,
}

/// Finds an order.
#[tool]
fn find(id: String) -> Order {
    Order { id }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
