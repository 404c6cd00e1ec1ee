use toolwright::prelude::*;

#[prompt]
async fn reply(order: String) -> Result<usize> {
    Ok(order.len())
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![reply]).run()
}
