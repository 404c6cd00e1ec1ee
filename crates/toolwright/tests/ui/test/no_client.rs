fn server() -> toolwright::Server {
    toolwright::Server::new("x")
}

#[toolwright::test(server())]
async fn adds() {}

fn main() {}
