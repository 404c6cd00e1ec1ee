use toolwright::prelude::*;

/// Finds an order.
#[tools]
fn find(id: String) -> String {
    id
}

fn main() {}
