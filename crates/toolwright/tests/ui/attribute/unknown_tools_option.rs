use toolwright::prelude::*;

struct Orders;

#[tools(name = "orders")]
impl Orders {
    /// Counts orders.
    #[tool]
    fn count(&self) -> u32 {
        1
    }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(Orders).run()
}
