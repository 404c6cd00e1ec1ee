// A missing function is named by the compiler alone, so the function of a part has a name that says what it is.

use toolwright::prelude::*;

struct Orders;

#[tools(with(refunds))]
impl Orders {
    /// Counts orders.
    #[tool]
    fn count(&self) -> u32 {
        1
    }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(Orders).run()
}
