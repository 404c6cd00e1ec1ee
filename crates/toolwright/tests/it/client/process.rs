//! A server that is a child process.

use serde_json::json;
use toolwright::Client;
use toolwright::client::{Change, Command, Error, Interest};

/// A server in a few lines of shell: it speaks no version after 2025-06-18, and shows its environment.
const SHELL: &str = r#"
        while read -r line; do
            id=$(printf %s "$line" | sed 's/.*"id":\([0-9]*\).*/\1/')
            case "$line" in
                *server/discover*) echo '{"jsonrpc":"2.0","id":'$id',"error":{"code":-32601,"message":"no"}}' ;;
                *initialize\"*) echo '{"jsonrpc":"2.0","id":'$id',"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"shell","version":"'$SECRET$GIVEN'"}}}' ;;
                *crash*) exit 3 ;;
                *elicit*)
                    echo '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"?","requestedSchema":{"type":"object","properties":{}}}}'
                    read -r answer
                    echo '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":1}}'
                    code=$(printf %s "$answer" | sed 's/.*"code":\(-[0-9]*\).*/\1/')
                    echo '{"jsonrpc":"2.0","id":'$id',"result":{"content":[{"type":"text","text":"'$code'"}]}}' ;;
                *resources/subscribe*)
                    echo '{"jsonrpc":"2.0","id":'$id',"result":{}}'
                    echo '{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a:b"}}' ;;
                *tools/call*) echo '{"jsonrpc":"2.0","id":'$id',"result":{"content":[{"type":"text","text":"'$$'"}]}}' ;;
                *'"id"'*) echo '{"jsonrpc":"2.0","id":'$id',"error":{"code":-32601,"message":"no"}}' ;;
            esac
            echo noise >&2
        done"#;

fn shell() -> Command {
    Command::new("/bin/sh").args(["-c", SHELL]).env("GIVEN", "given")
}

/// security.md T1: what a child inherits is chosen; what it says on standard error holds nothing up.
#[cfg(unix)]
#[tokio::test]
async fn a_child_is_spoken_to_and_ended() {
    let client = Client::connect(shell()).await.unwrap();
    assert_eq!(client.server().version.as_str(), "2025-06-18", "an older server is found out");
    assert_eq!(client.server().server.version, "given");
    let id: String = client.call("any", json!({})).await.unwrap();
    assert!(std::path::Path::new(&format!("/proc/{id}")).exists() || !cfg!(target_os = "linux"));
    client.close().await;
    assert!(!std::path::Path::new(&format!("/proc/{id}")).exists(), "no zombie is left");
}

/// What a server says beside the protocol is heard, and does no harm.
#[cfg(unix)]
#[tokio::test]
async fn noise_is_heard_and_breaks_nothing() {
    use std::sync::{Arc, Mutex};
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let hear = |what: &'static str| {
        let heard = Arc::clone(&heard);
        move |text: &str| heard.lock().unwrap().push(format!("{what}: {text}"))
    };
    let options = Client::options().on_stray(hear("output")).on_stderr(hear("error"));
    let script = "echo Starting; echo careful >&2; ".to_owned() + SHELL;
    let client = options.connect(Command::new("/bin/sh").args(["-c", &script])).await.unwrap();
    client.ping().await.unwrap_err();
    client.close().await;
    let heard = heard.lock().unwrap();
    assert!(heard.contains(&"output: Starting".to_owned()), "{heard:?}");
    assert!(heard.iter().any(|text| text.starts_with("error: careful")), "{heard:?}");
}

/// Rule S40: what a server does wrong is told, once; nothing panics.
#[cfg(unix)]
#[tokio::test]
async fn a_subscription_without_an_acknowledgement_is_refused() {
    let script = r#"
        while read -r line; do
            id=$(printf %s "$line" | sed 's/.*"id":\([0-9]*\).*/\1/')
            echo '{"jsonrpc":"2.0","id":'$id',"result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{}}}'
        done"#;
    let client = Client::connect(Command::new("/bin/sh").args(["-c", script])).await.unwrap();
    let refused = client.subscribe(toolwright::client::Interest::lists()).await.unwrap_err();
    assert!(matches!(refused, Error::Invalid(_)), "{refused}");
    client.ping().await.unwrap();
}

#[tokio::test]
async fn a_program_that_is_not_there_or_says_nothing_is_told() {
    let refused = Client::connect("/does/not/exist --at all").await.unwrap_err();
    assert!(refused.to_string().contains("cannot start /does/not/exist"), "{refused}");
    let refused = Client::connect(Command::new("/bin/sh").args(["-c", "exit 3"])).await.unwrap_err();
    assert!(matches!(refused, Error::Gone(_)), "{refused}");
}

/// Rule IO10: what it was in the middle of fails, the next call starts it anew; but not for ever.
#[cfg(unix)]
#[tokio::test]
async fn a_server_that_crashes_is_started_again_if_that_is_wanted() {
    let client = Client::connect(shell().restart(2)).await.unwrap();
    let mut ids = std::collections::HashSet::new();
    for _ in 0..3 {
        assert!(ids.insert(client.call::<String>("any", json!({})).await.unwrap()), "another process");
        let ended = client.call::<String>("crash", json!({})).await.unwrap_err();
        assert!(matches!(&ended, Error::Gone(why) if why.contains("the server has ended")), "{ended}");
    }
    let ended = client.call::<String>("any", json!({})).await.unwrap_err();
    assert!(ended.to_string().ends_with("and was begun anew 2 times before"), "{ended}");
    let client = Client::connect(shell()).await.unwrap();
    client.call::<String>("crash", json!({})).await.unwrap_err();
    let ended = client.call::<String>("any", json!({})).await.unwrap_err();
    assert_eq!(ended.to_string(), "the server has ended", "it never is without the option");
    let client = Client::connect(shell().restart(2)).await.unwrap();
    client.clone().close().await;
    assert!(matches!(client.ping().await, Err(Error::Gone(_))), "who closes it does not want it back");
}

/// Rules IO10 and C13.
#[cfg(unix)]
#[tokio::test]
async fn a_subscription_outlives_a_crash() {
    let client = Client::connect(shell().restart(1)).await.unwrap();
    let mut changes = client.subscribe(Interest::only("a:b")).await.unwrap();
    for _ in 0..2 {
        assert_eq!(changes.next().await.unwrap(), Some(Change::Resource("a:b".into())));
        client.call::<String>("crash", json!({})).await.unwrap_err();
    }
    let ended = changes.next().await;
    assert!(matches!(ended, Err(Error::Gone(_))), "{ended:?}");
    assert_eq!(changes.next().await.unwrap(), None);
}

/// A panic of the user's is an answer, not a silence; and nothing else stops for it.
#[cfg(unix)]
#[tokio::test]
async fn a_handler_that_panics_answers_with_an_error() {
    let client = Client::options().on_elicit(|_| async { panic!("on purpose") });
    let client = client.on_log(toolwright::client::LogLevel::Debug, |_| panic!("on purpose"));
    let client = client.connect(shell()).await.unwrap();
    for _ in 0..2 {
        let code: i64 = client.call("elicit", json!({})).await.unwrap();
        assert_eq!(code, -32603);
    }
}
