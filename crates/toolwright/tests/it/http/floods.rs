//! Floods of cheap frames: they end their connection or are served, and nobody else waits for them.

use std::time::Duration;

use toolwright::Limits;

use super::crowd::{Good, all, filling, holding, start};
use super::http2::{
    ACK, CANCEL, CONTINUATION, Client, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, HEADERS, PING,
    REFUSED_STREAM, RESET, SETTINGS, WINDOW_UPDATE, call, fields, frame, head, reset,
};

/// How an answer with the status 200 begins (RFC 7541, appendix A).
const OK: u8 = 0x88;

/// How long a client may not read here.
const QUICK: Duration = Duration::from_millis(200);

/// security.md H9: what was not begun yet is given up, too often.
#[tokio::test]
async fn calls_that_are_reset_at_once_end_their_connection() {
    let (running, _) = start(Limits::default()).await;
    let good = Good::begin(&running).await;
    let mut client = Client::new(&running.address, &[]).await;
    let flood: Vec<u8> = (0..2000)
        .flat_map(|call_at| [call(2 * call_at + 1, &holding()), reset(2 * call_at + 1, CANCEL)].concat())
        .collect();
    // The end may come while much is still unsent.
    let _ = client.send(&flood).await;
    assert_eq!(client.end().await, Some(ENHANCE_YOUR_CALM));
    good.was_answered().await;
}

/// security.md H9: what was begun is cancelled, and leaves nothing behind.
#[tokio::test]
async fn calls_that_are_reset_later_make_room_for_others() {
    let limits = Limits { requests: 17, ..Limits::default() };
    let (running, crowd) = start(limits).await;
    let good = Good::begin(&running).await;
    let mut client = Client::new(&running.address, &[]).await;
    for wave in 0..100 {
        let streams = || (0..16).map(|at| 32 * wave + 2 * at + 1);
        client
            .send(&streams().flat_map(|stream| call(stream, &holding())).collect::<Vec<_>>())
            .await
            .unwrap();
        all(&crowd.began, 16).await;
        client.send(&streams().flat_map(|stream| reset(stream, CANCEL)).collect::<Vec<_>>()).await.unwrap();
        all(&crowd.ended, 16).await;
    }
    client.send(&call(9999, &filling(10))).await.unwrap();
    assert_eq!(client.answer(9999).await.0, OK);
    good.was_answered().await;
}

/// security.md H9.
#[tokio::test]
async fn a_head_without_an_end_ends_its_connection() {
    let (running, _) = start(Limits::default()).await;
    let good = Good::begin(&running).await;
    let mut client = Client::new(&running.address, &[]).await;
    let more = fields(&[("x", "y"); 100]);
    let mut flood = frame(HEADERS, 0, 1, &head("hold"));
    for _ in 0..1000 {
        flood.extend_from_slice(&frame(CONTINUATION, 0, 1, &more));
    }
    let _ = client.send(&flood).await;
    assert_eq!(client.end().await, Some(ENHANCE_YOUR_CALM));
    good.was_answered().await;
}

/// security.md H9.
#[tokio::test]
async fn content_of_nothing_ends_its_connection() {
    let (running, _) = start(Limits::default()).await;
    let good = Good::begin(&running).await;
    let mut client = Client::new(&running.address, &[]).await;
    let mut flood = frame(HEADERS, END_HEADERS, 1, &head("hold"));
    flood.extend(frame(DATA, 0, 1, &[]).repeat(2000));
    let _ = client.send(&flood).await;
    assert_eq!(client.end().await, Some(ENHANCE_YOUR_CALM));
    good.was_answered().await;
}

/// What asks to be acknowledged.
const ASKING: [(u8, &[u8]); 2] = [(SETTINGS, &[]), (PING, &[0; 8])];

/// security.md H9.
#[tokio::test]
async fn who_reads_what_is_acknowledged_is_served() {
    let (running, _) = start(Limits::default()).await;
    let good = Good::begin(&running).await;
    for (kind, payload) in ASKING {
        let mut client = Client::new(&running.address, &[]).await;
        if kind == PING {
            client.next_of(SETTINGS, ACK).await;
        }
        for _ in 0..10 {
            client.send(&frame(kind, 0, 0, payload).repeat(1000)).await.unwrap();
            for _ in 0..1000 {
                client.next_of(kind, ACK).await;
            }
        }
        client.send(&call(1, &filling(10))).await.unwrap();
        assert_eq!(client.answer(1).await.0, OK);
    }
    good.was_answered().await;
}

/// security.md H9.
#[tokio::test]
async fn who_does_not_read_what_is_acknowledged_is_cut() {
    let (running, _) = start(Limits { body_time: QUICK, ..Limits::default() }).await;
    let good = Good::begin(&running).await;
    for (kind, payload) in ASKING {
        let mut client = Client::new(&running.address, &[]).await;
        let flood = frame(kind, 0, 0, payload).repeat(1000);
        while client.send(&flood).await.is_ok() {}
    }
    good.was_answered().await;
}

/// security.md H9, `Limits::requests_per_connection`.
#[tokio::test]
async fn calls_beyond_those_of_a_connection_are_refused() {
    let (running, crowd) = start(Limits { requests_per_connection: 4, ..Limits::default() }).await;
    let good = Good::begin(&running).await;
    let mut client = Client::new(&running.address, &[]).await;
    for stream in [1, 3, 5, 7, 9] {
        client.send(&call(stream, &holding())).await.unwrap();
    }
    let refused = client.next_of(RESET, 0).await;
    assert_eq!((refused.stream, refused.number(0)), (9, REFUSED_STREAM));
    all(&crowd.began, 4).await;
    crowd.open.add_permits(4);
    for _ in 0..4 {
        client.next_of(DATA, END_STREAM).await;
    }
    client.send(&call(11, &filling(10))).await.unwrap();
    assert_eq!(client.answer(11).await.0, OK, "there is room again");
    good.was_answered().await;
}

/// security.md H4 and H9: to acknowledge is to do nothing.
#[tokio::test]
async fn who_only_shows_that_it_is_alive_is_idle() {
    let (running, _) = start(Limits { idle: Duration::from_secs(1), ..Limits::default() }).await;
    let mut client = Client::new(&running.address, &[]).await;
    client.send(&call(1, &filling(10))).await.unwrap();
    assert_eq!(client.answer(1).await.0, OK);
    client.next_of(PING, 0).await;
    client.end().await;
}

/// A window of nothing for each stream, and one that is as great as can be: then the connection's is the smaller.
const WINDOWS: [[u8; 6]; 2] = [[0, 4, 0, 0, 0, 0], [0, 4, 0x7f, 0xff, 0xff, 0xff]];

/// security.md H4 and H9: `Limits::body_time` is how long a client may not read.
#[tokio::test]
async fn who_never_opens_its_window_is_cut() {
    let (running, crowd) = start(Limits { body_time: QUICK, ..Limits::default() }).await;
    let good = Good::begin(&running).await;
    for window in WINDOWS {
        let mut client = Client::new(&running.address, &window).await;
        for stream in [1, 3, 5, 7] {
            client.send(&call(stream, &filling(1_000_000))).await.unwrap();
        }
        all(&crowd.began, 4).await;
        client.end().await;
    }
    good.was_answered().await;
}

/// security.md H5 and H9, `Limits::buffered`: what is not read is not added to.
#[tokio::test]
async fn who_never_opens_its_window_is_not_answered_on() {
    const MIB: usize = 1024 * 1024;
    // Of each answer a piece is on its way already, and not counted any more.
    let limits = Limits { buffered: 2 * MIB - 64 * 1024, body_time: QUICK, ..Limits::default() };
    let (running, crowd) = start(limits).await;
    let mut client = Client::new(&running.address, &WINDOWS[0]).await;
    for stream in 0..16 {
        client.send(&call(2 * stream + 1, &filling(MIB))).await.unwrap();
    }
    client.end().await;
    assert_eq!(crowd.began.available_permits(), 2, "with two the limit is passed");
}

/// security.md H9: who reads one after the other gets all.
#[tokio::test]
async fn who_opens_its_window_is_answered() {
    let (running, _) = start(Limits { buffered: 1, ..Limits::default() }).await;
    let mut client = Client::new(&running.address, &[]).await;
    for stream in 0..16 {
        client.send(&call(2 * stream + 1, &filling(200_000))).await.unwrap();
    }
    let (mut ended, mut read) = (0, 0);
    while ended < 16 {
        let data = client.next_of(DATA, 0).await;
        read += data.payload.len();
        ended += usize::from(data.flags & END_STREAM);
        if let Ok(more @ 1..) = u32::try_from(data.payload.len()) {
            for stream in [0, data.stream] {
                client.send(&frame(WINDOW_UPDATE, 0, stream, &more.to_be_bytes())).await.unwrap();
            }
        }
    }
    assert!(read > 16 * 200_000);
}
