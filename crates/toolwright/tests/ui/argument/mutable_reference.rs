use toolwright::prelude::*;

/// Finds an order.
#[tool]
fn find(names: &mut Vec<String>) -> usize {
    names.len()
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
