//! The stateless era: headers that repeat the body, statuses that fit the codes.

use serde_json::json;

use super::client::started;
use crate::peer::{legacy, modern, text};

type Header = (&'static str, &'static str);

const VERSION: Header = ("mcp-protocol-version", "2026-07-28");

/// Rules H1, H5 and H12.
#[tokio::test]
async fn a_call_is_answered_with_json() {
    let mut client = started().await.connect().await;
    let answer = client.modern("tools/call", json!({"name": "echo", "arguments": {"text": "hi"}})).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(text(&answer.json()), "hi");
    assert_eq!(answer.header("mcp-session-id"), None);
}

/// Rules H8 to H10, H12 and H23, and S13 and S21: each with its status and code.
#[tokio::test]
async fn what_headers_and_body_disagree_on_is_refused() {
    let mut client = started().await.connect().await;
    let call = modern(7, "tools/call", json!({"name": "echo", "arguments": {"text": "hi"}}));
    let of = |method: &str| modern(7, method, json!({}));
    let mut other = of("tools/list");
    other["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "v999.0.0".into();
    let mut bare = of("tools/list");
    bare["params"]["_meta"].as_object_mut().unwrap().remove("io.modelcontextprotocol/clientCapabilities");
    let (method, name) = (("mcp-method", "tools/call"), ("mcp-name", "echo"));
    let list = ("mcp-method", "tools/list");
    let rows = [
        ("no version", vec![method, name], &call, 400, -32020),
        ("another version", vec![("mcp-protocol-version", "2025-11-25"), method, name], &call, 400, -32020),
        ("no method", vec![VERSION, name], &call, 400, -32020),
        ("another method", vec![VERSION, ("mcp-method", "tools/list"), name], &call, 400, -32020),
        ("a method in capitals", vec![VERSION, ("mcp-method", "TOOLS/CALL"), name], &call, 400, -32020),
        ("two methods", vec![VERSION, method, method, name], &call, 400, -32020),
        ("no name", vec![VERSION, method], &call, 400, -32020),
        ("another name", vec![VERSION, method, ("mcp-name", "tell")], &call, 400, -32020),
        (
            "a name badly encoded",
            vec![VERSION, method, ("mcp-name", "=?base64?ZWNobw?=")],
            &call,
            400,
            -32020,
        ),
        ("an unknown version in both", vec![("mcp-protocol-version", "v999.0.0"), list], &other, 400, -32022),
        ("an unknown version in the body", vec![VERSION, list], &other, 400, -32020),
        ("no capabilities", vec![VERSION, list], &bare, 400, -32602),
    ];
    for (what, headers, message, status, code) in rows {
        let answer = client.post(&headers, message).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{what}");
        assert_eq!(answer.json()["id"], 7, "{what}");
    }
    let no_meta = legacy(7, "tools/list", json!({}));
    let answer = client.post(&[VERSION, list], &no_meta).await;
    assert_eq!((answer.status, answer.code()), (400, -32602), "the header says that it is modern");
    for unknown in ["initialize", "ping", "logging/setLevel", "resources/subscribe", "no/such"] {
        let answer = client.post(&[VERSION, ("mcp-method", unknown)], &of(unknown)).await;
        assert_eq!((answer.status, answer.code()), (404, -32601), "{unknown}");
    }
}

/// Rules H16, H17 and H22.
#[tokio::test]
async fn a_name_may_be_encoded_and_padded() {
    let mut client = started().await.connect().await;
    let call = modern(7, "tools/call", json!({"name": "echo", "arguments": {"text": "hi"}}));
    for name in ["=?base64?ZWNobw==?=", "  echo  "] {
        let headers = [VERSION, ("MCP-METHOD", "tools/call"), ("Mcp-Name", name)];
        assert_eq!(client.post(&headers, &call).await.status, 200, "{name}");
    }
}

/// Rules H20, H21 and H23.
#[tokio::test]
async fn arguments_with_a_header_must_be_repeated_in_it() {
    let mut client = started().await.connect().await;
    let rows = [
        (json!({"tenant": "a"}), vec![("mcp-param-tenant", "a")], 200),
        (
            json!({"tenant": "a", "count": 42}),
            vec![("mcp-param-tenant", "a"), ("mcp-param-count", "42.0")],
            200,
        ),
        (json!({"tenant": "a", "count": null}), vec![("mcp-param-tenant", "a")], 200),
        (json!({"tenant": "ä"}), vec![("mcp-param-tenant", "=?base64?w6Q=?=")], 200),
        (json!({"tenant": ""}), vec![("mcp-param-tenant", "")], 200),
        (json!({"tenant": "a"}), vec![], 400),
        (json!({"tenant": "a"}), vec![("mcp-param-tenant", "A")], 400),
        (json!({"tenant": "a"}), vec![("mcp-param-tenant", "ä")], 400),
        (json!({"tenant": "a"}), vec![("mcp-param-tenant", "a"), ("mcp-param-count", "1")], 400),
        (json!({"tenant": "a", "count": 1}), vec![("mcp-param-tenant", "a")], 400),
    ];
    for (arguments, headers, status) in rows {
        let call = modern(7, "tools/call", json!({"name": "tell", "arguments": arguments}));
        let all = [vec![VERSION, ("mcp-method", "tools/call"), ("mcp-name", "tell")], headers].concat();
        let answer = client.post(&all, &call).await;
        assert_eq!(answer.status, status, "{call} {all:?} {answer:?}");
        if status == 400 {
            assert_eq!(answer.code(), -32020);
        }
    }
}

/// Rules H4 and 1.7: what is no request.
#[tokio::test]
async fn what_is_no_request_is_accepted_or_refused_by_its_kind() {
    let mut client = started().await.connect().await;
    let rows = [
        (r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#, 202, 0),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":5}"#, 400, -32600),
        ("{", 400, -32700),
        ("", 400, -32700),
        ("[]", 400, -32600),
        ("null", 400, -32600),
    ];
    for (body, status, code) in rows {
        client.request("POST", "/mcp", &[], body).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, status, "{body}");
        if code != 0 {
            assert_eq!(answer.code(), code, "{body}");
            assert!(answer.json().get("id").is_none_or(|id| id == 1), "{body}");
        }
    }
    let answer = client.modern("tools/call", json!({"name": "no_such"})).await;
    assert_eq!((answer.status, answer.code()), (200, -32602));
    let answer = client.modern("resources/read", json!({"uri": "note://two"})).await;
    assert_eq!((answer.status, answer.code()), (200, -32602));
}

/// Rule S14.
#[tokio::test]
async fn a_missing_capability_has_its_code_and_status() {
    let running = started().await;
    let mut client = running.connect().await;
    let answer = client.modern("tools/call", json!({"name": "need"})).await;
    assert_eq!((answer.status, answer.code()), (400, -32021));
    assert_eq!(answer.json()["error"]["data"], json!({"requiredCapabilities": {"sampling": {}}}));
    let session = client.begin("2025-11-25").await;
    let answer =
        client.post(&[("mcp-session-id", &session)], &legacy(2, "tools/call", json!({"name": "need"}))).await;
    assert_eq!((answer.status, &answer.json()["result"]["isError"]), (200, &json!(true)));
}
