//! What goes beyond the protocol: extensions that a user of the library writes. Protocol.md 1.25 and rule X12.

use std::time::Duration;

use serde_json::{Map, Value, json};
use toolwright::extension::{Extension, ExtensionMethod};
use toolwright::prelude::*;
use toolwright::{Cache, Component};

use crate::peer::{LEGACY, Peer, call, code, legacy, modern, text};

struct Prices;

const ID: &str = "com.example/prices";

#[derive(Deserialize)]
struct Total {
    calls: u32,
}

/// Whether the client knows prices.
#[tool]
fn priced(ctx: &Context) -> String {
    format!("{:?}", ctx.extension::<Prices>().map(Value::Object).unwrap_or_default())
}

/// The list of prices.
#[resource("prices://all")]
fn prices() -> &'static str {
    "one cent each"
}

impl Extension for Prices {
    const ID: &'static str = ID;

    fn settings(&self) -> Map<String, Value> {
        Map::from_iter([("currency".to_owned(), "EUR".into())])
    }

    fn components(&self) -> Vec<Component> {
        toolset![prices]
    }

    fn extend(&self, component: Component) -> Component {
        match component {
            Component::Tool(tool) => tool.meta("com.example/price", 1).into(),
            other => other,
        }
    }

    fn faults(&self, components: &[Component]) -> Vec<String> {
        let free =
            components.iter().filter(|one| matches!(one, Component::Tool(tool) if tool.name() == "free"));
        free.map(|_| "nothing is free".to_owned()).collect()
    }

    fn methods(&self) -> Vec<ExtensionMethod> {
        let total = async |Total { calls }: Total| match calls {
            0 => Err(Error::not_found("no calls")),
            7 => Err(Error::msg("a secret")),
            calls => Ok(json!({"total": calls})),
        };
        vec![
            ExtensionMethod::new("prices/total", total).cache(Cache::public(Duration::from_secs(1))),
            ExtensionMethod::new("prices/empty", async |_: Value| Ok(json!({}))),
            ExtensionMethod::new("prices/pay", async |_: Value| Ok(json!({"paid": true}))).for_declared(),
            ExtensionMethod::new("prices/list", async |_: Value| Ok(json!([1]))),
        ]
    }
}

fn server() -> Server {
    Server::new("prices").tools(toolset![priced])
}

fn declaring(id: u32, method: &str, mut params: Value) -> Value {
    params["_meta"] =
        json!({"io.modelcontextprotocol/clientCapabilities": {"extensions": {ID: {"decimals": 2}}}});
    modern(id, method, params)
}

/// Rule X12: an extension that is not added is not there.
#[tokio::test(start_paused = true)]
async fn an_extension_is_off_unless_it_is_added() {
    let mut peer = Peer::new(&server().build().unwrap());
    let discovered = peer.ask(modern(1, "server/discover", json!({}))).await;
    assert!(discovered["result"]["capabilities"].get("extensions").is_none(), "{discovered}");
    assert_eq!(code(&peer.ask(modern(2, "prices/total", json!({"calls": 1}))).await), -32601);
    let tools = peer.ask(modern(3, "tools/list", json!({}))).await;
    assert!(tools["result"]["tools"][0].get("_meta").is_none(), "{tools}");
}

/// Protocol.md 1.25: announced in both eras, with what it adds.
#[tokio::test(start_paused = true)]
async fn an_extension_is_announced_and_adds_what_it_has() {
    let mut peer = Peer::new(&server().extension(Prices).build().unwrap());
    let discovered = peer.ask(modern(1, "server/discover", json!({}))).await;
    let announced = json!({ID: {"currency": "EUR"}});
    assert_eq!(discovered["result"]["capabilities"]["extensions"], announced);
    let begun = peer.begin(LEGACY[0]).await;
    assert_eq!(begun["result"]["capabilities"]["extensions"], announced);
    let tools = peer.ask(modern(2, "tools/list", json!({}))).await;
    assert_eq!(tools["result"]["tools"][0]["_meta"], json!({"com.example/price": 1}));
    let read = peer.ask(legacy(3, "resources/read", json!({"uri": "prices://all"}))).await;
    assert_eq!(read["result"]["contents"][0]["text"], "one cent each");
}

/// What a server is changed to goes through its extensions, too.
#[tokio::test(start_paused = true)]
async fn a_tool_that_is_added_later_is_extended_as_well() {
    /// Added later.
    #[tool]
    fn later() {}
    /// Nothing is.
    #[tool]
    fn free() {}
    let service = server().extension(Prices).build().unwrap();
    service.add(toolset![later]).unwrap();
    let fault = service.add(toolset![free]).unwrap_err();
    assert_eq!(fault.to_string(), "nothing is free");
    let tools = Peer::new(&service).ask(modern(2, "tools/list", json!({}))).await;
    let priced: Vec<_> = tools["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| &tool["_meta"]["com.example/price"])
        .collect();
    assert_eq!(priced, [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_tool_knows_whether_its_client_declared_the_extension() {
    let mut peer = Peer::new(&server().extension(Prices).build().unwrap());
    assert_eq!(text(&peer.ask(call(1, "priced", json!({}))).await), "Null");
    let declared = peer.ask(declaring(2, "tools/call", json!({"name": "priced"}))).await;
    assert_eq!(text(&declared), r#"Object {"decimals": Number(2)}"#);
}

/// Rules S3 and S63 hold for the results of an extension's methods; errors are those of any other.
#[tokio::test(start_paused = true)]
async fn an_extension_answers_its_methods_in_both_eras() {
    let mut peer = Peer::new(&server().extension(Prices).build().unwrap());
    let total = peer.ask(modern(1, "prices/total", json!({"calls": 3}))).await["result"].take();
    assert_eq!((&total["total"], &total["resultType"]), (&json!(3), &json!("complete")));
    assert_eq!((&total["ttlMs"], &total["cacheScope"]), (&json!(1000), &json!("public")));
    let empty = peer.ask(modern(2, "prices/empty", json!({}))).await["result"].take();
    assert_eq!((&empty["resultType"], empty.get("ttlMs")), (&json!("complete"), None));
    peer.begin(LEGACY[0]).await;
    let total = peer.ask(legacy(3, "prices/total", json!({"calls": 3}))).await;
    assert_eq!(total["result"], json!({"total": 3}));
    assert_eq!(peer.ask(legacy(4, "prices/empty", json!({}))).await["result"], json!({}));

    for wrong in [json!({}), json!({"calls": "x"}), json!({"calls": 0})] {
        assert_eq!(code(&peer.ask(modern(5, "prices/total", wrong.clone())).await), -32602, "{wrong}");
    }
    let masked = peer.ask(modern(6, "prices/total", json!({"calls": 7}))).await;
    assert_eq!(code(&masked), -32603);
    assert!(!masked.to_string().contains("secret"), "{masked}");
    assert_eq!(code(&peer.ask(modern(7, "prices/list", json!({}))).await), -32603);
}

/// Protocol.md 1.25: what only one side has is refused with the capability that is missing.
#[tokio::test(start_paused = true)]
async fn a_method_can_be_kept_for_those_who_declare_its_extension() {
    let mut peer = Peer::new(&server().extension(Prices).build().unwrap());
    let refused = peer.ask(modern(1, "prices/pay", json!({}))).await;
    assert_eq!(code(&refused), -32021);
    assert_eq!(refused["error"]["data"]["requiredCapabilities"], json!({"extensions": {ID: {}}}));
    let paid = peer.ask(declaring(2, "prices/pay", json!({}))).await;
    assert_eq!(paid["result"]["paid"], true);
    peer.begin(LEGACY[0]).await;
    assert_eq!(code(&peer.ask(legacy(3, "prices/pay", json!({}))).await), -32601);
}

#[tokio::test]
async fn an_extension_that_cannot_be_is_refused_when_the_server_is_built() {
    struct Nameless;
    impl Extension for Nameless {
        const ID: &'static str = "prices";

        fn methods(&self) -> Vec<ExtensionMethod> {
            let empty = || async |_: Value| Ok(json!({}));
            ["tools/list", "prices/total"].map(|name| ExtensionMethod::new(name, empty())).into()
        }
    }
    let server = server().extension(Prices).extension(Prices).extension(Nameless);
    let fault = server.build().unwrap_err().to_string();
    for part in [
        "extension `prices`: an id is a vendor and a name",
        "extension `com.example/prices` is added twice",
        "the method `tools/list` is the protocol's own",
        "there is a method `prices/total` already",
    ] {
        assert!(fault.contains(part), "{part}: {fault}");
    }
}
