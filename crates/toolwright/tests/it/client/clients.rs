//! Several servers behind one value.

use serde_json::json;
use toolwright::Http;
use toolwright::client::{Change, Client, Clients, Config, Error, Interest};
use toolwright::types::completion::Reference;

use super::http::serving;
use super::{Sum, server};

/// What they offer is told apart by their names, and each request goes to the right one (rule C16).
#[tokio::test]
async fn several_servers_are_asked_as_one() {
    let (service, _) = server();
    let (url, _stop) = serving(&service, Http::new("127.0.0.1:0")).await;
    let config = json!({"mcpServers": {"a": {"url": url}, "a_b": {"url": url, "type": "http", "headers": {"X-Any": "${PATH}"}}}});
    let clients = Clients::connect(&Config::parse(&config.to_string()).unwrap()).await.unwrap();
    assert_eq!(clients.all().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "a_b"]);
    let tools: Vec<_> = clients.list_tools().await.unwrap().into_iter().map(|tool| tool.name).collect();
    assert_eq!((tools.len(), tools[0].as_str(), tools[6].as_str()), (12, "a_add", "a_b_add"));
    assert_eq!(clients.list_prompts().await.unwrap()[1].name, "a_b_poem");
    assert_eq!(clients.list_resources().await.unwrap()[0].uri, "note://a/one");
    assert_eq!(clients.list_resource_templates().await.unwrap()[1].uri_template, "note://a_b/by/{name}");
    for name in ["a", "a_b"] {
        let sum: Sum = clients.call(&format!("{name}_add"), json!({"a": 1, "b": 2})).await.unwrap();
        assert_eq!(sum.total, 3);
        let read = clients.read_resource(&format!("note://{name}/by/me")).await.unwrap();
        assert!(format!("{read:?}").contains("\"me\""), "{read:?}");
        let prompt = clients.get_prompt(&format!("{name}_poem"), [("about", "rain")]).await.unwrap();
        assert!(format!("{prompt:?}").contains("Write about rain."));
    }
    let unknown = clients.call_tool("other_add", ()).unwrap_err();
    assert_eq!(unknown.to_string(), "other_add names no server; there are: a, a_b");
    clients.get("a").unwrap().ping().await.unwrap();
    clients.close().await;
}

async fn two(service: &toolwright::Service) -> (Clients, tokio::sync::oneshot::Sender<()>) {
    let (url, stop) = serving(service, Http::new("127.0.0.1:0")).await;
    let config = json!({"mcpServers": {"a": {"url": url}, "b": {"url": url}}});
    (Clients::connect(&Config::parse(&config.to_string()).unwrap()).await.unwrap(), stop)
}

/// Rule C13: changes are told with the names of their servers.
#[tokio::test]
async fn changes_of_several_servers_are_heard_as_one() {
    let (service, _) = server();
    let (clients, stop) = two(&service).await;
    let mut one = clients.subscribe(Interest::only("note://b/one")).await.unwrap();
    let mut lists = clients.subscribe(Interest::lists()).await.unwrap();
    service.resource_updated("note://one");
    service.remove_tool("fail");
    let change = one.next().await.unwrap();
    assert_eq!(change, Some(("b".into(), Change::Resource("note://b/one".into()))));
    let mut heard = [lists.next().await.unwrap().unwrap(), lists.next().await.unwrap().unwrap()];
    heard.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(heard, [("a".into(), Change::Tools), ("b".into(), Change::Tools)]);
    let unknown = clients.subscribe(Interest::only("note://c/one")).await.unwrap_err();
    assert_eq!(unknown.to_string(), "note://c/one names no server; there are: a, b");
    drop(stop);
    assert_eq!((one.next().await.unwrap(), lists.next().await.unwrap()), (None, None));
}

/// What is completed is named as it is listed.
#[tokio::test]
async fn arguments_of_several_servers_are_completed() {
    /// Writes about a thing.
    #[toolwright::prompt]
    fn write(#[arg(complete = things)] about: String) -> String {
        about
    }
    /// A thing.
    #[toolwright::resource("thing://all/{name}")]
    fn thing(#[arg(complete = things)] name: String) -> String {
        name
    }
    async fn things(typed: &str) -> Vec<String> {
        ["rain", "snow"].into_iter().filter(|thing| thing.starts_with(typed)).map(str::to_owned).collect()
    }
    let service =
        toolwright::Server::new("things").tools(toolwright::toolset![write, thing]).build().unwrap();
    let (clients, _stop) = two(&service).await;
    let prompt = Reference::Prompt { name: "b_write".into(), title: None };
    assert_eq!(clients.complete(prompt, "about", "r").await.unwrap(), ["rain"]);
    let template = clients.list_resource_templates().await.unwrap().remove(0).uri_template;
    assert_eq!(clients.complete(Reference::Resource { uri: template }, "name", "s").await.unwrap(), ["snow"]);
    let unknown = Reference::Prompt { name: "write".into(), title: None };
    assert!(clients.complete(unknown, "about", "r").await.is_err());
}

/// One that is not there is named, and takes none down, unless all are needed.
#[cfg(unix)]
#[tokio::test]
async fn a_server_that_does_not_start_is_named() {
    let (service, _) = server();
    let (url, _stop) = serving(&service, Http::new("127.0.0.1:0")).await;
    let config = json!({"mcpServers": {
        "gone": {"command": "/does/not/exist"}, "up": {"url": url}, "key": {"command": "x", "env": {"K": "${NOT_SET_ANYWHERE}"}},
        "odd": {"url": url, "headers": {"X-Key": "sec\nret"}}
    }});
    let config = Config::parse(&config.to_string()).unwrap();
    let clients = Client::options().connect_all(&config).await;
    let failed: Vec<_> = clients.failed().iter().map(|(name, why)| format!("{name}: {why}")).collect();
    assert_eq!(failed.len(), 3);
    assert!(failed[0].starts_with("gone: cannot start /does/not/exist"), "{failed:?}");
    assert!(failed[1].contains("key: the variable `NOT_SET_ANYWHERE` is not set"), "{failed:?}");
    assert_eq!(failed[2], "odd: \"X-Key\" is no header that can be sent", "and its value is not shown");
    assert_eq!(clients.list_tools().await.unwrap().len(), 6);
    let refused = clients.call_tool("gone_add", ()).unwrap_err().to_string();
    assert!(refused.contains("the server `gone` is not there: cannot start"), "{refused}");
    let refused = Clients::connect(&config).await.unwrap_err();
    assert!(matches!(&refused, Error::Gone(why) if why.starts_with("the server `gone`: ")), "{refused}");
    let missing = Config::read("/does/not/exist.json").unwrap_err();
    assert!(missing.to_string().starts_with("/does/not/exist.json: "), "{missing}");
}
