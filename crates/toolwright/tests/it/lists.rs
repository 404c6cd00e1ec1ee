//! Lists page by page, reading resources and prompts, and completion.

use serde_json::{Value, json};
use toolwright::prelude::*;

use crate::peer::{LEGACY, Peer, code, legacy, modern, text};
use crate::tools::{self, big, echo, list, point, scalar};

fn paged(size: usize) -> Peer {
    let tools = toolset![echo, big, point, list, scalar, tools::note, tools::contents, tools::greet];
    Peer::new(&Server::new("paged").tools(tools).page_size(size).build().unwrap())
}

/// Rules S62, S63 and S64: following the cursors gives everything once, in its order.
#[tokio::test(start_paused = true)]
async fn the_pages_of_a_list_hold_everything_once() {
    for (size, pages) in [(0, 5), (1, 5), (2, 3), (4, 2), (5, 1), (6, 1), (usize::MAX, 1)] {
        let mut peer = paged(size);
        let (mut names, mut params, mut count) = (Vec::new(), json!({}), 0);
        loop {
            let result = peer.ask(modern(1, "tools/list", params)).await["result"].take();
            assert_eq!(result["cacheScope"], "private");
            names.extend(result["tools"].as_array().unwrap().iter().map(|tool| tool["name"].clone()));
            count += 1;
            let Some(cursor) = result.get("nextCursor") else { break };
            params = json!({"cursor": cursor});
        }
        assert_eq!(
            (json!(names), count),
            (json!(["echo", "big", "point", "list", "scalar"]), pages),
            "{size}"
        );
    }
}

/// Rule S62.
#[tokio::test(start_paused = true)]
async fn a_wrong_cursor_is_refused_in_every_list_and_either_era() {
    let mut peer = paged(2);
    peer.begin(LEGACY[3]).await;
    for method in ["tools/list", "prompts/list", "resources/list", "resources/templates/list"] {
        for cursor in [
            json!(""),
            json!("p0"),
            json!("p9"),
            json!("x"),
            json!(1),
            json!("p1 "),
            json!("\u{0}"),
            json!([]),
        ] {
            let params = json!({"cursor": cursor});
            assert_eq!(code(&peer.ask(modern(1, method, params.clone())).await), -32602, "{method} {cursor}");
            assert_eq!(code(&peer.ask(legacy(2, method, params)).await), -32602, "{method} {cursor}");
        }
        let first = peer.ask(modern(1, method, json!({"cursor": null}))).await;
        assert!(first.get("result").is_some(), "null is as good as none: {first}");
    }
}

/// Rules S56, S59 and S7: resources are read with their type, and one that is not there is an error.
#[tokio::test(start_paused = true)]
async fn a_resource_is_read_or_not_found() {
    let mut peer = Peer::new(&tools::service());
    let read = |uri: &str| modern(1, "resources/read", json!({"uri": uri}));
    let first = peer.ask(read("note://1")).await;
    assert_eq!(
        first["result"]["contents"],
        json!([{"uri": "note://1", "mimeType": "text/plain", "text": "first"}])
    );
    let contents = peer.ask(read("contents://all")).await;
    assert_eq!(
        contents["result"]["contents"][0],
        json!({"uri": "contents://all", "mimeType": "application/json", "text": "[1,2]"})
    );
    peer.begin(LEGACY[0]).await;
    for uri in ["note://2", "lost://x", "", "note://", "note://1/2", "CONTENTS://ALL", "note://1?x"] {
        let answer = peer.ask(read(uri)).await;
        assert_eq!((code(&answer), &answer["error"]["data"]["uri"]), (-32602, &json!(uri)), "{answer}");
        let answer = peer.ask(legacy(1, "resources/read", json!({"uri": uri}))).await;
        assert_eq!((code(&answer), &answer["error"]["data"]["uri"]), (-32002, &json!(uri)), "{answer}");
    }
}

/// Rules S60 and S58.
#[tokio::test(start_paused = true)]
async fn a_prompt_is_given_or_its_arguments_are_refused() {
    let mut peer = Peer::new(&tools::service());
    let get = |params: Value| modern(1, "prompts/get", params);
    let given = peer.ask(get(json!({"name": "greet", "arguments": {"who": "Ada", "tone": "warmly"}}))).await;
    assert_eq!(
        given["result"]["messages"],
        json!([{"role": "user", "content": {"type": "text", "text": "Greet Ada warmly"}}])
    );
    for params in [
        json!({"name": "greet"}),
        json!({"name": "greet", "arguments": {"who": 5}}),
        json!({"name": "greet", "arguments": {"who": "Ada", "tune": "x"}}),
        json!({"name": "greet", "arguments": []}),
        json!({"name": "lost"}),
        json!({}),
    ] {
        assert_eq!(code(&peer.ask(get(params.clone())).await), -32602, "{params}");
    }
    let listed = peer.ask(modern(2, "prompts/list", json!({}))).await;
    let arguments = &listed["result"]["prompts"][0]["arguments"];
    assert_eq!(
        (&arguments[0]["name"], &arguments[0]["required"], &arguments[1]["required"]),
        (&json!("who"), &json!(true), &json!(false))
    );
}

/// Rule S61: at most a hundred suggestions, from a prompt's or a template's own function.
#[tokio::test(start_paused = true)]
async fn arguments_of_prompts_and_templates_are_completed() {
    let mut peer = Peer::new(&tools::service());
    let complete = |reference: Value, name: &str| {
        modern(1, "completion/complete", json!({"ref": reference, "argument": {"name": name, "value": "A"}}))
    };
    let prompt = json!({"type": "ref/prompt", "name": "greet"});
    for (reference, name) in [
        (prompt.clone(), "who"),
        (json!({"type": "ref/resource", "uri": "note://{id}"}), "id"),
        (json!({"type": "ref/resource", "uri": "note://1"}), "id"),
    ] {
        let completion = peer.ask(complete(reference, name)).await["result"]["completion"].take();
        assert_eq!(
            (completion["values"].as_array().unwrap().len(), &completion["values"][0]),
            (100, &json!("A0"))
        );
        assert_eq!((&completion["total"], &completion["hasMore"]), (&json!(150), &json!(true)));
    }
    let nothing = peer.ask(complete(prompt.clone(), "tone")).await;
    assert_eq!(nothing["result"]["completion"]["values"], json!([]));
    for (reference, name) in [
        (prompt, "lost"),
        (json!({"type": "ref/prompt", "name": "lost"}), "who"),
        (json!({"type": "ref/resource", "uri": "lost://x"}), "id"),
        (json!({"type": "ref/tool", "name": "echo"}), "text"),
        (json!({}), "who"),
    ] {
        assert_eq!(code(&peer.ask(complete(reference.clone(), name)).await), -32602, "{reference}");
    }
}

/// Rules S59 and S50: media are told as Base64 with their type.
#[tokio::test(start_paused = true)]
async fn media_are_told_with_their_type() {
    let mut peer = Peer::new(&tools::service());
    let answer = peer.ask(crate::peer::call(1, "media", json!({}))).await;
    let content = &answer["result"]["content"];
    assert_eq!(text(&answer), "media");
    assert_eq!(content[1], json!({"type": "image", "data": "AQI=", "mimeType": "image/png"}));
    assert_eq!(content[2], json!({"type": "audio", "data": "Aw==", "mimeType": "audio/wav"}));
    assert_eq!(content[3], json!({"type": "resource_link", "uri": "note://1", "name": "note"}));
}
