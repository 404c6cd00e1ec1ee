//! State shared by calls: the board, its resource, its prompt.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::client::{Client, ERAS, Era};

fn start(era: Era) -> Client {
    Client::start(era, env!("CARGO_BIN_EXE_stateful"), &[], &[])
}

/// The JSON text of a resource.
fn read(client: &mut Client, uri: &str) -> Value {
    let answer = client.request("resources/read", json!({"uri": uri}));
    let contents = &answer["result"]["contents"][0];
    assert_eq!(contents["mimeType"], "application/json", "{answer}");
    serde_json::from_str(contents["text"].as_str().unwrap()).unwrap()
}

#[test]
fn a_task_goes_over_the_board_in_both_eras() {
    for era in ERAS {
        let mut client = start(era);
        let task = client.success("add_task", json!({"title": "Write the manual", "owner": "Ada"}));
        assert_eq!(task, json!({"id": 1, "title": "Write the manual", "column": "todo", "owner": "Ada"}));
        client.success("add_task", json!({"title": "Read it"}));
        let moved = client.success("move_task", json!({"id": 1, "column": "doing"}));
        assert_eq!(moved["column"], "doing");
        client.success("assign_task", json!({"id": 2, "owner": "Grace"}));
        assert_eq!(client.success("count_tasks", json!({})), json!({"todo": 1, "doing": 1, "done": 0}));
        assert_eq!(read(&mut client, "board://tasks").as_array().unwrap().len(), 2);
        assert_eq!(read(&mut client, "board://tasks/2")["owner"], "Grace");
        let about = client.call("about", json!({}));
        assert!(about["content"][0]["text"].as_str().unwrap().contains("the Toolwright examples"));
    }
}

#[test]
fn what_is_not_on_the_board_is_told() {
    for era in ERAS {
        let mut client = start(era);
        let told = client.failure("move_task", json!({"id": 7, "column": "done"}));
        assert_eq!(told, "there is no task 7; the last one is 0");
        let told = client.failure("move_task", json!({"id": 1, "column": "later"}));
        assert!(told.contains("\"todo\", \"doing\", \"done\""), "{told}");
        assert!(client.failure("add_task", json!({"title": ""})).contains("title:"));
        let answer = client.request("resources/read", json!({"uri": "board://tasks/7"}));
        // The code for what does not exist differs between the eras, and the server knows.
        let code = if era == Era::Legacy { -32002 } else { -32602 };
        assert_eq!(answer["error"]["code"], code, "{answer}");
    }
}

#[test]
fn a_hundred_calls_at_once_lose_nothing() {
    for era in ERAS {
        let mut client = start(era);
        let ids: BTreeSet<_> = (0..100)
            .map(|n| {
                let arguments = json!({"title": format!("task {n}")});
                client.send("tools/call", json!({"name": "add_task", "arguments": arguments}))
            })
            .collect();
        let (mut answered, mut tasks) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..100 {
            let answer = client.receive();
            answered.insert(answer["id"].as_u64().unwrap());
            tasks.insert(answer["result"]["structuredContent"]["id"].as_u64().unwrap());
        }
        assert_eq!(answered, ids);
        assert_eq!(tasks, (1..=100).collect());
        assert_eq!(read(&mut client, "board://tasks").as_array().unwrap().len(), 100);
    }
}

#[test]
fn a_full_board_takes_no_more() {
    let mut client = start(Era::Modern);
    for n in 0..1000 {
        client.success("add_task", json!({"title": format!("task {n}")}));
    }
    let told = client.failure("add_task", json!({"title": "one more"}));
    assert_eq!(told, "the board is full: it holds 1000 tasks");
}

#[test]
fn whoever_watches_a_task_hears_of_its_change() {
    for era in ERAS {
        let mut client = start(era);
        client.success("add_task", json!({"title": "first"}));
        client.success("add_task", json!({"title": "second"}));
        let uri = "board://tasks/2";
        if era == Era::Legacy {
            client.request("resources/subscribe", json!({"uri": uri}));
        } else {
            client.send("subscriptions/listen", json!({"notifications": {"resourceSubscriptions": [uri]}}));
            client.notification("notifications/subscriptions/acknowledged");
        }
        // Nobody watches the first.
        client.success("move_task", json!({"id": 1, "column": "done"}));
        client.success("move_task", json!({"id": 2, "column": "done"}));
        let update = client.notification("notifications/resources/updated");
        assert_eq!(update["params"]["uri"], uri, "{era:?}");
        assert_eq!(read(&mut client, uri)["column"], "done");
        assert!(client.notifications.is_empty(), "{:?}", client.notifications);
    }
}

#[test]
fn a_prompt_is_made_of_the_board_and_its_argument_suggested() {
    for era in ERAS {
        let mut client = start(era);
        for (title, owner) in [("Write", "Ada"), ("Compile", "Grace"), ("Rest", "Adam")] {
            client.success("add_task", json!({"title": title, "owner": owner}));
        }
        let prompt =
            client.request("prompts/get", json!({"name": "standup", "arguments": {"owner": "Grace"}}));
        let message = &prompt["result"]["messages"][0];
        assert_eq!(message["role"], "user");
        let text = message["content"]["text"].as_str().unwrap();
        assert!(text.contains("- Compile (Todo)") && !text.contains("Write ("), "{text}");
        let argument = json!({"name": "owner", "value": "ad"});
        let reference = json!({"type": "ref/prompt", "name": "standup"});
        let suggested =
            client.request("completion/complete", json!({"ref": reference, "argument": argument}));
        assert_eq!(suggested["result"]["completion"]["values"], json!(["Ada", "Adam"]), "{suggested}");
        let nobody = client.request("prompts/get", json!({"name": "standup", "arguments": {"owner": "Bob"}}));
        assert!(nobody["error"]["message"].as_str().unwrap().contains("Bob has no tasks"), "{nobody}");
    }
}
