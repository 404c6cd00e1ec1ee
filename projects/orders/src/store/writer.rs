//! The writing thread: gathers waiting jobs into one transaction and answers after it is on disk.

use rusqlite::{Connection, ffi};

use super::error::StoreError;
use super::job::{Job, Jobs};

/// The most jobs that share a transaction, and so the cost of one sync to disk.
const MAX_BATCH: usize = 64;

/// Writes until the queue is closed.
pub(super) fn run(conn: &Connection, mut jobs: Jobs) {
    while let Some(first) = jobs.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < MAX_BATCH
            && let Ok(job) = jobs.try_recv()
        {
            batch.push(job);
        }
        write(conn, batch);
    }
}

/// Moves the log into the database file, so that it can be copied as one file.
pub(super) fn checkpoint(conn: &Connection) {
    if let Err(error) = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(())) {
        tracing::warn!(%error, "the log could not be moved into the database; the next start will do so");
    }
}

fn write(conn: &Connection, mut batch: Vec<Box<dyn Job>>) {
    match commit(conn, &mut batch) {
        Ok(()) => batch.into_iter().for_each(Job::finish),
        Err(error) => {
            tracing::error!(%error, jobs = batch.len(), "a transaction was lost");
            if !conn.is_autocommit()
                && let Err(error) = conn.execute_batch("ROLLBACK")
            {
                tracing::error!(%error, "a lost transaction could not be rolled back");
            }
            let error = StoreError::from(error);
            batch.into_iter().for_each(|job| job.fail(error.clone()));
        }
    }
}

/// Runs each job in a savepoint of its own, so that one refusal undoes nothing of its neighbours.
fn commit(conn: &Connection, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    conn.execute_batch("BEGIN IMMEDIATE")?;
    for job in batch {
        conn.execute_batch("SAVEPOINT job")?;
        let keep = job.run(conn);
        // On a full disk or a failing one SQLite may undo the whole transaction by itself.
        if conn.is_autocommit() {
            let code = ffi::Error::new(ffi::SQLITE_ABORT_ROLLBACK);
            return Err(rusqlite::Error::SqliteFailure(code, None));
        }
        conn.execute_batch(if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" })?;
    }
    conn.execute_batch("COMMIT")
}

#[cfg(test)]
mod tests {
    use super::super::job::{Outcome, job};
    use super::*;
    use crate::domain::Invalid;

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "PRAGMA foreign_keys = ON;
             CREATE TABLE t (x INTEGER PRIMARY KEY, parent INTEGER REFERENCES t DEFERRABLE INITIALLY DEFERRED)",
        )
        .unwrap();
        conn
    }

    fn insert(x: i64, parent: Option<i64>) -> (Box<dyn Job>, Outcome<usize>) {
        job(move |conn| Ok(conn.execute("INSERT INTO t VALUES (?1, ?2)", (x, parent))?))
    }

    fn rows(conn: &Connection) -> i64 {
        conn.query_one("SELECT count(*) FROM t", (), |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_refused_job_undoes_only_itself() {
        let conn = database();
        let (first, mut one) = insert(1, None);
        let (refused, mut two) = job::<(), _>(|conn| {
            conn.execute("INSERT INTO t VALUES (2, NULL)", ())?;
            Err(Invalid::new("no").into())
        });
        let (third, mut three) = insert(3, None);
        write(&conn, vec![first, refused, third]);
        assert_eq!(one.try_recv().unwrap().unwrap(), 1);
        assert!(two.try_recv().unwrap().unwrap_err().is_user_error());
        assert_eq!(three.try_recv().unwrap().unwrap(), 1);
        assert_eq!(rows(&conn), 2);
    }

    #[test]
    fn no_job_is_acknowledged_when_the_commit_fails() {
        let conn = database();
        let (good, mut one) = insert(1, None);
        let (orphan, mut two) = insert(2, Some(99));
        let (refused, mut three) = job::<(), _>(|_| Err(StoreError::KeyReused));
        write(&conn, vec![good, orphan, refused]);
        assert!(matches!(one.try_recv().unwrap(), Err(StoreError::Database(_))));
        assert!(matches!(two.try_recv().unwrap(), Err(StoreError::Database(_))));
        assert!(matches!(three.try_recv().unwrap(), Err(StoreError::KeyReused)));
        assert_eq!(rows(&conn), 0);

        let (next, mut four) = insert(4, None);
        write(&conn, vec![next]);
        assert!(four.try_recv().unwrap().is_ok());
    }

    #[test]
    fn a_transaction_that_sqlite_undoes_by_itself_fails_every_job() {
        let conn = database();
        let (good, mut one) = insert(1, None);
        let (undo, mut two) = job(|conn| Ok(conn.execute_batch("ROLLBACK")?));
        let (late, mut three) = insert(3, None);
        write(&conn, vec![good, undo, late]);
        assert!(one.try_recv().unwrap().is_err());
        assert!(two.try_recv().unwrap().is_err());
        assert!(three.try_recv().unwrap().is_err());
        assert_eq!(rows(&conn), 0);
    }

    #[test]
    fn a_caller_that_left_before_its_turn_gets_nothing_done() {
        let conn = database();
        let (abandoned, outcome) = insert(1, None);
        drop(outcome);
        write(&conn, vec![abandoned]);
        assert_eq!(rows(&conn), 0);
    }
}
