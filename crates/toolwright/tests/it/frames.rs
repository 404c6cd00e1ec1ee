//! Malformed and odd messages: each is answered as it must be, and harms nobody.

use serde_json::{Value, json};

use crate::peer::{Peer, cancel, code, modern};
use crate::tools;

const PARSE: i64 = -32700;
const REQUEST: i64 = -32600;
const METHOD: i64 = -32601;
const PARAMS: i64 = -32602;
const VERSION: i64 = -32022;

/// What a frame must be answered with.
enum Said {
    Nothing,
    /// An error of this code, under this id if there is one.
    Error(i64, Option<Value>),
    Result(Value),
}

fn error(code: i64) -> Said {
    Said::Error(code, None)
}

fn for_seven(code: i64) -> Said {
    Said::Error(code, Some(json!(7)))
}

/// Rules S1, S2, S3, S5, IO1 and security.md P1: text that is no message, or hardly one.
fn texts() -> Vec<(&'static [u8], Said)> {
    let mut all: Vec<(&[u8], Said)> = IGNORED.into_iter().map(|text| (text, Said::Nothing)).collect();
    all.extend(NOT_JSON.into_iter().map(|text| (text, error(PARSE))));
    all.extend(NO_REQUEST.into_iter().map(|text| (text, error(REQUEST))));
    all.extend(WRONG_SEVEN.into_iter().map(|text| (text, for_seven(REQUEST))));
    all
}

/// What is no request, and so is never answered.
const IGNORED: [&[u8]; 27] = [
    b"",
    b" ",
    b"\t \r",
    b"\r",
    br#"{"jsonrpc":"2.0","id":7,"result":{}}"#,
    br#"{"jsonrpc":"2.0","id":"s","result":null}"#,
    br#"{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"m"}}"#,
    br#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"m"}}"#,
    br#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}}"#,
    br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
    br#"{"jsonrpc":"2.0","method":"notifications/unheard/of","params":{"x":1}}"#,
    br#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#,
    br#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"fail"}}"#,
    br#"{"jsonrpc":"2.0","method":"ping"}"#,
    br#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#,
    br#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":[1]}}"#,
    br#"{"jsonrpc":"2.0","method":"notifications/x","params":null}"#,
    br#"{"jsonrpc":"2.0","method":"notifications/x","params":[]}"#,
    br#"{"jsonrpc":"2.0","method":"notifications/x","params":{"_meta":5}}"#,
    br#"{"jsonrpc":"2.0","method":"notifications/x","params":{"_meta":{"progressToken":1,"progressToken":2}}}"#,
    br#"{"jsonrpc":"1.0","method":"notifications/x"}"#,
    br#"{"method":"notifications/x"}"#,
    br#"{"jsonrpc":"2.0","method":"notifications/x","method":"notifications/y"}"#,
    br#"{"jsonrpc":"2.0","id":7,"result":{},"error":{}}"#,
    br#"{"jsonrpc":"2.0","id":7,"result":{},"result":{}}"#,
    br#"{"jsonrpc":"2.0","id":7,"result":{},"params":null}"#,
    br#"{"id":[],"error":null}"#,
];

/// What is not JSON.
const NOT_JSON: [&[u8]; 13] = [
    b"{",
    b"}",
    b"nonsense",
    b"\"",
    b"{]",
    br#"{"jsonrpc":"2.0","id":7,"method":"ping""#,
    br#"{"jsonrpc":"2.0","id":7,"method":"ping",}"#,
    br#"{'jsonrpc':'2.0','id':7,'method':'ping'}"#,
    b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\xff\"}",
    b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"pi\0ng\"}",
    b"\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}",
    br#"{"jsonrpc":"2.0","id":7,"method":"ping"} {}"#,
    br#"{"jsonrpc":"2.0","id":07,"method":"ping"}"#,
];

/// What is JSON, and no request with an id.
const NO_REQUEST: [&[u8]; 15] = [
    b"null",
    b"true",
    b"42",
    b"\"text\"",
    b"[]",
    b"[1]",
    b"{}",
    br#"[{"jsonrpc":"2.0","id":7,"method":"ping"}]"#,
    br#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
    br#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
    br#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#,
    br#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
    br#"{"jsonrpc":"2.0","id":[7],"method":"ping"}"#,
    br#"{"jsonrpc":"2.0","id":18446744073709551616,"method":"ping"}"#,
    br#"{"jsonrpc":"2.0","id":1e2,"method":"ping"}"#,
];

/// Requests with the id 7 that are wrong in some other way.
const WRONG_SEVEN: [&[u8]; 16] = [
    br#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#,
    br#"{"jsonrpc":2.0,"id":7,"method":"ping"}"#,
    br#"{"id":7,"method":"ping"}"#,
    br#"{"jsonrpc":"2.0","id":7}"#,
    br#"{"jsonrpc":"2.0","id":7,"method":5}"#,
    br#"{"jsonrpc":"2.0","id":7,"method":null}"#,
    br#"{"jsonrpc":"2.0","id":7,"method":["ping"]}"#,
    br#"{"jsonrpc":"2.0","id":7,"Method":"ping"}"#,
    br#"{"jsonrpc":"2.0","id":7,"METHOD":"ping"}"#,
    br#"{"JSONRPC":"2.0","id":7,"method":"ping"}"#,
    br#"{"jsonrpc":"2.0","id":7,"method":"ping","method":"tools/list"}"#,
    br#"{"jsonrpc":"2.0","jsonrpc":"2.0","id":7,"method":"ping"}"#,
    br#"{"jsonrpc":"2.0","id":7,"method":"ping","params":[]}"#,
    br#"{"jsonrpc":"2.0","id":7,"method":"ping","params":null}"#,
    br#"{"jsonrpc":"2.0","id":7,"method":"ping","params":"text"}"#,
    br#"{"jsonrpc":"2.0","id":7,"method":"ping","result":{}}"#,
];

/// Requests that are well formed and still wrong, and some that are odd and right.
fn requests() -> Vec<(Value, Said)> {
    let ping = |id: Value| json!({"jsonrpc": "2.0", "id": id, "method": "ping"});
    let with_meta =
        |meta: Value| json!({"jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": {"_meta": meta}});
    let version = "io.modelcontextprotocol/protocolVersion";
    let capabilities = "io.modelcontextprotocol/clientCapabilities";
    let mut all = Vec::new();
    for id in
        [json!(0), json!(-7), json!(u64::MAX), json!(i64::MIN), json!(""), json!("a\"b"), json!("ü\u{0}")]
    {
        all.push((ping(id.clone()), Said::Result(id)));
    }
    for meta in [json!(5), json!("x"), json!(["2026-07-28", {}]), json!([]), json!(true)] {
        all.push((with_meta(meta), for_seven(PARAMS)));
    }
    all.extend([
        (with_meta(json!(null)), for_seven(PARAMS)),
        (with_meta(json!({})), for_seven(PARAMS)),
        (with_meta(json!({version: "2026-07-28"})), for_seven(PARAMS)),
        (with_meta(json!({capabilities: {}})), for_seven(PARAMS)),
        (with_meta(json!({version: "2026-07-28", capabilities: 5})), for_seven(PARAMS)),
        (with_meta(json!({version: "2026-07-28", capabilities: []})), for_seven(PARAMS)),
        (with_meta(json!({version: 20260728, capabilities: {}})), for_seven(PARAMS)),
        (with_meta(json!({version: "2025-11-25", capabilities: {}})), for_seven(VERSION)),
        (with_meta(json!({version: "2031-01-01", capabilities: {}})), for_seven(VERSION)),
        (with_meta(json!({version: "2026-07-28", capabilities: {}})), Said::Result(json!(7))),
        (modern(7, "tools/lost", json!({})), for_seven(METHOD)),
        (modern(7, "", json!({})), for_seven(METHOD)),
        (modern(7, "Tools/List", json!({})), for_seven(METHOD)),
        (modern(7, "initialize", json!({})), for_seven(METHOD)),
        (modern(7, "ping", json!({})), for_seven(METHOD)),
        (modern(7, "logging/setLevel", json!({"level": "info"})), for_seven(METHOD)),
        (modern(7, "resources/subscribe", json!({"uri": "contents://all"})), for_seven(METHOD)),
        (modern(7, "tasks/result", json!({})), for_seven(METHOD)),
        (modern(7, "tools/call", json!({})), for_seven(PARAMS)),
        (modern(7, "tools/call", json!({"name": 5})), for_seven(PARAMS)),
        (modern(7, "tools/call", json!({"name": "lost"})), for_seven(PARAMS)),
        (modern(7, "tools/call", json!({"name": "echo", "arguments": []})), for_seven(PARAMS)),
        (modern(7, "tools/call", json!({"name": "echo", "arguments": "text"})), for_seven(PARAMS)),
        (modern(7, "tools/list", json!({"cursor": "wrong"})), for_seven(PARAMS)),
        (modern(7, "tools/list", json!({"cursor": 5})), for_seven(PARAMS)),
        (modern(7, "prompts/get", json!({"name": "lost"})), for_seven(PARAMS)),
        (modern(7, "prompts/get", json!({"name": "greet"})), for_seven(PARAMS)),
        (modern(7, "resources/read", json!({})), for_seven(PARAMS)),
        (modern(7, "resources/read", json!({"uri": "lost://x"})), for_seven(PARAMS)),
        (modern(7, "completion/complete", json!({})), for_seven(PARAMS)),
        (modern(7, "subscriptions/listen", json!({})), for_seven(PARAMS)),
        (modern(7, "subscriptions/listen", json!({"notifications": 5})), for_seven(PARAMS)),
        (cancel("nobody"), Said::Nothing),
    ]);
    all
}

/// Each frame is followed by a call that lives: what is said before its answer was said to the frame.
async fn check(peer: &mut Peer, frame: &[u8], said: Said) {
    let shown = String::from_utf8_lossy(&frame[..frame.len().min(200)]).into_owned();
    peer.send_bytes(frame).await;
    peer.send_bytes(b"\n").await;
    let live = modern("live", "tools/call", json!({"name": "echo", "arguments": {"text": "alive"}}));
    let answer = peer.ask(live).await;
    assert_eq!(answer["result"]["content"][0]["text"], "alive", "{shown}");
    let told = std::mem::take(&mut peer.told);
    match said {
        Said::Nothing => assert_eq!(told, Vec::<Value>::new(), "{shown}"),
        Said::Error(wanted, id) => {
            assert_eq!(told.len(), 1, "{shown}: {told:?}");
            assert_eq!((code(&told[0]), told[0].get("id").cloned()), (wanted, id), "{shown}");
        }
        Said::Result(id) => {
            assert_eq!(told.len(), 1, "{shown}: {told:?}");
            assert!(told[0]["id"] == id && told[0].get("result").is_some(), "{shown}: {told:?}");
        }
    }
}

/// Rules S1, S2, S3, S5, S13, S21 and security.md P1, P2.
#[tokio::test(start_paused = true)]
async fn every_odd_frame_is_answered_as_it_must_be_and_harms_no_other() {
    let mut peer = Peer::new(&tools::service());
    let mut count = 0;
    for (frame, said) in texts() {
        check(&mut peer, frame, said).await;
        count += 1;
    }
    for (frame, said) in requests() {
        check(&mut peer, frame.to_string().as_bytes(), said).await;
        count += 1;
    }
    assert!(count >= 60, "{count} frames");
    assert_eq!(peer.end().await, Vec::<Value>::new());
}

/// Security.md P1: nesting is neither followed nor feared.
#[tokio::test(start_paused = true)]
async fn deep_nesting_is_refused_without_harm() {
    let mut peer = Peer::new(&tools::service());
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    check(&mut peer, open.as_bytes(), error(PARSE)).await;
    check(&mut peer, format!("{open}{close}").as_bytes(), error(REQUEST)).await;
    check(&mut peer, "{\"a\":".repeat(100_000).as_bytes(), error(PARSE)).await;
    let params = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"ping","params":{{"a":{open}{close}}}}}"#);
    check(&mut peer, params.as_bytes(), Said::Result(json!(7))).await;
    let argument = modern(7, "tools/call", json!({"name": "echo", "arguments": {"text": "DEEP"}}));
    let argument = argument.to_string().replace("\"DEEP\"", &format!("{open}{close}"));
    check(&mut peer, argument.as_bytes(), Said::Result(json!(7))).await;
    let meta = json!({"jsonrpc": "2.0", "id": 7, "method": "ping", "params": {"_meta": {"x": "DEEP"}}});
    let meta = meta.to_string().replace("\"DEEP\"", &format!("{open}{close}"));
    check(&mut peer, meta.as_bytes(), Said::Result(json!(7))).await;
}

/// Rules S1 and IO2: a message may have any of JSON's white space around it, and end in CR LF.
#[tokio::test(start_paused = true)]
async fn white_space_around_a_message_is_no_part_of_it() {
    let mut peer = Peer::new(&tools::service());
    for frame in [
        "  {\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}\r",
        "\t{ \"jsonrpc\" : \"2.0\" ,\"id\":7, \"method\":\"p\\u0069ng\"} ",
    ] {
        check(&mut peer, frame.as_bytes(), Said::Result(json!(7))).await;
    }
    peer.send_bytes(br#"{"jsonrpc":"2.0","id":8,"method":"ping"}"#).await;
    let rest = peer.end().await;
    assert_eq!(rest, [json!({"jsonrpc": "2.0", "id": 8, "result": {}})], "the last line needs no end");
}

/// Rule S9: a long name is not said again in full, nor compared for long.
#[tokio::test(start_paused = true)]
async fn an_error_stays_short_whatever_was_asked_for() {
    let mut peer = Peer::new(&tools::service());
    let long = "n".repeat(4_000_000);
    let requests = [
        modern(7, &long, json!({})),
        modern(7, "tools/call", json!({"name": long})),
        modern(7, "tools/call", json!({"name": "echo", "arguments": {&long: 1}})),
        modern(7, "prompts/get", json!({"name": long})),
        modern(
            7,
            "completion/complete",
            json!({"ref": {"type": "ref/prompt", "name": long}, "argument": {"name": "a", "value": ""}}),
        ),
    ];
    for request in requests {
        let answer = peer.ask(request).await.to_string();
        assert!(answer.len() < 2000, "{} bytes", answer.len());
    }
    let many: serde_json::Map<_, _> = (0..100_000).map(|n| (format!("wrong{n}"), json!(1))).collect();
    let answer =
        peer.ask(modern(7, "tools/call", json!({"name": "echo", "arguments": many}))).await.to_string();
    assert!(answer.len() < 10_000, "{} bytes", answer.len());
}
