//! The arguments of a call: what is wrong with them is said at once, in words a model can act on.

use serde_json::{Value, json};
use toolwright::prelude::*;

use crate::peer::{Peer, call, code, text};

#[derive(Deserialize, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "lowercase")]
enum Status {
    Open,
    Paid,
}

#[derive(Deserialize, JsonSchema, Debug)]
#[allow(dead_code, reason = "what was read is shown by `Debug`")]
struct Filter {
    status: Status,
    tags: Vec<String>,
}

/// Takes all kinds of arguments.
#[tool(inline)]
fn search(
    query: String,
    #[arg(default = 5, range(1..=500))] limit: u32,
    exact: Option<bool>,
    filter: Option<Filter>,
    #[arg(default = 1.5)] weight: f64,
) -> String {
    format!("{query} {limit} {exact:?} {filter:?} {weight}")
}

/// Reads numbers only as numbers.
#[tool(inline, strict)]
fn exactly(count: i64, flag: bool) -> String {
    format!("{count} {flag}")
}

/// Takes all arguments as one.
#[tool(inline)]
fn whole(Args(filter): Args<Filter>) -> String {
    format!("{filter:?}")
}

/// Needs nothing.
#[tool(inline)]
fn nothing() -> &'static str {
    "done"
}

/// Searches a list.
#[tool(inline)]
fn search_list(query: String) -> String {
    query
}

async fn peer() -> Peer {
    let tools = toolset![search, exactly, whole, nothing, search_list];
    Peer::new(&Server::new("arguments").tools(tools).build().unwrap())
}

/// Rules S52, S53 and protocol.md 1.8: faults are a result the model can read, all of them at once.
#[tokio::test(start_paused = true)]
async fn all_that_is_wrong_is_said_at_once() {
    let mut peer = peer().await;
    let arguments = json!({
        "limit": 501, "exact": "perhaps", "filter": {"status": "lost", "tags": ["a", 5]}, "wieght": 1, "weight": []
    });
    let answer = peer.ask(call(1, "search", arguments)).await;
    assert_eq!(answer["result"]["isError"], true);
    let said = text(&answer);
    for part in [
        "query",
        "limit",
        "exact",
        "filter.status",
        "filter.tags[1]",
        "did you mean `weight`?",
        "\n- weight: ",
    ] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
}

/// Rule S53.
#[tokio::test(start_paused = true)]
async fn what_is_left_out_or_null_has_its_default() {
    let mut peer = peer().await;
    for arguments in [
        json!({"query": "q"}),
        json!({"query": "q", "limit": null, "exact": null, "filter": null, "weight": null}),
    ] {
        let answer = peer.ask(call(1, "search", arguments)).await;
        assert_eq!(text(&answer), "q 5 None None 1.5");
    }
    let request = json!({"name": "nothing"});
    assert_eq!(text(&peer.ask(crate::peer::modern(2, "tools/call", request)).await), "done");
    assert_eq!(text(&peer.ask(call(3, "nothing", json!({}))).await), "done");
    let answer = peer.ask(call(4, "nothing", json!({"x": 1}))).await;
    assert!(text(&answer).contains("unknown"), "{answer}");
}

/// Text that means a number is read as one, unless the tool is strict.
#[tokio::test(start_paused = true)]
async fn a_lenient_tool_reads_what_is_meant_and_a_strict_one_what_is_said() {
    let mut peer = peer().await;
    let loose = json!({"query": "q", "limit": "7", "exact": "true", "weight": "2", "filter": "{\"status\": \"paid\", \"tags\": []}"});
    let answer = peer.ask(call(1, "search", loose)).await;
    assert_eq!(text(&answer), "q 7 Some(true) Some(Filter { status: Paid, tags: [] }) 2");
    assert_eq!(
        text(&peer.ask(call(2, "search", json!({"query": "q", "limit": 7.0}))).await),
        "q 7 None None 1.5"
    );
    assert_eq!(text(&peer.ask(call(3, "exactly", json!({"count": 7, "flag": true}))).await), "7 true");
    let answer = peer.ask(call(4, "exactly", json!({"count": "7", "flag": "true"}))).await;
    assert!(
        answer["result"]["isError"] == true
            && text(&answer).contains("count")
            && text(&answer).contains("flag")
    );
    for limit in [json!(0), json!(501), json!(-1), json!(1.5), json!("many"), json!(u64::MAX), json!("")] {
        let answer = peer.ask(call(5, "search", json!({"query": "q", "limit": limit}))).await;
        assert!(answer["result"]["isError"] == true && text(&answer).contains("limit"), "{limit}: {answer}");
    }
}

/// Arguments of one's own struct are checked like any other.
#[tokio::test(start_paused = true)]
async fn one_struct_for_all_arguments_is_checked_as_well() {
    let mut peer = peer().await;
    let answer = peer.ask(call(1, "whole", json!({"status": "open", "tags": ["a"]}))).await;
    assert_eq!(text(&answer), "Filter { status: Open, tags: [\"a\"] }");
    for (arguments, part) in [
        (json!({"tags": []}), "status"),
        (json!({"status": "open", "tags": [1]}), "tags[0]"),
        (json!({}), "tags"),
    ] {
        let answer = peer.ask(call(2, "whole", arguments)).await;
        assert!(answer["result"]["isError"] == true && text(&answer).contains(part), "{part}: {answer}");
    }
}

/// Rule S52 and protocol.md 1.8: a tool that is not there is a protocol error, and names the nearest.
#[tokio::test(start_paused = true)]
async fn an_unknown_tool_is_answered_with_the_nearest_name() {
    let mut peer = peer().await;
    let answer = peer.ask(call(1, "serch", json!({}))).await;
    assert_eq!(code(&answer), -32602);
    assert!(answer["error"]["message"].as_str().unwrap().contains("did you mean `search`?"), "{answer}");
    let answer = peer.ask(call(1, "completely-else", json!({}))).await;
    assert!(answer["error"]["message"].as_str().unwrap().contains("`exactly`"), "{answer}");
    assert_eq!(code(&peer.ask(call(1, "SEARCH", json!({}))).await), -32602, "names are case-sensitive");
}

/// Security.md P2: an argument given twice is refused, and so is one of a wrong case.
#[tokio::test(start_paused = true)]
async fn a_duplicate_or_differently_spelled_argument_is_refused() {
    let mut peer = peer().await;
    for (arguments, part) in [
        (r#"{"query":"a","query":"b"}"#, "given twice"),
        (r#"{"Query":"a"}"#, "did you mean `query`?"),
        (r#"{"qu\u0065ry":"a","query":"b"}"#, "given twice"),
    ] {
        let request = call(1, "search_list", json!("HERE")).to_string().replace("\"HERE\"", arguments);
        peer.send_line(&request).await;
        let answer = peer.answer(&json!(1)).await;
        assert!(answer["result"]["isError"] == true && text(&answer).contains(part), "{answer}");
    }
    let escaped = call(1, "search_list", json!("HERE"))
        .to_string()
        .replace("\"HERE\"", r#"{"qu\u0065ry":"\u00e9\ud83d\ude00"}"#);
    peer.send_line(&escaped).await;
    assert_eq!(text(&peer.answer(&json!(1)).await), "é😀");
}

/// Rules S45, S46, S43 and S69: schemas are objects that say so, names are legal, the order stays.
#[tokio::test(start_paused = true)]
async fn the_list_of_tools_is_sound() {
    let mut peer = peer().await;
    let first = peer.ask(crate::peer::modern(1, "tools/list", json!({}))).await;
    let tools = first["result"]["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["search", "exactly", "whole", "nothing", "search_list"]);
    for tool in tools {
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
    }
    assert_eq!(tools[0]["inputSchema"]["required"], json!(["query"]));
    assert_eq!(tools[0]["inputSchema"]["properties"]["limit"]["maximum"], 500);
    assert_eq!(tools[3]["inputSchema"], json!({"type": "object", "additionalProperties": false}));
    let again = peer.ask(crate::peer::modern(1, "tools/list", Value::Object(Default::default()))).await;
    assert_eq!(first, again);
}
