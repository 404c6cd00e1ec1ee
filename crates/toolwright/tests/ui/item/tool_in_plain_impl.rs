use toolwright::prelude::*;

struct Orders;

impl Orders {
    /// Counts orders.
    #[tool]
    fn count(&self) -> u32 {
        1
    }
}

fn main() {}
