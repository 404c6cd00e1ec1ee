use toolwright::prelude::*;

/// Finds an order.
#[tool]
fn find<T: ToString>(id: T) -> String {
    id.to_string()
}

fn main() {}
