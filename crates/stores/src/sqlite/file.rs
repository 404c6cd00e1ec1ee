//! The file: opened with settings that are read back before they are trusted, known to be ours, and brought up to date.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, TransactionBehavior};
use toolwright_core::error::{Error, Result};

/// Older versions can lose commits when a WAL is reset while it is being read.
const OLDEST_SQLITE: i32 = 3_051_003;

/// "TWTK": marks a database file as ours.
const APPLICATION_ID: i64 = 0x5457_544b;

/// Step n brings a file from version n to n + 1; a step that was released is never edited.
const MIGRATIONS: &[&str] = &[include_str!("0001_tasks.sql")];

/// How long another process may keep us from the file.
const PATIENCE: Duration = Duration::from_secs(5);

const SETTINGS: [(&str, i64); 5] = [
    // FULL: what was acknowledged is on the disk.
    ("synchronous", 2),
    ("journal_size_limit", 64 << 20),
    ("trusted_schema", 0),
    ("cell_size_check", 1),
    ("mmap_size", 0),
];

/// Opens the file at an absolute path, and makes it if it is missing. A file that is not ours is left as it was.
pub(super) fn open(path: &Path) -> Result<Connection> {
    let opened = make_private(path).map_err(Error::from).and_then(|()| ready(path));
    opened.map_err(|error| Error::msg(format!("tasks cannot be kept in `{}`: {error}", path.display())))
}

/// A new file is for its owner only; SQLite gives the files beside it the same mode.
fn make_private(path: &Path) -> io::Result<()> {
    // Closing a file gives up the locks that the whole process has on it: nobody opens it before it is closed here.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

fn ready(path: &Path) -> Result<Connection> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(Error::msg(format!("SQLite {} is too old, 3.51.3 is needed", rusqlite::version())));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(PATIENCE)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Until the file is known to be ours, closing it must not move another program's log into it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log(path))?;
    inspect(&conn)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    enter_wal(&conn)?;
    SETTINGS.iter().try_for_each(|(name, value)| apply(&conn, name, *value))?;
    upgrade(&mut conn)?;
    Ok(conn)
}

fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|file| file.len() > 0)
}

/// Refuses what is not ours, or newer than we are.
fn inspect(conn: &Connection) -> Result<()> {
    // One snapshot: another process may be making the file at this moment.
    let snapshot = conn.unchecked_transaction()?;
    match version(&snapshot) {
        Err(error) if error.downcast_ref().and_then(code) == Some(ErrorCode::NotADatabase) => {
            Err(Error::msg("it is not a SQLite database"))
        }
        other => other.map(drop),
    }?;
    // SQLite says nothing when it may only read.
    if conn.is_readonly(MAIN_DB)? { Err(Error::msg("it may not be written to")) } else { Ok(()) }
}

fn code(error: &rusqlite::Error) -> Option<ErrorCode> {
    error.sqlite_error_code()
}

/// The version of a file that is ours, 0 if it is empty.
fn version(conn: &Connection) -> Result<usize> {
    let read = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (mark, version) = (read("application_id")?, read("user_version")?);
    let objects: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    let newest = MIGRATIONS.len();
    match (mark, usize::try_from(version)) {
        (0, Ok(0)) if objects == 0 => Ok(0),
        (APPLICATION_ID, Ok(version)) if (1..=newest).contains(&version) => Ok(version),
        (APPLICATION_ID, Ok(version)) if version > newest => Err(Error::msg(format!(
            "it has version {version}, and this program knows none above {newest}; use a newer program"
        ))),
        _ => Err(Error::msg("it is the database of another program")),
    }
}

/// Each step is all or nothing, whoever else is at it.
fn upgrade(conn: &mut Connection) -> Result<()> {
    loop {
        let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version = version(&step)?;
        let Some(migration) = MIGRATIONS.get(version) else { return Ok(()) };
        step.execute_batch(migration)?;
        step.pragma_update(None, "application_id", APPLICATION_ID)?;
        step.pragma_update(None, "user_version", i64::try_from(version + 1)?)?;
        step.commit()?;
    }
}

/// Two processes that make the same file at once meet here, where SQLite does not wait by itself.
fn enter_wal(conn: &Connection) -> Result<()> {
    const TRIES: u32 = 100;
    for _ in 0..TRIES {
        match conn.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if code(&error) == Some(ErrorCode::DatabaseBusy) => {
                std::thread::sleep(PATIENCE / TRIES);
            }
            other => {
                other?;
                break;
            }
        }
    }
    let mode: String = conn.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode == "wal" {
        return Ok(());
    }
    Err(Error::msg(format!("SQLite keeps it in mode {mode}, not WAL; is its folder on a network?")))
}

fn apply(conn: &Connection, name: &str, value: i64) -> Result<()> {
    conn.pragma_update(None, name, value)?;
    let found: i64 = conn.pragma_query_value(None, name, |row| row.get(0))?;
    if found == value {
        return Ok(());
    }
    Err(Error::msg(format!("SQLite keeps PRAGMA {name} at {found}, {value} is needed")))
}
