//! The smallest server: one tool.

use toolwright::prelude::*;

/// Greets a person. Use it when somebody gives their name.
#[tool(read_only)]
fn greet(
    /// Who to greet.
    #[arg(length(1..=100))]
    name: String,
) -> String {
    format!("Hello, {name}!")
}

fn server() -> Server {
    Server::new("my-server").version(env!("CARGO_PKG_VERSION")).tools(toolset![greet])
}

#[toolwright::main]
fn main() -> toolwright::Result {
    server().run()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use toolwright::Client;

    use super::*;

    #[test]
    fn a_tool_is_a_function() {
        assert_eq!(greet("Ada".into()), "Hello, Ada!");
    }

    #[tokio::test]
    async fn a_client_is_greeted() -> toolwright::Result {
        let client = Client::connect(server().build()?).await?;
        let said: String = client.call("greet", json!({"name": "Ada"})).await?;
        assert_eq!(said, "Hello, Ada!");
        assert!(client.call::<String>("greet", json!({"name": ""})).await.is_err());
        Ok(())
    }
}
