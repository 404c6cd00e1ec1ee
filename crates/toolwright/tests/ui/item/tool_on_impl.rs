use toolwright::prelude::*;

struct Orders;

#[tool]
impl Orders {
    /// Counts orders.
    fn count(&self) -> u32 {
        1
    }
}

fn main() {}
