//! Both eras on one connection: the decision table of protocol.md 1.7, beginning, discovering.

use serde_json::{Value, json};
use toolwright::prelude::*;

use crate::peer::{LEGACY, MODERN, Peer, call, code, legacy, modern, text};
use crate::tools::{self, echo};

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// Rules S3, IO5, G1 and G4; row 10: before any session only `ping` and `initialize` are answered.
#[tokio::test(start_paused = true)]
async fn without_a_session_a_request_must_describe_itself() {
    let mut peer = Peer::new(&tools::service());
    assert_eq!(
        peer.ask(legacy(1, "ping", json!({}))).await,
        json!({"jsonrpc": "2.0", "id": 1, "result": {}})
    );
    for method in ["tools/list", "tools/call", "logging/setLevel", "server/discover", "unheard/of"] {
        let answer = peer.ask(legacy(2, method, json!({}))).await;
        assert_eq!(code(&answer), -32602, "{method}");
        let data = &answer["error"]["data"];
        assert_eq!(data["missing"].as_array().unwrap().len(), 2, "{method}");
        assert_eq!(data["supported"][0], MODERN);
    }
    let without_params = json!({"jsonrpc": "2.0", "id": 3, "method": "tools/list"});
    assert_eq!(code(&peer.ask(without_params).await), -32602);
}

/// Rules G1 and G3; rows 4 and 11: each legacy version is agreed to, an unknown one becomes the newest of them.
#[tokio::test(start_paused = true)]
async fn a_handshake_settles_on_the_version_asked_for_or_else_the_newest_legacy_one() {
    for (asked, settled) in LEGACY.map(|version| (version, version)).into_iter().chain([
        ("2099-01-01", LEGACY[0]),
        ("1.0", LEGACY[0]),
        ("", LEGACY[0]),
        (MODERN, LEGACY[0]),
    ]) {
        let mut peer = Peer::new(&tools::service());
        let answer = peer.begin(asked).await;
        let result = &answer["result"];
        assert_eq!(result["protocolVersion"], settled, "{asked}");
        assert_eq!(result["serverInfo"]["name"], "everything");
        assert_eq!(result["serverInfo"].get("title").is_some(), settled >= "2025-06-18", "{settled}");
        assert_eq!(result["instructions"], "Try it.");
        assert!(result.get("resultType").is_none() && result.get("ttlMs").is_none(), "{result}");
        let listed = peer.ask(legacy(2, "tools/list", json!({}))).await;
        assert!(listed["result"]["tools"].as_array().is_some_and(|tools| !tools.is_empty()));
    }
}

/// Rule G1: what cannot be read begins nothing, and harms no session that is there.
#[tokio::test(start_paused = true)]
async fn a_wrong_initialize_leaves_everything_as_it_was() {
    let mut peer = Peer::new(&tools::service());
    for params in [json!({}), json!({"protocolVersion": 5}), json!({"protocolVersion": null})] {
        assert_eq!(code(&peer.ask(legacy(1, "initialize", params)).await), -32602);
    }
    assert_eq!(code(&peer.ask(legacy(2, "tools/list", json!({}))).await), -32602);
    peer.begin(LEGACY[2]).await;
    assert_eq!(code(&peer.ask(legacy(1, "initialize", json!({}))).await), -32602);
    assert!(peer.ask(legacy(2, "tools/list", json!({}))).await.get("result").is_some());
}

/// Row 4: a second `initialize` replaces the session.
#[tokio::test(start_paused = true)]
async fn a_second_initialize_replaces_the_session() {
    let mut peer = Peer::new(&tools::service());
    peer.begin("2025-11-25").await;
    let structured = peer.ask(legacy(1, "tools/call", json!({"name": "point", "arguments": {"x": 1}}))).await;
    assert_eq!(structured["result"]["structuredContent"], json!({"x": 1, "y": null}));
    assert_eq!(peer.begin("2024-11-05").await["result"]["protocolVersion"], "2024-11-05");
    let plain = peer.ask(legacy(2, "tools/call", json!({"name": "point", "arguments": {"x": 1}}))).await;
    assert!(plain["result"].get("structuredContent").is_none());
}

/// Rules S10, S11 and G3; rows 5 and 11: a request is answered by what it says itself, whatever came before.
#[tokio::test(start_paused = true)]
async fn both_eras_are_spoken_on_one_connection() {
    let mut peer = Peer::new(&tools::service());
    peer.begin("2025-06-18").await;
    for round in 0..50 {
        let old = peer.ask(legacy(round, "tools/call", json!({"name": "list"}))).await;
        assert!(old["result"].get("resultType").is_none(), "{old}");
        assert!(old["result"]["structuredContent"]["result"].is_array());
        let new = peer.ask(call(round, "list", json!({}))).await;
        assert_eq!(new["result"]["resultType"], "complete");
        assert!(new["result"]["structuredContent"].is_array());
        assert_eq!(code(&peer.ask(modern("m", "ping", json!({}))).await), -32601);
        assert_eq!(peer.ask(legacy("l", "ping", json!({}))).await["result"], json!({}));
        assert_eq!(code(&peer.ask(legacy("l", "server/discover", json!({}))).await), -32601);
        assert_eq!(code(&peer.ask(legacy("l", "subscriptions/listen", json!({}))).await), -32601);
    }
    let lost = json!({"uri": "lost://x"});
    assert_eq!(code(&peer.ask(legacy(1, "resources/read", lost.clone())).await), -32002);
    assert_eq!(code(&peer.ask(modern(1, "resources/read", lost)).await), -32602);
}

/// Rules S21 and S7; row 5: a version that is not spoken is refused by the one code for it.
#[tokio::test(start_paused = true)]
async fn an_unsupported_version_is_answered_with_those_that_are_spoken() {
    let mut peer = Peer::new(&tools::service());
    for requested in ["2099-01-01", "2025-11-25", "", "draft"] {
        let params = json!({"_meta": {"io.modelcontextprotocol/protocolVersion": requested}});
        for method in ["tools/list", "server/discover", "initialize", "unheard/of"] {
            let answer = peer.ask(modern(1, method, params.clone())).await;
            assert_eq!(code(&answer), -32022, "{method} {requested}");
            assert_eq!(answer["error"]["data"]["requested"], requested);
            assert_eq!(answer["error"]["data"]["supported"][0], MODERN);
        }
    }
}

/// Rules S15, S20, S23 and S63: what a server is, in one answer.
#[tokio::test(start_paused = true)]
async fn discover_tells_versions_features_and_who_answers() {
    let mut peer = Peer::new(&tools::service());
    let result = peer.ask(modern(1, "server/discover", json!({}))).await["result"].take();
    let mut versions = vec![MODERN];
    versions.extend(LEGACY);
    assert_eq!(result["supportedVersions"], json!(versions));
    assert_eq!(
        result["_meta"][SERVER_INFO],
        json!({"name": "everything", "title": "Everything", "version": "1.2.3"})
    );
    assert_eq!(
        result["capabilities"],
        json!({
            "logging": {}, "completions": {}, "prompts": {"listChanged": true},
            "resources": {"subscribe": true, "listChanged": true}, "tools": {"listChanged": true}
        })
    );
    assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(0), &json!("private")));
    assert!(result.get("serverInfo").is_none(), "identity stands in `_meta`");
}

/// Rules S42, S54, S58, S61: what is not announced is not there to be asked for, in either era.
#[tokio::test(start_paused = true)]
async fn a_feature_that_is_not_announced_has_no_methods() {
    let service = Server::new("tools only").tools(toolset![echo]).build().unwrap();
    let mut peer = Peer::new(&service);
    let methods = [
        "prompts/list",
        "prompts/get",
        "resources/list",
        "resources/read",
        "resources/templates/list",
        "completion/complete",
    ];
    for method in methods {
        assert_eq!(code(&peer.ask(modern(1, method, json!({}))).await), -32601, "{method}");
    }
    peer.begin(LEGACY[0]).await;
    for method in methods.into_iter().chain(["resources/subscribe", "resources/unsubscribe"]) {
        assert_eq!(code(&peer.ask(legacy(1, method, json!({}))).await), -32601, "{method}");
    }
    let empty = Server::new("empty").build().unwrap();
    let mut peer = Peer::new(&empty);
    assert_eq!(code(&peer.ask(modern(1, "tools/list", json!({}))).await), -32601);
    let discovered = peer.ask(modern(2, "server/discover", json!({}))).await;
    assert_eq!(discovered["result"]["capabilities"], json!({"logging": {}}));
}

/// Rules S3, S15, S63 and S64: every modern result names its kind and who answers, six carry cache hints.
#[tokio::test(start_paused = true)]
async fn six_modern_results_carry_cache_hints_and_no_legacy_one_does() {
    let read = json!({"uri": "contents://all"});
    let complete =
        json!({"ref": {"type": "ref/prompt", "name": "greet"}, "argument": {"name": "who", "value": "A"}});
    let all = [
        ("server/discover", json!({}), true),
        ("tools/list", json!({}), true),
        ("resources/list", json!({}), true),
        ("resources/templates/list", json!({}), true),
        ("prompts/list", json!({}), true),
        ("resources/read", read, true),
        ("tools/call", json!({"name": "media"}), false),
        ("prompts/get", json!({"name": "greet", "arguments": {"who": "Ada"}}), false),
        ("completion/complete", complete, false),
    ];
    let mut peer = Peer::new(&tools::service());
    for (method, params, cacheable) in &all {
        let result = peer.ask(modern(1, method, params.clone())).await["result"].take();
        assert_eq!(result["resultType"], "complete", "{method}");
        assert_eq!(result["_meta"][SERVER_INFO]["version"], "1.2.3", "{method}");
        assert_eq!(
            result["ttlMs"].is_u64() && result["cacheScope"] == "private",
            *cacheable,
            "{method}: {result}"
        );
    }
    for version in LEGACY {
        peer.begin(version).await;
        for (method, params, _) in &all[1..] {
            let result = peer.ask(legacy(1, method, params.clone())).await["result"].take();
            assert!(result.is_object(), "{version} {method}");
            for modern_only in ["resultType", "ttlMs", "cacheScope", "_meta"] {
                assert!(result.get(modern_only).is_none(), "{version} {method}: {result}");
            }
        }
    }
}

/// Rule S66 and protocol.md 2.1: `logging/setLevel` holds for the session, and a level must be one.
#[tokio::test(start_paused = true)]
async fn the_log_level_of_a_session_can_be_set() {
    let mut peer = Peer::new(&tools::service());
    peer.begin(LEGACY[1]).await;
    assert_eq!(peer.ask(legacy(1, "logging/setLevel", json!({"level": "error"}))).await["result"], json!({}));
    for params in [json!({"level": "loud"}), json!({"level": 3}), json!({})] {
        assert_eq!(code(&peer.ask(legacy(2, "logging/setLevel", params)).await), -32602);
    }
}

/// Rules S25 and IO5; row 3: we ask nothing, so responses are dropped, whatever they look like.
#[tokio::test(start_paused = true)]
async fn a_response_is_never_answered() {
    let mut peer = Peer::new(&tools::service());
    peer.begin(LEGACY[0]).await;
    for round in 0..20 {
        peer.send(&json!({"jsonrpc": "2.0", "id": round, "result": {"roots": []}})).await;
        peer.send(&json!({"jsonrpc": "2.0", "id": round, "error": {"code": -32601, "message": "no"}})).await;
    }
    peer.assert_quiet().await;
}

/// Security.md P3: two servers that hear each other fall silent at once.
#[tokio::test(start_paused = true)]
async fn two_servers_wired_together_do_not_talk_for_ever() {
    let mut one = Peer::new(&tools::service());
    let mut other = Peer::new(&tools::service());
    let mut line = "garbage".to_owned();
    let mut rounds = 0;
    for turn in 0..20 {
        let (from, _) = if turn % 2 == 0 { (&mut one, ()) } else { (&mut other, ()) };
        from.send_line(&line).await;
        from.send(&call("end", "echo", json!({"text": "x"}))).await;
        let answer = from.next().await;
        if answer["id"] == "end" {
            assert_eq!(text(&answer), "x");
            break;
        }
        from.answer(&json!("end")).await;
        rounds += 1;
        line = answer.to_string();
    }
    assert_eq!(rounds, 1, "an error is not answered");
}

/// Rules S14, S16: who the client says it is changes nothing.
#[tokio::test(start_paused = true)]
async fn a_client_may_say_anything_of_itself() {
    let mut peer = Peer::new(&tools::service());
    for info in
        [json!(null), json!(5), json!({"name": "x", "version": "1"}), json!({"name": 7}), json!("text")]
    {
        let params = json!({"name": "echo", "arguments": {"text": "t"}, "_meta": {"io.modelcontextprotocol/clientInfo": info}});
        let answer = peer.ask(modern(1, "tools/call", params)).await;
        assert_eq!(text(&answer), "t");
    }
    let others = json!({"name": "echo", "arguments": {"text": "t"}, "inputResponses": {}, "x": Value::Null});
    assert_eq!(text(&peer.ask(modern(1, "tools/call", others)).await), "t");
}
