use toolwright::prelude::*;

use std::rc::Rc;

struct Orders;

#[tools]
impl Orders {
    /// Finds an order.
    #[tool]
    async fn find(&self, id: String) -> String {
        let shared = Rc::new(id);
        later().await;
        shared.to_string()
    }
}

async fn later() {}

fn main() -> toolwright::Result {
    Server::new("orders").tools(Orders).run()
}
