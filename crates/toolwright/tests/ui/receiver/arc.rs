use toolwright::prelude::*;

struct Orders;

#[tools]
impl Orders {
    /// Counts orders.
    #[tool]
    fn count(self: std::sync::Arc<Self>) -> u32 {
        1
    }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(Orders).run()
}
