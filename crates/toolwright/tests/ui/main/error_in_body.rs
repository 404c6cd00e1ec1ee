use toolwright::prelude::*;

#[toolwright::main]
async fn main() -> toolwright::Result {
    let orders: u32 = "none";
    Server::new("orders").run()
}
