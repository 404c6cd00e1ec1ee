use toolwright::prelude::*;

/// Finds an order.
#[tool]
fn find(status: Status) -> String {
    String::new()
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
