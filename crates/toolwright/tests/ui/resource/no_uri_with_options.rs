use toolwright::prelude::*;

#[resource(mime_type = "text/plain")]
fn order(id: String) -> String {
    id
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![order]).run()
}
