use toolwright::prelude::*;

struct Order {
    id: String,
}

/// Finds an order.
#[tool]
async fn find(id: String) -> Result<Vec<Order>> {
    Ok(vec![Order { id }])
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
