use toolwright::prelude::*;

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
