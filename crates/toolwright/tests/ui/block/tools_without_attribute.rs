use toolwright::prelude::*;

struct Orders;

impl Orders {
    fn count(&self) -> u32 {
        1
    }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(Orders).run()
}
