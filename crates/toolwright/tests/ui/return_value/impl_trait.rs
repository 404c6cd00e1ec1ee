use toolwright::prelude::*;

/// Finds an order.
#[tool]
fn find(id: String) -> impl Future<Output = String> {
    async move { id }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
