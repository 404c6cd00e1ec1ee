//! Connections: opened with hardened settings, each read back before it is trusted.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::error::StoreError;

/// Older versions can lose commits when a WAL is reset while it is being read.
const OLDEST_SQLITE: i32 = 3_051_003;

const SYNCHRONOUS_OFF: i64 = 0;
const SYNCHRONOUS_FULL: i64 = 2;

const SETTINGS: [(&str, i64); 5] = [
    ("foreign_keys", 1),
    ("busy_timeout", 5000),
    ("trusted_schema", 0),
    ("cell_size_check", 1),
    ("mmap_size", 0),
];

/// How much of a write must have reached the disk when it is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// All of it.
    Full,
    /// Nothing: the database does not outlive the process.
    Scratch,
}

/// Opens the one connection that writes, without touching the file yet.
pub(super) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let version = rusqlite::version_number();
    if version < OLDEST_SQLITE {
        let found = rusqlite::version();
        return Err(StoreError::Incompatible(format!(
            "SQLite {found} is too old; 3.51.3 or newer is needed."
        )));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Until the file is known to be ours, closing it must not move another program's log into it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log(path))?;
    Ok(conn)
}

fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|file| file.len() > 0)
}

/// Makes the writing connection ready, once the file is known to be ours.
pub(super) fn settle_writer(conn: &Connection, durability: Durability) -> Result<(), StoreError> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    conn.set_prepared_statement_cache_capacity(64);
    enter_wal(conn)?;
    let synchronous = match durability {
        Durability::Full => SYNCHRONOUS_FULL,
        Durability::Scratch => SYNCHRONOUS_OFF,
    };
    apply(conn, "synchronous", synchronous)?;
    apply(conn, "journal_size_limit", 64 << 20)?;
    SETTINGS.iter().try_for_each(|(name, value)| apply(conn, name, *value))
}

/// Opens a connection that cannot write.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    expect_wal(&conn)?;
    apply(&conn, "synchronous", SYNCHRONOUS_FULL)?;
    SETTINGS.iter().try_for_each(|(name, value)| apply(&conn, name, *value))?;
    apply(&conn, "query_only", 1)?;
    Ok(conn)
}

/// Two processes that make the same database at once meet here, where SQLite does not wait by itself.
fn enter_wal(conn: &Connection) -> Result<(), StoreError> {
    const TRIES: u32 = 100;
    for _ in 0..TRIES {
        match conn.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                std::thread::sleep(Duration::from_millis(50));
            }
            other => {
                other?;
                break;
            }
        }
    }
    expect_wal(conn)
}

/// SQLite keeps the old journal mode without an error when it cannot change it.
fn expect_wal(conn: &Connection) -> Result<(), StoreError> {
    let mode: String = conn.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode == "wal" {
        return Ok(());
    }
    Err(StoreError::Incompatible(format!(
        "The database is in journal mode {mode}, not WAL; its folder may be on a network or read-only disk."
    )))
}

fn apply(conn: &Connection, name: &str, value: i64) -> Result<(), StoreError> {
    conn.pragma_update(None, name, value)?;
    let found: i64 = conn.pragma_query_value(None, name, |row| row.get(0))?;
    if found == value {
        return Ok(());
    }
    Err(StoreError::Incompatible(format!("SQLite kept PRAGMA {name} at {found}; {value} is needed.")))
}

#[cfg(test)]
mod tests {
    use super::super::scratch::Scratch;
    use super::*;

    fn read(conn: &Connection, name: &str) -> i64 {
        conn.pragma_query_value(None, name, |row| row.get(0)).unwrap()
    }

    fn has_the_settings(conn: &Connection) {
        for (name, value) in SETTINGS {
            assert_eq!(read(conn, name), value, "{name}");
        }
        assert_eq!(read(conn, "synchronous"), SYNCHRONOUS_FULL);
        assert!(conn.db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE).unwrap());
        expect_wal(conn).unwrap();
    }

    #[test]
    fn both_kinds_of_connection_have_every_setting() {
        let scratch = Scratch::new().unwrap();
        let writer = open_writer(&scratch.file()).unwrap();
        settle_writer(&writer, Durability::Full).unwrap();
        has_the_settings(&writer);
        assert_eq!(read(&writer, "query_only"), 0);

        let reader = open_reader(&scratch.file()).unwrap();
        has_the_settings(&reader);
        assert_eq!(read(&reader, "query_only"), 1);
        assert!(reader.is_readonly("main").unwrap());
    }

    #[test]
    fn a_reader_cannot_write_even_with_query_only_switched_off() {
        let scratch = Scratch::new().unwrap();
        let writer = open_writer(&scratch.file()).unwrap();
        settle_writer(&writer, Durability::Full).unwrap();
        let reader = open_reader(&scratch.file()).unwrap();
        reader.pragma_update(None, "query_only", 0).unwrap();
        assert!(reader.execute_batch("CREATE TABLE t (x)").is_err());
    }

    #[test]
    fn a_database_without_wal_is_refused_by_a_reader() {
        let scratch = Scratch::new().unwrap();
        Connection::open(scratch.file()).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        assert!(matches!(open_reader(&scratch.file()), Err(StoreError::Incompatible(_))));
    }
}
