use toolwright::prelude::*;

/// Finds an order.
#[tool]
fn find(#[arg(pattern = "ORD-[0-9")] id: String) -> String {
    id
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
