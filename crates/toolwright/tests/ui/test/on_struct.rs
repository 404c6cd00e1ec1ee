#[toolwright::test(server())]
struct Adds;

fn main() {}
