//! Tasks in a SQLite file: the contract, what outlives a process, and files that are not ours.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;
use toolwright::tasks::{SqliteTasks, TaskStore};

use crate::contract::{Place, completed, eventually, keeps_the_contract, record};

async fn place(_: &str) -> Option<Place<SqliteTasks>> {
    let (folder, file) = file();
    let open = || SqliteTasks::open(&file, 2).unwrap();
    Some(Place { one: open(), other: open(), _held: Box::new(folder) })
}

keeps_the_contract!(place);

fn file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tasks.db");
    (folder, file)
}

#[tokio::test]
async fn tasks_outlive_their_store() {
    let (_folder, file) = file();
    let done = completed(&record("a"), "done");
    let store = SqliteTasks::open(&file, 9).unwrap();
    store.create(record("a")).await.unwrap();
    store.replace(done.clone()).await.unwrap();
    store.renew("w", Duration::from_secs(3600)).await.unwrap();
    drop(store);
    let store = SqliteTasks::open(&file, 9).unwrap();
    assert_eq!(store.get("a").await.unwrap(), Some(done));
    assert!(store.is_alive("w").await.unwrap());
    let told = Arc::<Mutex<Vec<String>>>::default();
    let telling = Arc::clone(&told);
    store.listen(Arc::new(move |record| telling.lock().unwrap().push(record.task.task_id.clone())));
    store.create(record("b")).await.unwrap();
    assert_eq!(*told.lock().unwrap(), ["b"], "what was before is no news");
}

/// What a process leaves behind does not fill the place for ever, and what has ended goes first.
#[tokio::test]
async fn what_nobody_works_on_makes_room() {
    let (_folder, file) = file();
    let store = SqliteTasks::open(&file, 3).unwrap();
    store.renew("w", Duration::from_secs(3600)).await.unwrap();
    for (id, worker) in [("left", "dead"), ("mine", "w"), ("ended", "w")] {
        let worker = worker.to_owned();
        let record = toolwright::tasks::TaskRecord { worker, ..record(id) };
        store.create(record.clone()).await.unwrap();
        if id == "ended" {
            store.replace(completed(&record, "done")).await.unwrap();
        }
    }
    for (new, gone) in [("c", "ended"), ("d", "left")] {
        store.create(record(new)).await.unwrap();
        assert!(store.get(gone).await.unwrap().is_none(), "{gone}");
    }
    assert!(store.create(record("e")).await.is_err());
    assert!(store.get("mine").await.unwrap().is_some());
}

#[tokio::test]
async fn a_place_may_become_smaller() {
    let (_folder, file) = file();
    let store = SqliteTasks::open(&file, 9).unwrap();
    for number in 0..9 {
        let record = record(&number.to_string());
        store.create(record.clone()).await.unwrap();
        store.replace(completed(&record, "done")).await.unwrap();
    }
    let store = SqliteTasks::open(&file, 3).unwrap();
    store.create(record("new")).await.unwrap();
    for (id, there) in [("6", false), ("7", true), ("8", true), ("new", true)] {
        assert_eq!(store.get(id).await.unwrap().is_some(), there, "{id}");
    }
}

/// All that waits is done, in its order, though only so much shares a transaction.
#[tokio::test]
async fn a_crowd_is_served() {
    let (_folder, file) = file();
    let store = SqliteTasks::open(&file, 1000).unwrap();
    let create = |number: usize| {
        let store = store.clone();
        tokio::spawn(async move { store.create(record(&number.to_string())).await })
    };
    let crowd: Vec<_> = (0..1000).map(create).collect();
    for one in crowd {
        one.await.unwrap().unwrap();
    }
    assert!(store.get("999").await.unwrap().is_some());
}

#[cfg(unix)]
#[test]
fn a_new_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, file) = file();
    let _store = SqliteTasks::open(&file, 9).unwrap();
    let modes = fs::read_dir(folder.path()).unwrap().map(|entry| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().permissions().mode() & 0o777)
    });
    let mut modes: Vec<_> = modes.collect();
    modes.sort();
    let names = ["tasks.db", "tasks.db-shm", "tasks.db-wal"];
    assert_eq!(modes, names.map(|name| (name.to_owned(), 0o600)));
}

#[test]
fn two_openers_of_one_new_file_agree() {
    for _ in 0..5 {
        let (_folder, file) = file();
        std::thread::scope(|scope| {
            let open = || scope.spawn(|| SqliteTasks::open(&file, 9).unwrap());
            let openers: Vec<_> = (0..4).map(|_| open()).collect();
            openers.into_iter().for_each(|opener| drop(opener.join().unwrap()));
        });
    }
}

/// Why a file is refused, which is left as it was.
fn refused(file: &PathBuf) -> String {
    let before = fs::read(file).unwrap();
    let error = SqliteTasks::open(file, 9).unwrap_err().to_string();
    assert!(fs::read(file).unwrap() == before, "the file was touched");
    assert!(error.contains(file.to_str().unwrap()), "{error}");
    error
}

#[test]
fn the_file_of_another_program_is_left_as_it_was() {
    for marks in ["", "PRAGMA journal_mode = WAL;", "PRAGMA application_id = 7;", "PRAGMA user_version = 1;"]
    {
        let (_folder, file) = file();
        let conn = Connection::open(&file).unwrap();
        conn.execute_batch(&format!("{marks} CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1);"))
            .unwrap();
        drop(conn);
        assert!(refused(&file).contains("the database of another program"));
    }
    let (_folder, file) = file();
    fs::write(&file, "these are my notes, not a database\n".repeat(100)).unwrap();
    assert!(refused(&file).contains("not a SQLite database"));
}

#[tokio::test]
async fn a_newer_file_is_left_as_it_was() {
    let (_folder, file) = file();
    drop(SqliteTasks::open(&file, 9).unwrap());
    // The thread closes the file in its own time.
    eventually(async || !file.with_extension("db-wal").exists()).await;
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(refused(&file).contains("version 99"));
}

#[test]
fn what_cannot_be_opened_is_an_error_that_says_why() {
    let (folder, file) = file();
    let missing = SqliteTasks::open(folder.path().join("no/such/folder.db"), 9).unwrap_err().to_string();
    assert!(missing.contains("No such file") || missing.contains("cannot find"), "{missing}");
    assert!(SqliteTasks::open(folder.path(), 9).is_err(), "a folder");
    fs::write(&file, "").unwrap();
    let mut permissions = fs::metadata(&file).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&file, permissions).unwrap();
    // Nothing is forbidden to some users.
    if fs::OpenOptions::new().write(true).open(&file).is_err() {
        assert!(refused(&file).contains("may not be written to"));
    }
}

#[test]
fn a_path_that_looks_like_a_uri_is_a_plain_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file:x?mode=memory");
    let _store = SqliteTasks::open(&file, 9).unwrap();
    assert!(file.exists());
}
