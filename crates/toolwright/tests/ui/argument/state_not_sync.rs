use toolwright::prelude::*;

use std::rc::Rc;

/// Finds an order.
#[tool]
fn find(orders: State<Rc<String>>) -> usize {
    orders.len()
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
