use toolwright::prelude::*;

#[derive(Deserialize)]
struct Filter {
    status: String,
}

/// Finds an order.
#[tool]
fn find(filter: Filter) -> String {
    filter.status
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
