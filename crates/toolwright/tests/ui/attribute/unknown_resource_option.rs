use toolwright::prelude::*;

/// Finds an order.
#[resource("orders://{id}", read_only)]
fn find(id: String) -> String {
    id
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
