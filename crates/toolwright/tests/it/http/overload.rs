//! More than can be done at once is refused at once, and what ends in whatever way makes room.

use serde_json::json;
use toolwright::Limits;

use super::client::{Client, Running};
use super::crowd::{Crowd, all, holding, start};
use crate::peer::text;

/// `Limits::requests` here.
const MOST: usize = 20;

async fn limited() -> (Running, std::sync::Arc<Crowd>) {
    start(Limits { requests: MOST, ..Limits::default() }).await
}

/// So many calls that wait, each of a client of its own.
async fn waiting(
    running: &Running,
    crowd: &Crowd,
    count: usize,
    arguments: &serde_json::Value,
) -> Vec<Client> {
    let mut clients = Vec::new();
    for _ in 0..count {
        let mut client = running.connect().await;
        client.ask("tools/call", json!({"name": "hold", "arguments": arguments})).await;
        clients.push(client);
    }
    all(&crowd.began, count).await;
    clients
}

/// security.md H11.
#[tokio::test]
async fn four_times_too_much_is_refused_at_once() {
    let (running, crowd) = limited().await;
    let mut other = running.connect().await;
    let mut clients = waiting(&running, &crowd, MOST - 1, &json!({})).await;
    assert_eq!(other.modern("tools/list", json!({})).await.status, 200, "there is room for one");
    clients.extend(waiting(&running, &crowd, 1, &json!({})).await);
    for _ in 0..4 * MOST {
        let answer = other.modern("tools/call", holding()).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    }
    other.request("GET", "/healthz", &[], "").await;
    assert_eq!(other.answer().await.status, 200, "it is still healthy");
    assert_eq!(crowd.began.available_permits(), 0, "what was refused did not begin");
    crowd.open.add_permits(MOST);
    for client in &mut clients {
        assert_eq!(text(&client.answer().await.json()), "held");
    }
    assert_eq!(other.modern("tools/list", json!({})).await.status, 200, "there is room again");
}

/// security.md H7 and H11: each round needs all the room there is.
#[tokio::test]
async fn whatever_ends_makes_room() {
    let (running, crowd) = limited().await;
    for end in ["finished", "failed", "cancelled", "finished"] {
        let arguments = json!({"fails": end == "failed"});
        let clients = waiting(&running, &crowd, MOST, &arguments).await;
        let mut other = running.connect().await;
        assert_eq!(other.modern("tools/list", json!({})).await.status, 503, "before they are {end}");
        if end == "cancelled" {
            drop(clients);
        } else {
            crowd.open.add_permits(MOST);
            for mut client in clients {
                assert_eq!(client.answer().await.json()["result"]["isError"] == true, end == "failed");
            }
        }
        all(&crowd.ended, MOST).await;
        assert_eq!(other.modern("tools/list", json!({})).await.status, 200, "after they are {end}");
    }
}

/// security.md H11: what is refused makes room as well, and what is no message.
#[tokio::test]
async fn what_is_refused_takes_no_room() {
    let (running, crowd) = limited().await;
    let mut client = running.connect().await;
    for _ in 0..MOST {
        assert_eq!(client.post(&[], &json!({})).await.status, 400);
        assert_eq!(client.post(&[("mcp-session-id", "no-such")], &crate::peer::cancel(1)).await.status, 404);
        assert_eq!(client.modern("no/such", json!({})).await.status, 404);
        let mut gone = running.connect().await;
        gone.send("POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n").await;
        gone.send("content-length: 10\r\n\r\n{").await;
    }
    let clients = waiting(&running, &crowd, MOST, &json!({})).await;
    assert_eq!(clients.len(), MOST);
}
