use toolwright::prelude::*;

#[toolwright::main(threads = 4)]
fn main() -> toolwright::Result {
    Server::new("orders").run()
}
