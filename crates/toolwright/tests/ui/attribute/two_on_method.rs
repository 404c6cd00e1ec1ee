use toolwright::prelude::*;

struct Orders;

#[tools]
impl Orders {
    /// Finds an order.
    #[tool]
    #[resource("orders://{id}")]
    fn find(&self, id: String) -> String {
        id
    }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(Orders).run()
}
