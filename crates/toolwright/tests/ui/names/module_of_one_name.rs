// A tool is also a type of its name, and types share their name space with modules: write `toolset![find::find]`.

mod find {
    use toolwright::prelude::*;

    /// Finds an order.
    #[tool]
    pub fn find(id: String) -> String {
        id
    }
}

use find::find;

fn main() {
    let _ = find(String::new());
}
