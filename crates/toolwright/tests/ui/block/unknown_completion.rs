use toolwright::prelude::*;

struct Orders;

#[tools]
impl Orders {
    /// Counts orders.
    #[tool]
    fn count(&self, #[arg(complete = names)] name: String) -> usize {
        name.len()
    }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(Orders).run()
}
