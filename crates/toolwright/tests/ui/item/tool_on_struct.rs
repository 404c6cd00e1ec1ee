use toolwright::prelude::*;

/// Finds an order.
#[tool]
pub struct Find {
    pub id: String,
}

fn main() {}
