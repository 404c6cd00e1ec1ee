//! The tables, and how a file comes to have them: numbered steps, each all or nothing.

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use super::error::StoreError;

/// "ORDR": marks a database file as ours.
const APPLICATION_ID: i64 = 0x4f52_4452;

/// Step n brings a database from version n to n + 1; a step that was released is never edited.
const MIGRATIONS: &[&str] =
    &[include_str!("migrations/0001_orders.sql"), include_str!("migrations/0002_answers.sql")];

/// Refuses a file that is not ours or is newer than this program, without changing it.
pub(super) fn inspect(conn: &Connection) -> Result<(), StoreError> {
    // One snapshot: another process may be making the database at this moment.
    let snapshot = conn.unchecked_transaction()?;
    match state(&snapshot) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            Err(StoreError::Incompatible("The file is not an SQLite database.".to_owned()))
        }
        other => other?.judge().map(|_| ()),
    }
}

/// Brings the database to the newest version; a new one is made, and filled by `born`, in one transaction.
pub(super) fn upgrade(
    conn: &mut Connection,
    born: impl Fn(&Connection) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    loop {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version = state(&tx)?.judge()?;
        let steps = MIGRATIONS.len();
        match version {
            v if v == steps => return Ok(()),
            0 => {
                (0..steps).try_for_each(|step| migrate(&tx, step))?;
                born(&tx)?;
            }
            step => migrate(&tx, step)?,
        }
        tx.commit()?;
    }
}

fn migrate(tx: &Transaction<'_>, step: usize) -> Result<(), StoreError> {
    tx.execute_batch(MIGRATIONS[step])?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", i64::try_from(step).unwrap_or(i64::MAX) + 1)?;
    Ok(())
}

struct State {
    application_id: i64,
    version: i64,
    objects: i64,
}

fn state(conn: &Connection) -> rusqlite::Result<State> {
    Ok(State {
        application_id: conn.pragma_query_value(None, "application_id", |row| row.get(0))?,
        version: conn.pragma_query_value(None, "user_version", |row| row.get(0))?,
        objects: conn.query_one("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?,
    })
}

impl State {
    /// The version to migrate from, 0 for an empty file.
    fn judge(&self) -> Result<usize, StoreError> {
        let refuse = |why: String| Err(StoreError::Incompatible(why));
        let newest = MIGRATIONS.len();
        match (self.application_id, usize::try_from(self.version)) {
            (0, Ok(0)) if self.objects == 0 => Ok(0),
            (APPLICATION_ID, Ok(version)) if (1..=newest).contains(&version) => Ok(version),
            (APPLICATION_ID, Ok(version)) if version > newest => refuse(format!(
                "The database has version {version}, but this program knows only up to {newest}; \
                 use a newer program."
            )),
            _ => refuse("The file is a database of another program; it was left as it was.".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(conn: &Connection) -> i64 {
        state(conn).unwrap().version
    }

    #[test]
    fn a_new_database_gets_the_newest_version_and_our_mark() {
        let mut conn = Connection::open_in_memory().unwrap();
        upgrade(&mut conn, |_| Ok(())).unwrap();
        assert_eq!(state(&conn).unwrap().judge().unwrap(), MIGRATIONS.len());
    }

    #[test]
    fn every_older_version_is_brought_up_without_being_filled_again() {
        for old in 1..MIGRATIONS.len() {
            let mut conn = Connection::open_in_memory().unwrap();
            let tx = conn.transaction().unwrap();
            (0..old).for_each(|step| migrate(&tx, step).unwrap());
            tx.commit().unwrap();
            upgrade(&mut conn, |_| panic!("an old database is not new")).unwrap();
            assert_eq!(version(&conn), 2);
        }
    }

    #[test]
    fn a_birth_that_fails_leaves_nothing() {
        let mut conn = Connection::open_in_memory().unwrap();
        upgrade(&mut conn, |_| Err(StoreError::Closed)).unwrap_err();
        let state = state(&conn).unwrap();
        assert_eq!((state.application_id, state.version, state.objects), (0, 0, 0));
    }

    #[test]
    fn the_tables_refuse_what_the_domain_would_refuse() {
        let mut conn = Connection::open_in_memory().unwrap();
        upgrade(&mut conn, |_| Ok(())).unwrap();
        conn.pragma_update(None, "foreign_keys", 1).unwrap();
        let good = "('ORD-1', 1, 'a@b.c', 'PENDING', 100, 1, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')";
        for (part, bad) in [
            ("'ORD-1'", "'ORD-x'"),
            ("'ORD-1'", "'ord-1'"),
            (", 1,", ", 2,"),
            ("'a@b.c'", "NULL"),
            ("'PENDING'", "'LOST'"),
            ("100", "-1"),
            ("100", "'abc'"),
            ("100", "100000000001"),
            ("100, 1", "100, 2"),
        ] {
            let row = good.replacen(part, bad, 1);
            assert!(conn.execute(&format!("INSERT INTO orders VALUES {row}"), ()).is_err(), "{row}");
        }
        conn.execute(&format!("INSERT INTO orders VALUES {good}"), ()).unwrap();
        let orphan = "INSERT INTO notes VALUES (1, 'ORD-2', 'x', '2026-01-01T00:00:00Z')";
        assert!(conn.execute(orphan, ()).is_err());
    }
}
