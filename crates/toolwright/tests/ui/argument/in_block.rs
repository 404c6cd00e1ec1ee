use toolwright::prelude::*;

struct Filter;

struct Orders;

#[tools]
impl Orders {
    /// Finds orders.
    #[tool]
    async fn find(&self, filters: &[Filter]) -> usize {
        filters.len()
    }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(Orders).run()
}
