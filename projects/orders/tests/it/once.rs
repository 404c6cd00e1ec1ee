//! Idempotency keys: the same request twice has one effect.

use orders::domain::{IdempotencyKey, Status};
use orders::store::{Options, Store, StoreError};

use crate::support::{Folder, HandClock, id, key, new_order, seeded, tutorial};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_concurrent_creates_with_one_key_have_one_effect() {
    let store = tutorial();
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.create(new_order(Status::Pending), key("same")).await.unwrap() })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().order_id, id("ORD-105"));
    }
    assert_eq!(store.summary().await.unwrap().orders, 5);
}

#[tokio::test]
async fn every_kind_of_write_is_repeated_with_the_first_answer() {
    let store = tutorial();
    for _ in 0..2 {
        let order = store.update_status(&id("ORD-101"), Status::Delivered, key("a")).await.unwrap();
        assert_eq!(order.status, Status::Delivered);
        let order = store.add_note(&id("ORD-101"), "once", key("b")).await.unwrap();
        assert_eq!(order.notes.len(), 1);
        let order = store.cancel(&id("ORD-102"), Some("why".to_owned()), key("c")).await.unwrap();
        assert_eq!((order.status, order.notes.len()), (Status::Cancelled, 1));
        let order = store.delete(&id("ORD-104"), key("d")).await.unwrap();
        assert_eq!(order.order_id, id("ORD-104"));
    }
    assert_eq!(store.order(&id("ORD-101")).await.unwrap().unwrap().notes.len(), 1);
    assert_eq!(store.summary().await.unwrap().orders, 3);
}

#[tokio::test]
async fn a_key_used_for_another_request_is_refused() {
    let store = tutorial();
    store.add_note(&id("ORD-101"), "first", key("k")).await.unwrap();
    for result in [
        store.add_note(&id("ORD-101"), "second", key("k")).await,
        store.add_note(&id("ORD-102"), "first", key("k")).await,
        store.cancel(&id("ORD-102"), None, key("k")).await,
        store.create(new_order(Status::Pending), key("k")).await,
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, StoreError::KeyReused) && error.is_user_error());
    }
    assert_eq!(store.order(&id("ORD-102")).await.unwrap().unwrap().status, Status::Processing);
}

#[tokio::test]
async fn two_callers_may_use_the_same_key() {
    let store = tutorial();
    for caller in ["ann", "ben", "ann"] {
        let key: IdempotencyKey = "k".parse().unwrap();
        store.create(new_order(Status::Pending), Some(key.for_caller(caller))).await.unwrap();
    }
    assert_eq!(store.summary().await.unwrap().orders, 6);
}

#[tokio::test]
async fn a_refused_request_does_not_use_up_its_key() {
    let store = tutorial();
    store.cancel(&id("ORD-101"), None, key("k")).await.unwrap_err();
    store.add_note(&id("ORD-101"), "fine", key("k")).await.unwrap();
}

#[tokio::test]
async fn an_answer_is_forgotten_after_a_day() {
    let folder = Folder::new();
    let clock = HandClock::new();
    let store = Store::open(&folder.file(), Options { clock: clock.clone(), ..seeded() }).unwrap();
    let create = || store.create(new_order(Status::Pending), key("k"));
    let first = create().await.unwrap();
    clock.advance(24 * 3600 - 1);
    assert_eq!(create().await.unwrap(), first);
    clock.advance(1);
    assert_eq!(create().await.unwrap().order_id, id("ORD-106"));

    store.add_note(&id("ORD-101"), "x", key("other")).await.unwrap();
    clock.advance(24 * 3600);
    store.add_note(&id("ORD-101"), "y", key("third")).await.unwrap();
    store.close().await;
    let conn = rusqlite::Connection::open(folder.file()).unwrap();
    let kept: i64 = conn.query_one("SELECT count(*) FROM answers", (), |row| row.get(0)).unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn an_answer_outlives_the_process() {
    let folder = Folder::new();
    let store = Store::open(&folder.file(), seeded()).unwrap();
    let first = store.create(new_order(Status::Pending), key("k")).await.unwrap();
    store.close().await;
    let store = Store::open(&folder.file(), seeded()).unwrap();
    assert_eq!(store.create(new_order(Status::Pending), key("k")).await.unwrap(), first);
    assert_eq!(store.summary().await.unwrap().orders, 5);
}
