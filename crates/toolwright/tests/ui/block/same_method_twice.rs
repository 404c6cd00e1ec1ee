use toolwright::prelude::*;

struct Orders;

#[tools]
impl Orders {
    /// Finds an order.
    #[tool]
    fn find(&self) -> u32 {
        1
    }

    /// Finds an order.
    #[tool]
    fn find(&self) -> u32 {
        2
    }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(Orders).run()
}
