use toolwright::prelude::*;

use std::cell::RefCell;

struct Orders {
    cache: RefCell<Vec<String>>,
}

#[tools]
impl Orders {
    /// Counts orders.
    #[tool]
    async fn count(&self) -> usize {
        self.cache.borrow().len()
    }

    /// Counts orders again.
    #[tool]
    fn recount(&self) -> usize {
        self.cache.borrow().len()
    }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(Orders { cache: RefCell::default() }).run()
}
