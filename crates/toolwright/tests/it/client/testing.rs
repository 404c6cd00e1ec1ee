//! What tests of a server need, used on tests of ours.

use std::path::PathBuf;

use serde_json::json;
use toolwright::testing::{self, Replay};
use toolwright::{Client, Server, toolset};

use super::{add, any_note, count, note, poem, server};

/// Each test is one version's, and has a server of its own.
#[toolwright::test(server().0)]
async fn one_test_is_run_in_every_version(client: Client) -> toolwright::Result {
    super::visit(&client, client.server().version).await;
    Ok(())
}

#[toolwright::test(server().0)]
#[should_panic = "on purpose"]
async fn attributes_go_with_the_tests(_client: Client) {
    panic!("on purpose");
}

#[tokio::test]
async fn a_schema_says_all_that_is_offered_and_stays_the_same() {
    let sums = || Server::new("sums").instructions("Be kind").tools(toolset![add, note, any_note, poem]);
    let schema = testing::schema(sums().version("1.0.0"));
    assert_eq!(schema, testing::schema(sums().version("2.0.0")));
    for part in ["Be kind", "\"add\"", "Adds two numbers.", "note://one", "note://by/{name}", "\"poem\""] {
        assert!(schema.contains(part), "{part}: {schema}");
    }
    assert_ne!(schema, testing::schema(Server::new("sums").tools(toolset![add])));
}

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("toolwright-{name}-{}.jsonl", std::process::id()))
}

/// What is the same is the same in every version, progress and questions of the server too.
#[tokio::test(start_paused = true)]
async fn a_recorded_conversation_is_held_again() {
    for (options, version) in super::ways() {
        let file = file(&format!("same-{version}"));
        let (service, _) = server();
        let client = options.record(&file).unwrap().connect(&service).await.unwrap();
        super::visit(&client, version).await;
        client.call::<String>("look", json!({})).await.unwrap();
        client.call_tool("count", json!({"to": 2})).on_progress(|_| {}).await.unwrap();
        client.close().await;
        Replay::read(&file).unwrap().against(&server().0).await.unwrap();
        let (mut lines, text) = (0, std::fs::read_to_string(&file).unwrap());
        text.lines().for_each(|line| {
            assert!(line.starts_with(r#"{"from":"client""#) || line.starts_with(r#"{"from":"server""#));
            lines += 1;
        });
        assert!(lines > 30, "{version}: {lines}");
        std::fs::remove_file(file).unwrap();
    }
}

mod changed {
    /// Adds two numbers.
    #[toolwright::tool]
    pub(super) fn add(a: i64, b: i64) -> super::super::Sum {
        super::super::Sum { total: a - b }
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_difference_is_told_with_both_lines() {
    let file = file("changed");
    let service = |tools| Server::new("sums").tools(tools).build().unwrap();
    let client = Client::options().record(&file).unwrap();
    let client = client.connect(service(toolset![add, count])).await.unwrap();
    client.call_tool("add", json!({"a": 1, "b": 2})).await.unwrap();
    client.call_tool("count", json!({"to": 2})).on_progress(|_| {}).await.unwrap();
    client.close().await;
    let replay = Replay::read(&file).unwrap();
    let told = replay.against(&service(toolset![changed::add, count])).await.unwrap_err();
    assert_eq!(told.line, 4);
    assert!(told.expected.contains(r#""total":3"#) && told.found.contains(r#""total":-1"#), "{told}");
    assert!(told.to_string().starts_with("line 4 of the recording:\n  then: {"), "{told}");
    let replay = replay.ignore("/result/structuredContent").ignore("/result/content/0/text");
    replay.against(&service(toolset![changed::add, count])).await.unwrap();
    let told = replay.against(&service(toolset![add])).await.unwrap_err();
    assert_eq!(told.found, "nothing within ten seconds", "{told}");
    std::fs::write(&file, "{}\n").unwrap();
    assert!(Replay::read(&file).unwrap_err().to_string().starts_with("line 1: "));
    std::fs::remove_file(file).unwrap();
}
