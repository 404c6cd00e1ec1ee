use toolwright::prelude::*;

#[prompt]
fn reply(order: String) -> usize {
    order.len()
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![reply]).run()
}
