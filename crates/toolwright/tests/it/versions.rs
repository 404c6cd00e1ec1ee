//! The exact words of each version, kept as snapshots.

use serde_json::{Value, json};
use toolwright::prelude::*;

use crate::peer::{LEGACY, MODERN, Peer, legacy, modern};
use crate::tools::{CANARY, echo, fail, list, media, point, refuse, scalar};

/// What each version is asked.
fn questions() -> Vec<(&'static str, Value)> {
    let call = |name: &str, arguments: Value| ("tools/call", json!({"name": name, "arguments": arguments}));
    vec![
        ("tools/list", json!({})),
        call("echo", json!({"text": "a \"quoted\" line\n"})),
        call("point", json!({"x": -1})),
        call("list", json!({})),
        call("scalar", json!({})),
        call("media", json!({})),
        call("refuse", json!({})),
        call("echo", json!({"text": 5, "txet": 1})),
        call("ecko", json!({})),
        ("unheard/of", json!({})),
    ]
}

/// Everything a client of this version hears, line by line.
async fn heard(version: &str) -> String {
    let service = Server::new("snapshots")
        .version("1.0.0")
        .title("Snapshots")
        .website_url("https://example.com")
        .instructions("Look.")
        .tools(toolset![echo, point, list, scalar, media, refuse, fail])
        .build()
        .unwrap();
    let mut peer = Peer::new(&service);
    let mut lines = Vec::new();
    let begin = if version == MODERN {
        modern(0, "server/discover", json!({}))
    } else {
        let client = json!({"name": "test", "version": "1"});
        legacy(0, "initialize", json!({"protocolVersion": version, "capabilities": {}, "clientInfo": client}))
    };
    peer.send(&begin).await;
    lines.push(peer.line().await.unwrap());
    for (id, (method, params)) in questions().into_iter().enumerate() {
        let request = if version == MODERN { modern(id, method, params) } else { legacy(id, method, params) };
        peer.send(&request).await;
        lines.push(peer.line().await.unwrap());
    }
    lines.join("\n")
}

/// Rules G3, S3, S15, S45, S50, S51, S52, S63 and protocol.md 2.7: what newer versions have, older ones are not told.
#[tokio::test(start_paused = true)]
async fn each_version_hears_its_own_words() {
    for version in LEGACY.into_iter().chain([MODERN]) {
        insta::assert_snapshot!(version, heard(version).await);
    }
}

/// Rules S50 and S51: what is structured is said in text too, and is what the listed schema says.
#[tokio::test(start_paused = true)]
async fn structured_content_is_mirrored_as_text_and_fits_its_schema() {
    let service = Server::new("structured").tools(toolset![point, list, scalar]).build().unwrap();
    let mut peer = Peer::new(&service);
    for version in LEGACY.into_iter().chain([MODERN]) {
        if version != MODERN {
            peer.begin(version).await;
        }
        let request = |id: &str, method, params| {
            if version == MODERN { modern(id, method, params) } else { legacy(id, method, params) }
        };
        let listed = peer.ask(request("l", "tools/list", json!({}))).await;
        for tool in listed["result"]["tools"].as_array().unwrap() {
            let params = json!({"name": tool["name"], "arguments": if tool["name"] == "point" { json!({"x": 3}) } else { json!({}) }});
            let result = peer.ask(request("c", "tools/call", params)).await["result"].take();
            let said: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
            let structured = result.get("structuredContent");
            assert_eq!(structured.is_some(), version >= "2025-06-18", "{version} {tool}");
            assert_eq!(tool.get("outputSchema").is_some(), structured.is_some(), "{version} {tool}");
            let Some(structured) = structured else { continue };
            let wrapped = version != MODERN && tool["name"] != "point";
            assert_eq!(*structured, if wrapped { json!({ "result": said }) } else { said }, "{version}");
            let kind = tool["outputSchema"]["type"].as_str().unwrap();
            let fits = match kind {
                "object" => structured.is_object(),
                "array" => structured.is_array(),
                "integer" => structured.is_i64(),
                _ => false,
            };
            assert!(fits && (version == MODERN || kind == "object"), "{version}: {kind} {structured}");
        }
    }
}

/// Rules S52, S67 and security.md P6: the operator's errors are masked in every version.
#[tokio::test(start_paused = true)]
async fn an_error_that_is_not_for_the_model_is_told_as_a_reference() {
    let service = Server::new("masked").tools(toolset![fail]).build().unwrap();
    let mut peer = Peer::new(&service);
    for version in LEGACY.into_iter().chain([MODERN]) {
        let params = json!({"name": "fail"});
        let request = if version == MODERN {
            modern(1, "tools/call", params)
        } else {
            peer.begin(version).await;
            legacy(1, "tools/call", params)
        };
        peer.send(&request).await;
        let line = peer.line().await.unwrap();
        assert!(line.contains("internal error (reference ") && line.contains("\"isError\":true"), "{line}");
        assert!(!line.contains(CANARY) && !line.contains("password"), "{line}");
    }
}
