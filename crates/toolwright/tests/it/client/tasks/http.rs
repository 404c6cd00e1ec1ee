//! Tasks of a server behind a URL.

use serde_json::json;
use toolwright::client::{Begun, Clients, Config};
use toolwright::tasks::MemoryTasks;
use toolwright::{Client, Http};

use super::{Stopped, agreeing, begin, until_stopped};
use crate::client::http::{serving, serving_again};
use crate::tasks::{server, service};

/// Rule X9: the id is said in the header, else the server refuses; the rest is as everywhere.
#[tokio::test]
async fn a_task_is_waited_for_over_http() {
    let stopped = Stopped::default();
    let service = server().state(stopped.clone()).build().unwrap();
    let (url, _stop) = serving(&service, Http::new("127.0.0.1:0")).await;
    let (options, _) = agreeing(Client::options().tasks(true));
    let client = options.connect(url.as_str()).await.unwrap();
    assert_eq!(client.call::<String>("ask", json!({})).await.unwrap(), "true true true");
    assert_eq!(client.call::<String>("nap", json!({"seconds": 0})).await.unwrap(), "slept 0 s");
    let id = begin(&client, "ask").await.id().to_owned();
    client.close().await;
    let client = agreeing(Client::options()).0.connect(url.as_str()).await.unwrap();
    assert_eq!(client.task(id).typed::<String>().await.unwrap(), "true true true");
    let call = client.call_tool("endless", json!({})).task().timeout(std::time::Duration::from_millis(50));
    call.await.unwrap_err();
    client.close().await;
    until_stopped(&stopped).await;
}

/// A server that is out of reach for a time has not lost its tasks: who waits hears of the end of them.
#[tokio::test]
async fn a_wait_outlives_its_server() {
    let store = MemoryTasks::new(9);
    let (url, stop) =
        serving(&server().task_store(store.clone()).build().unwrap(), Http::new("127.0.0.1:0")).await;
    let client = Client::options().tasks(true).connect(url.as_str()).await.unwrap();
    let waiting = client.call::<String>("endless", json!({}));
    let restarted = async {
        while store.count() == 0 {
            tokio::task::yield_now().await;
        }
        drop(stop);
        serving_again(&server().task_store(store.clone()).build().unwrap(), &url, Http::new).await
    };
    let (ended, _stop) = tokio::join!(waiting, restarted);
    assert!(ended.unwrap_err().to_string().contains("the server was stopped"));
}

/// Each server keeps its own.
#[tokio::test]
async fn a_task_of_one_of_several_servers_is_waited_for() {
    let (url, _stop) = serving(&service(), Http::new("127.0.0.1:0")).await;
    let config =
        Config::parse(&json!({"mcpServers": {"a": {"url": url}, "b": {"url": url}}}).to_string()).unwrap();
    let clients: Clients = agreeing(Client::options().tasks(true)).0.connect_all(&config).await;
    assert_eq!(clients.call::<String>("b_ask", json!({})).await.unwrap(), "true true true");
    let begun = clients.call_tool("a_ask", json!({})).unwrap().begin().await.unwrap();
    let Begun::Task(task) = begun else { panic!("{begun:?}") };
    let client = clients.get("a").unwrap();
    assert_eq!(client.task(task.id()).typed::<String>().await.unwrap(), "true true true");
}
