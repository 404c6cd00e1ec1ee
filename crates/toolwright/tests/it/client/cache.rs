//! Answers that may be used again.

use std::time::Duration;

use serde_json::{Value, json};
use toolwright::client::{Client, Interest};

use super::scripted::Scripted;

fn answer(method: &str, params: &Value) -> Value {
    let hints = |result: Value, time: i64| {
        let mut result = result;
        for (name, value) in
            [("resultType", json!("complete")), ("ttlMs", json!(time)), ("cacheScope", json!("private"))]
        {
            result[name] = value;
        }
        result
    };
    let uri = params["uri"].as_str().unwrap_or_default();
    match (method, params["cursor"].as_str()) {
        ("tools/list", None) => hints(json!({"tools": [], "nextCursor": "2"}), 5000),
        ("tools/list", Some(_)) => hints(json!({"tools": []}), 1000),
        ("resources/list", _) => hints(json!({"resources": []}), 0),
        ("prompts/list", _) => hints(json!({"prompts": []}), -1),
        ("resources/read", _) if uri == "a:ask" && params["requestState"].is_null() => {
            json!({"resultType": "input_required", "requestState": "s"})
        }
        ("resources/read", _) => hints(json!({"contents": [{"uri": uri, "text": "x"}]}), 5000),
        _ => json!({"code": -32601, "message": "no"}),
    }
}

/// Rules C21 and C22: as long as the server says, each page by itself, and never what was answered to answers.
#[tokio::test(start_paused = true)]
async fn what_holds_for_a_while_is_not_asked_again() {
    let server = Scripted::start(Client::options(), answer).await;
    let client = &server.client;
    for advance in [0, 999, 2, 3998, 2000] {
        tokio::time::advance(Duration::from_millis(advance)).await;
        client.list_tools().await.unwrap();
    }
    let asked = server.count("tools/list");
    assert_eq!(asked, 2 + 1 + 2 + 1, "the second page ages five times as fast");
    for _ in 0..3 {
        client.list_resources().await.unwrap();
        client.list_prompts().await.unwrap();
        client.read_resource("a:ask").await.unwrap();
        client.ping().await.unwrap();
    }
    assert_eq!((server.count("resources/list"), server.count("prompts/list")), (3, 3), "not for a moment");
    assert_eq!((server.count("resources/read"), server.count("server/discover")), (6, 4));
    let server = Scripted::start(Client::options().cache(false), answer).await;
    for _ in 0..2 {
        server.client.list_tools().await.unwrap();
    }
    assert_eq!(server.count("tools/list"), 4, "only if it is wanted");
}

/// Rule C22: a change that is told ends it at once.
#[tokio::test(start_paused = true)]
async fn what_has_changed_is_asked_again() {
    let server = Scripted::start(Client::options(), answer).await;
    let client = &server.client;
    let mut changes = client.subscribe(Interest::lists().resource("a:b")).await.unwrap();
    for (method, params, lists, reads) in [
        ("notifications/prompts/list_changed", json!({}), 2, 2),
        ("notifications/tools/list_changed", json!({}), 4, 2),
        ("notifications/resources/updated", json!({"uri": "a:b/part"}), 4, 3),
    ] {
        client.list_tools().await.unwrap();
        client.read_resource("a:b").await.unwrap();
        client.read_resource("a:c").await.unwrap();
        server.tell(method, params);
        changes.next().await.unwrap();
        client.list_tools().await.unwrap();
        client.read_resource("a:b").await.unwrap();
        client.read_resource("a:c").await.unwrap();
        assert_eq!((server.count("tools/list"), server.count("resources/read")), (lists, reads), "{method}");
    }
}

/// Rule C23: a kept page may lead to one that is no more; the list is begun anew then.
#[tokio::test(start_paused = true)]
async fn a_list_whose_kept_page_leads_nowhere_is_begun_anew() {
    let wanted = std::sync::Mutex::new("old");
    let server = Scripted::start(Client::options(), move |_, params| match params["cursor"].as_str() {
        None => json!({"tools": [], "nextCursor": *wanted.lock().unwrap(), "ttlMs": 1000}),
        Some(cursor) if cursor == *wanted.lock().unwrap() => {
            *wanted.lock().unwrap() = "new";
            json!({"tools": []})
        }
        Some(_) => json!({"code": -32602, "message": "no such cursor"}),
    });
    let server = server.await;
    for asked in [2, 5] {
        server.client.list_tools().await.unwrap();
        assert_eq!(server.count("tools/list"), asked);
    }
}
