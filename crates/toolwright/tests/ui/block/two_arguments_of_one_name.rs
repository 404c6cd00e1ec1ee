use toolwright::prelude::*;

/// Finds an order.
#[tool]
fn find(id: String, #[arg(rename = "id")] order: String) -> String {
    id + &order
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
