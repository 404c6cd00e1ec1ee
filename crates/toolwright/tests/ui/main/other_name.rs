use toolwright::prelude::*;

#[toolwright::main]
async fn serve() -> toolwright::Result {
    Server::new("orders").run()
}

fn main() {}
