// A name that is no type is refused before any trait is looked at, so the words are the compiler's own.

use toolwright::prelude::*;

fn find(id: String) -> String {
    id
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![find]).run()
}
