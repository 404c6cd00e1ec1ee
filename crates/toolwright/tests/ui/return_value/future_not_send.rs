// The compiler has its own words for futures, and they are about threads: `Rc` and its like must not live across an await.

use toolwright::prelude::*;

use std::rc::Rc;

/// Finds an order.
#[tool]
async fn find(id: String) -> String {
    let shared = Rc::new(id);
    later().await;
    shared.to_string()
}

async fn later() {}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
