use toolwright::prelude::*;

struct Order;

#[resource("orders://first")]
fn order() -> Result<Order> {
    Ok(Order)
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![order]).run()
}
