use toolwright::prelude::*;

struct Orders;

#[tools]
impl Orders {
    #[prompt(name = "reply")]
    fn polite(&self) -> String {
        String::new()
    }

    #[prompt]
    fn reply(&self) -> String {
        String::new()
    }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(Orders).run()
}
