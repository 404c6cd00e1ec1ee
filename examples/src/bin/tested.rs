//! A server and its tests: in every version of the protocol, with a snapshot of what it offers, and with a conversation
//! that was recorded before.

use toolwright::prelude::*;

/// How a parcel travels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Speed {
    /// In two days.
    Normal,
    /// Tomorrow.
    Express,
}

/// What a parcel costs.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Postage {
    cents: u64,
    speed: Speed,
}

/// What it costs to send a parcel. Use it before the user decides how to send one.
#[tool(read_only)]
fn postage(
    /// Its weight in grams.
    #[arg(range(1..=20_000))]
    grams: u64,
    #[arg(default = Speed::Normal)] speed: Speed,
) -> Result<Postage> {
    if grams > 10_000 && speed == Speed::Express {
        return Err(tool_error!("express parcels weigh 10 kg at most; send it at normal speed"));
    }
    let cents = 400 + grams.div_ceil(1000) * 50;
    Ok(Postage { cents: if speed == Speed::Express { cents * 2 } else { cents }, speed })
}

fn server() -> Server {
    Server::new("post").version(env!("CARGO_PKG_VERSION")).tools(toolset![postage])
}

fn main() -> toolwright::Result {
    server().run()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use toolwright::Client;
    use toolwright::testing::{self, Replay};

    use super::*;

    /// As a client sees it, in every version of the protocol: five tests.
    #[toolwright::test(server())]
    async fn a_heavy_parcel_costs_more(client: Client) -> toolwright::Result {
        let light: Postage = client.call("postage", json!({"grams": 1})).await?;
        let heavy: Postage = client.call("postage", json!({"grams": 20_000})).await?;
        assert!(light.cents < heavy.cents);
        let refused = client.call::<Postage>("postage", json!({"grams": 0})).await.unwrap_err();
        assert!(refused.to_string().contains("grams"), "{refused}");
        Ok(())
    }

    /// What models are told does not change unseen.
    #[test]
    fn what_it_offers_is_as_it_was() {
        insta::assert_snapshot!(testing::schema(server()));
    }

    /// What a client was told once, it is told today. `RECORD=1 cargo test` writes the conversation anew.
    #[tokio::test]
    async fn a_conversation_goes_as_it_went_before() -> toolwright::Result {
        let file = "recordings/tested.jsonl";
        if std::env::var_os("RECORD").is_some() {
            let client = Client::options().record(file)?.connect(server()).await?;
            client.list_tools().await?;
            client.call_tool("postage", json!({"grams": 500, "speed": "express"})).await?;
            client.call_tool("postage", json!({"grams": 15_000, "speed": "express"})).await?;
            client.close().await;
        }
        Replay::read(file)?.against(&server().build()?).await?;
        Ok(())
    }
}
