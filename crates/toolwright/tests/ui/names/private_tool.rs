use toolwright::prelude::*;

mod orders {
    use toolwright::prelude::*;

    /// Finds an order.
    #[tool]
    fn find(id: String) -> String {
        id
    }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(toolset![orders::find]).run()
}
