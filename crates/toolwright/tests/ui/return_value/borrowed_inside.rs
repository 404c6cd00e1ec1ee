use toolwright::prelude::*;

struct Orders {
    name: String,
}

#[tools]
impl Orders {
    /// The shop's name.
    #[tool]
    fn name(&self) -> Result<&str> {
        Ok(&self.name)
    }
}

fn main() -> toolwright::Result {
    Server::new("orders").tools(Orders { name: "shop".to_owned() }).run()
}
