use toolwright::prelude::*;

/// Finds an order.
#[prompt(timeout = 30)]
fn find(id: String) -> String {
    id
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
