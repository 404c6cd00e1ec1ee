//! Killed at any moment, the store has lost nothing it acknowledged and repeats nothing.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use orders::domain::Status;
use orders::store::{Options, Store};
use rusqlite::Connection;

use crate::support::{Folder, key, new_order};

const FILE: &str = "ORDERS_CRASH_FILE";
const FROM: &str = "ORDERS_CRASH_FROM";
const CYCLES: u64 = 20;
const CLIENTS: u64 = 8;

/// The child: eight clients write as fast as they can and tell what was acknowledged, until killed.
#[tokio::test]
async fn child_that_writes_until_it_is_killed() {
    let (Ok(file), Ok(from)) = (std::env::var(FILE), std::env::var(FROM)) else { return };
    let store = Store::open(Path::new(&file), Options::default()).unwrap();
    let number = Arc::new(AtomicU64::new(from.parse().unwrap()));
    let client = |_| {
        let (store, number) = (store.clone(), Arc::clone(&number));
        tokio::spawn(async move {
            for _ in 0..100_000 {
                let n = number.fetch_add(1, Ordering::Relaxed);
                let order = store.create(new_order(Status::Pending), key(&format!("k{n}"))).await.unwrap();
                let line = format!("ack {n} {}\n", order.order_id);
                std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
            }
        })
    };
    let clients: Vec<_> = (0..CLIENTS).map(client).collect();
    for client in clients {
        client.await.unwrap();
    }
}

/// Runs the child until it has acknowledged `enough` writes, kills it, and returns all it acknowledged.
fn killed_after(enough: usize, file: &Path, from: u64) -> BTreeMap<u64, String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_that_writes_until_it_is_killed", "--nocapture"])
        .env(FILE, file)
        .env(FROM, from.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = BTreeMap::new();
    let mut killed = false;
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let mut words = line.split_whitespace();
        if let (Some("ack"), Some(n), Some(id)) = (words.next(), words.next(), words.next()) {
            acknowledged.insert(n.parse().unwrap(), id.to_owned());
        }
        if acknowledged.len() >= enough && !killed {
            child.kill().unwrap();
            killed = true;
        }
    }
    child.wait().unwrap();
    assert!(killed, "the child ended by itself");
    acknowledged
}

#[tokio::test]
async fn no_acknowledged_write_is_lost_and_none_is_doubled_by_a_retry() {
    let folder = Folder::new();
    let mut from = 0;
    for cycle in 0..CYCLES {
        let enough = usize::try_from(1 + cycle * 7 % 40).unwrap();
        let acknowledged = killed_after(enough, &folder.file(), from);
        let last = *acknowledged.keys().next_back().unwrap();
        let store = Store::open(&folder.file(), Options::default()).unwrap();
        for (n, id) in &acknowledged {
            assert!(store.order(&id.parse().unwrap()).await.unwrap().is_some(), "write {n} was lost");
        }

        // Each client had at most one more write under way.
        let past = last + CLIENTS + 1;
        let retries: Vec<_> = (from..past)
            .map(|n| {
                let store = store.clone();
                tokio::spawn(async move {
                    (n, store.create(new_order(Status::Pending), key(&format!("k{n}"))).await.unwrap())
                })
            })
            .collect();
        for retry in retries {
            let (n, order) = retry.await.unwrap();
            assert!(
                acknowledged.get(&n).is_none_or(|id| id == order.order_id.as_str()),
                "write {n} was doubled"
            );
        }
        from = past;
        assert_eq!(store.summary().await.unwrap().orders, from);
        store.close().await;
    }
    let conn = Connection::open(folder.file()).unwrap();
    let check: String = conn.query_one("PRAGMA quick_check", (), |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    assert!(!conn.prepare("PRAGMA foreign_key_check").unwrap().exists(()).unwrap());
}
