use toolwright::prelude::*;

struct Orders;

#[tools]
impl Iterator for Orders {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        None
    }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(Orders).run()
}
