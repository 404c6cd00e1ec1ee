// Four errors: an attribute does not see what its item stands in, and without a receiver this could be a free
// function. What it writes beside a free function cannot stand in an impl block.

use toolwright::prelude::*;

struct Orders;

impl Orders {
    /// Counts orders.
    #[tool]
    fn count() -> u32 {
        1
    }
}

fn main() {}
