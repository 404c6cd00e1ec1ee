#[toolwright::main]
struct Orders;

fn main() {}
