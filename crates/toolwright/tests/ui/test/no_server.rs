use toolwright::Client;

#[toolwright::test]
async fn adds(client: Client) {
    client.ping().await.unwrap();
}

fn main() {}
