use toolwright::prelude::*;

/// Finds an order.
#[tool]
fn find(name: &dyn ToString) -> String {
    name.to_string()
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
