// Two errors, for `Provide` asks for `Send` and for `Sync`, and `Rc` is neither.

use toolwright::prelude::*;

use std::rc::Rc;

struct Orders {
    cache: Rc<Vec<String>>,
}

#[tools]
impl Orders {
    /// Counts orders.
    #[tool]
    async fn count(&self) -> usize {
        self.cache.len()
    }

    /// Counts orders again.
    #[tool]
    fn recount(&self) -> usize {
        self.cache.len()
    }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(Orders { cache: Rc::default() }).run()
}
