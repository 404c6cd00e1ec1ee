//! Who does not read what it asked for is cut, and costs little until then.

use std::time::Duration;

use toolwright::Limits;

use super::crowd::{Good, filling, start};

/// More than the system keeps of what is sent and not read, for both sides.
const UNREAD: usize = 32 * 1024 * 1024;

/// How long a client may not read here.
const QUICK: Duration = Duration::from_millis(200);

/// security.md H4: no more is answered than is read, but for what the system keeps.
#[tokio::test]
async fn who_asks_on_and_reads_nothing_is_cut() {
    let (running, crowd) = start(Limits { body_time: QUICK, ..Limits::default() }).await;
    let good = Good::begin(&running).await;
    for letters in [1024, 64 * 1024, 1024 * 1024] {
        let mut client = running.connect().await;
        let before = crowd.began.available_permits();
        while client.try_ask("tools/call", filling(letters)).await.is_ok() {}
        let answered = crowd.began.available_permits() - before;
        assert!(answered * letters <= UNREAD, "{answered} answers of {letters} letters");
    }
    good.was_answered().await;
}

/// security.md H4: one answer that is greater than all that the system keeps.
#[tokio::test]
async fn who_reads_nothing_of_a_great_answer_is_cut() {
    let (running, _) = start(Limits { body_time: QUICK, ..Limits::default() }).await;
    let good = Good::begin(&running).await;
    let mut client = running.connect().await;
    client.ask("tools/call", filling(UNREAD)).await;
    while client.try_ask("tools/list", serde_json::json!({})).await.is_ok() {}
    good.was_answered().await;
}
