use toolwright::prelude::*;

struct Filter;

/// Finds an order.
#[tool]
async fn find(limit: u32, filter: Option<Filter>) -> String {
    format!("{limit} {}", filter.is_some())
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
