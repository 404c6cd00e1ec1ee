use toolwright::prelude::*;

struct Missing;

/// Finds an order.
#[tool]
fn find(id: String) -> Result<String, Missing> {
    if id.is_empty() { Err(Missing) } else { Ok(id) }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
