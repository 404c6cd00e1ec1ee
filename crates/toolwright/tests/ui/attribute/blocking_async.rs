use toolwright::prelude::*;

/// Finds an order.
#[tool(blocking)]
async fn find(id: String) -> String {
    id
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
