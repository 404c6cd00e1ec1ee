use toolwright::prelude::*;

/// Finds an order.
#[tool]
fn find(name: impl Into<String>) -> String {
    name.into()
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
