//! Database files: made, reopened, migrated, or refused and left alone.

use std::fs;

use orders::domain::Status;
use orders::store::{Options, Store, StoreError};
use rusqlite::Connection;

use crate::support::{Folder, id, key, new_order, seeded};

fn refused(folder: &Folder) -> String {
    let read = |name: String| fs::read(folder.file().with_file_name(name)).unwrap();
    let content = || folder.names().into_iter().map(read).collect::<Vec<_>>();
    let before = (folder.names(), content());
    let error = Store::open(&folder.file(), seeded()).unwrap_err();
    assert!(matches!(error, StoreError::Incompatible(_)) && !error.is_user_error(), "{error:?}");
    assert_eq!(folder.names(), before.0);
    assert!(content() == before.1, "a file was touched");
    error.to_string()
}

#[tokio::test]
async fn a_closed_store_is_one_complete_file() {
    let folder = Folder::new();
    let store = Store::open(&folder.file(), seeded()).unwrap();
    store.summary().await.unwrap();
    store.add_note(&id("ORD-101"), "kept", None).await.unwrap();
    store.close().await;
    assert_eq!(folder.names(), ["orders.db"]);
    let store = Store::open(&folder.file(), Options::default()).unwrap();
    assert_eq!(store.order(&id("ORD-101")).await.unwrap().unwrap().notes[0].text, "kept");
}

#[tokio::test]
async fn only_a_new_database_is_seeded() {
    let folder = Folder::new();
    let store = Store::open(&folder.file(), Options::default()).unwrap();
    assert_eq!(store.summary().await.unwrap().orders, 0);
    let first = store.create(new_order(Status::Pending), None).await.unwrap();
    assert_eq!(first.order_id, id("ORD-101"));
    store.delete(&first.order_id, None).await.unwrap();
    store.close().await;
    let store = Store::open(&folder.file(), seeded()).unwrap();
    assert_eq!(store.summary().await.unwrap().orders, 0);
}

#[tokio::test]
async fn a_database_of_version_1_is_brought_up_with_its_orders() {
    let folder = Folder::new();
    let conn = Connection::open(folder.file()).unwrap();
    conn.execute_batch(include_str!("../../src/store/migrations/0001_orders.sql")).unwrap();
    conn.execute_batch(
        "INSERT INTO orders VALUES ('ORD-7', 7, 'old@example.com', 'PENDING', 100, 1,
             '2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z');
         PRAGMA application_id = 0x4f524452; PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(conn);
    let store = Store::open(&folder.file(), seeded()).unwrap();
    let order = store.order(&id("ORD-7")).await.unwrap().unwrap();
    assert_eq!(order.customer_email.as_str(), "old@example.com");
    store.cancel(&id("ORD-7"), None, key("k")).await.unwrap();
    assert_eq!(store.summary().await.unwrap().orders, 1);
    store.close().await;
    let conn = Connection::open(folder.file()).unwrap();
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 2);
}

#[test]
fn the_database_of_another_program_is_left_as_it_was() {
    for marks in ["", "PRAGMA journal_mode = WAL;", "PRAGMA application_id = 7;", "PRAGMA user_version = 1;"]
    {
        let folder = Folder::new();
        let conn = Connection::open(folder.file()).unwrap();
        conn.execute_batch(&format!("{marks} CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1);"))
            .unwrap();
        drop(conn);
        assert!(refused(&folder).contains("another program"));
    }
}

#[test]
fn an_empty_database_marked_by_another_program_is_left_as_it_was() {
    for marks in
        ["PRAGMA application_id = 7;", "PRAGMA user_version = 3;", "PRAGMA application_id = 0x4f524452;"]
    {
        let folder = Folder::new();
        Connection::open(folder.file()).unwrap().execute_batch(marks).unwrap();
        assert!(refused(&folder).contains("another program"));
    }
}

#[tokio::test]
async fn a_newer_database_is_left_as_it_was() {
    let folder = Folder::new();
    Store::open(&folder.file(), seeded()).unwrap().close().await;
    Connection::open(folder.file()).unwrap().pragma_update(None, "user_version", 3).unwrap();
    assert!(refused(&folder).contains("use a newer program"));
}

#[test]
fn a_file_that_is_no_database_is_left_as_it_was() {
    let folder = Folder::new();
    fs::write(folder.file(), "these are my notes, not a database\n".repeat(100)).unwrap();
    assert_eq!(refused(&folder), "The file is not an SQLite database.");
}

#[test]
fn a_path_that_cannot_be_opened_is_an_error() {
    let folder = Folder::new();
    fs::create_dir(folder.file()).unwrap();
    assert!(matches!(Store::open(&folder.file(), seeded()), Err(StoreError::Database(_))));
    assert!(Store::open(&folder.file().join("no/such/folder.db"), seeded()).is_err());
}

#[tokio::test]
async fn a_path_that_looks_like_a_uri_is_a_plain_file() {
    let folder = Folder::new();
    let path = folder.file().with_file_name("file:x?mode=memory");
    Store::open(&path, seeded()).unwrap().close().await;
    assert_eq!(folder.names(), ["file:x?mode=memory"]);
    Store::open(":memory:".as_ref(), seeded()).unwrap().close().await;
    assert!(!std::path::Path::new(":memory:").exists());
}

#[test]
fn two_openers_of_one_new_file_agree() {
    for _ in 0..5 {
        let folder = Folder::new();
        std::thread::scope(|scope| {
            let open = || scope.spawn(|| Store::open(&folder.file(), seeded()).unwrap());
            let openers: Vec<_> = (0..4).map(|_| open()).collect();
            openers.into_iter().for_each(|opener| drop(opener.join().unwrap()));
        });
        let conn = Connection::open(folder.file()).unwrap();
        let orders: i64 = conn.query_one("SELECT count(*) FROM orders", (), |row| row.get(0)).unwrap();
        assert_eq!(orders, 4);
    }
}
