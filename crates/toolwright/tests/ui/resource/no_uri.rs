use toolwright::prelude::*;

#[resource]
fn order(id: String) -> String {
    id
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![order]).run()
}
