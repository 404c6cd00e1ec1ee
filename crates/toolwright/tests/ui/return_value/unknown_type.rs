use toolwright::prelude::*;

/// Finds an order.
#[tool]
fn find(id: String) -> Order {
    todo!()
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
