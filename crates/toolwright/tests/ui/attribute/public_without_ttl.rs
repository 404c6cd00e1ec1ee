use toolwright::prelude::*;

/// The same for everyone.
#[resource("kept://long", public)]
fn kept() -> String {
    String::new()
}

fn main() {}
