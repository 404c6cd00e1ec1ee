use toolwright::Client;

fn server() -> toolwright::Server {
    toolwright::Server::new("x")
}

#[toolwright::test(server())]
fn adds(client: Client) {
    drop(client);
}

fn main() {}
