//! Every limit of a server: just below it, at it, and just above.

use std::time::Duration;

use serde_json::{Value, json};
use toolwright::Limits;

use crate::peer::{LEGACY, Peer, call, code, legacy, modern, text};
use crate::tools::everything;

/// Security.md P8: a new limit does not compile here until it has a test.
#[test]
fn every_limit_has_a_test_here() {
    let Limits {
        progress: _,                // reports::of_too_many_reports_in_a_second_the_last_is_told
        rounds: _,                  // client::asking::a_call_asks_so_often
        state: _,                   // client::asking::a_call_remembers_so_much
        ask: _,                     // client::asking::a_user_has_more_time_than_a_handler
        tasks: _,                   // tasks::keeping::so_many_tasks_run_at_once
        tasks_per_principal: _,     // http::tasks::so_many_tasks_of_one_principal_run_at_once
        tasks_kept: _,              // tasks::keeping::so_many_tasks_are_kept
        task_ttl: _,                // tasks::keeping::a_task_is_forgotten_in_the_end
        depth: _,                   // http::limits::json_nests_so_deep, jsonrpc::tests::depth_counts…
        connections: _,             // http::limits::connections_beyond_the_limit_wait
        header: _,                  // http::limits::a_head_has_so_many_bytes_and_lines
        header_lines: _,            // the same
        header_time: _,             // http::limits::who_is_slow_is_cut
        body: _,                    // http::limits::a_body_has_so_many_bytes
        body_time: _,               // http::limits::who_is_slow_is_cut
        idle: _,                    // the same
        requests: _,                // http::limits::requests_beyond_the_limit_are_told_to_come_again
        requests_per_connection: _, // given to hyper as it is
        streams: _,                 // http::limits::streams_beyond_the_limit_are_refused
        keep_alive: _,              // http::streams::a_silent_stream_says_that_it_is_alive
        sessions: _,                // http::sessions::sessions_beyond_the_limit_are_refused
        sessions_per_principal: _,  // http::sessions::a_principal_has_so_many_sessions
        session_idle: _,            // http::sessions::a_session_that_is_not_used_ends
        session_init: _,            // the same
        replay: _,                  // http::streams::a_lost_stream_is_gone_on_with
        line: _,                    // a_line_may_have_so_many_bytes
        in_flight: _,               // concurrency::calls_beyond_those_in_flight_wait_for_their_turn
        waiting: _,                 // no_more_is_read_than_may_wait
        buffered: _,                // no_more_is_answered_than_is_read, subscriptions_may_hold_so_many_bytes
        batch: _,                   // batches::an_empty_batch_and_one_that_is_too_long_are_refused_as_a_whole
        subscriptions: _,           // a_connection_may_hold_so_many_subscriptions
        blocking_threads: _,        // stdio::no_more_threads_block_than_may
        call: _,                    // a_call_may_take_so_long
        drain: _,                   // the_last_calls_may_take_so_long
    } = Limits::default();
}

/// A call of `echo` that is a line of exactly so many bytes.
fn line_of(length: usize) -> String {
    let empty = call(1, "echo", json!({"text": ""})).to_string();
    let text = "x".repeat(length - empty.len());
    call(1, "echo", json!({"text": text})).to_string()
}

/// Security.md P8 and T1: a longer line is refused without being kept, and the next is read.
#[tokio::test(start_paused = true)]
async fn a_line_may_have_so_many_bytes() {
    for most in [1000, 64 * 1024, 64 * 1024 + 1, 16 * 1024 * 1024] {
        let (service, _) = everything(Limits { line: most, ..Limits::default() });
        let mut peer = Peer::with_room(&service, 1 << 25, 1 << 25);
        for (length, taken) in
            [(most - 1, true), (most, true), (most + 1, false), (most + 70_000, false), (2 * most, false)]
        {
            peer.send_line(&line_of(length)).await;
            let answer = peer.next().await;
            assert_eq!(answer.get("result").is_some(), taken, "{length} of {most}");
            if !taken {
                assert!(code(&answer) == -32600 && answer.get("id").is_none(), "{answer}");
            }
            peer.assert_quiet().await;
        }
        peer.send_bytes(line_of(most + 1).as_bytes()).await;
        let rest = peer.end().await;
        assert_eq!(rest.len(), 1, "a last line without an end is refused as well");
    }
}

/// Security.md P8: one message more than may wait stays unread.
#[tokio::test(start_paused = true)]
async fn no_more_is_read_than_may_wait() {
    for (calls, heard) in [(2, true), (3, false)] {
        let (service, gate) = everything(Limits { in_flight: 1, waiting: 2, ..Limits::default() });
        let mut peer = Peer::new(&service);
        for id in 0..calls {
            peer.send(&call(id, "wait", json!({}))).await;
        }
        peer.send(&legacy("ping", "ping", json!({}))).await;
        if heard {
            assert_eq!(peer.next().await["id"], "ping", "{calls}");
        }
        gate.open.add_permits(calls);
        let mut order = Vec::new();
        for _ in 0..(calls + usize::from(!heard)) {
            order.push(peer.next().await["id"].to_string());
        }
        assert_eq!(order[0], "0", "{order:?}");
        peer.assert_quiet().await;
    }
}

/// Security.md P8 and T2: who does not read is not answered further, and misses nothing.
#[tokio::test(start_paused = true)]
async fn no_more_is_answered_than_is_read() {
    let (service, gate) = everything(Limits { buffered: 100_000, in_flight: 64, ..Limits::default() });
    let mut peer = Peer::with_room(&service, 1 << 20, 1);
    for id in 0..64 {
        peer.send(&call(id, "wait", json!({}))).await;
    }
    for id in 100..1000 {
        peer.send(&call(id, "big", json!({"bytes": 50_000}))).await;
    }
    gate.open.add_permits(64);
    drop(peer);
    let Peer { mut input, mut output, .. } = Peer::with_room(&service, 1 << 20, 1 << 16);
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
    for id in 0..300 {
        input.write_all(format!("{}\n", call(id, "big", json!({"bytes": 50_000}))).as_bytes()).await.unwrap();
    }
    for id in 0..300 {
        let mut line = String::new();
        output.read_line(&mut line).await.unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert!(answer["id"] == id && text(&answer).len() == 50_000);
    }
}

/// Security.md P8: what cannot be 0 is 1.
#[tokio::test(start_paused = true)]
async fn limits_of_nothing_still_serve() {
    let limits = Limits {
        in_flight: 0,
        waiting: 0,
        buffered: 0,
        batch: 0,
        subscriptions: 0,
        blocking_threads: 0,
        ..Limits::default()
    };
    let (service, _) = everything(limits);
    let mut peer = Peer::new(&service);
    assert_eq!(text(&peer.ask(call(1, "slow", json!({"ms": 1}))).await), "slept 1");
    assert_eq!(text(&peer.ask(call(2, "echo", json!({"text": "x"}))).await), "x");
    let listen = modern(3, "subscriptions/listen", json!({"notifications": {}}));
    assert_eq!(code(&peer.ask(listen).await), -32602);
}

/// Security.md P8: listens and the resources they name are counted, and legacy subscriptions with them.
#[tokio::test(start_paused = true)]
async fn a_connection_may_hold_so_many_subscriptions() {
    let (service, _) = everything(Limits { subscriptions: 5, ..Limits::default() });
    let mut peer = Peer::new(&service);
    peer.begin(LEGACY[0]).await;
    let listen = |id: i64, uris: Value| {
        modern(id, "subscriptions/listen", json!({"notifications": {"resourceSubscriptions": uris}}))
    };
    assert_eq!(code(&peer.ask(listen(1, json!(["a:1", "a:2", "a:3", "a:4", "a:5"]))).await), -32602);
    peer.send(&listen(2, json!(["a:1", "a:2"]))).await;
    assert_eq!(peer.next().await["method"], "notifications/subscriptions/acknowledged");
    peer.ask(legacy(3, "resources/subscribe", json!({"uri": "note://1"}))).await;
    assert_eq!(code(&peer.ask(listen(4, json!(["a:3"]))).await), -32602);
    peer.send(&listen(5, json!([]))).await;
    assert_eq!(peer.next().await["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(code(&peer.ask(listen(6, json!([]))).await), -32602);
    assert_eq!(code(&peer.ask(legacy(7, "resources/subscribe", json!({"uri": "note://2"}))).await), -32602);
    let again = peer.ask(legacy(7, "resources/subscribe", json!({"uri": "note://1"}))).await;
    assert_eq!(again["result"], json!({}), "it is held already");
    peer.send(&crate::peer::cancel(5)).await;
    assert_eq!(
        peer.ask(legacy(8, "resources/subscribe", json!({"uri": "note://2"}))).await["result"],
        json!({})
    );
    peer.ask(legacy(9, "resources/unsubscribe", json!({"uri": "note://2"}))).await;
    assert_eq!(
        peer.ask(legacy(10, "resources/subscribe", json!({"uri": "note://3"}))).await["result"],
        json!({})
    );
}

/// Security.md P8: what subscriptions name is counted in bytes too, ids and URIs of the whole connection together.
#[tokio::test(start_paused = true)]
async fn subscriptions_may_hold_so_many_bytes() {
    let (service, _) = everything(Limits { buffered: 1000, ..Limits::default() });
    let mut peer = Peer::new(&service);
    peer.begin(LEGACY[0]).await;
    let listen = |id: i64, bytes: usize| {
        let uris = ["u".repeat(bytes / 2), "v".repeat(bytes - bytes / 2)];
        modern(id, "subscriptions/listen", json!({"notifications": {"resourceSubscriptions": uris}}))
    };
    assert_eq!(code(&peer.ask(listen(1, 1000)).await), -32602);
    peer.send(&listen(2, 991)).await;
    assert_eq!(peer.next().await["method"], "notifications/subscriptions/acknowledged");
    let subscribe = |uri: &str| legacy(3, "resources/subscribe", json!({"uri": uri}));
    assert_eq!(code(&peer.ask(subscribe("note://12")).await), -32602);
    assert_eq!(peer.ask(subscribe("note://1")).await["result"], json!({}));
    assert_eq!(code(&peer.ask(listen(4, 0)).await), -32602);
    peer.send(&crate::peer::cancel(2)).await;
    peer.send(&listen(5, 991)).await;
    assert_eq!(peer.next().await["method"], "notifications/subscriptions/acknowledged");
}

/// Security.md P8.
#[tokio::test(start_paused = true)]
async fn a_call_may_take_so_long() {
    let (service, _) = everything(Limits { call: Duration::from_millis(100), ..Limits::default() });
    let mut peer = Peer::new(&service);
    for (ms, in_time) in [(98, true), (99, true), (102, false)] {
        let answer = peer.ask(call(1, "slow", json!({"ms": ms}))).await;
        assert_eq!(answer["result"].get("isError").is_none(), in_time, "{ms}: {answer}");
    }
}

/// Security.md P8 and rule IO9: calls in flight at the end of input have so long, and no longer.
#[tokio::test(start_paused = true)]
async fn the_last_calls_may_take_so_long() {
    for (ms, answered) in [(998, 1), (999, 1), (1002, 0)] {
        let (service, _) = everything(Limits { drain: Duration::from_millis(1000), ..Limits::default() });
        let mut peer = Peer::new(&service);
        peer.send(&call(1, "slow", json!({"ms": ms}))).await;
        let begun = tokio::time::Instant::now();
        assert_eq!(peer.end().await.len(), answered, "{ms}");
        assert!(begun.elapsed() <= Duration::from_millis(1001), "{:?}", begun.elapsed());
    }
}
