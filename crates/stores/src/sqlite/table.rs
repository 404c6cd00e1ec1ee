//! What is done with the tables: each function is one step within whatever transaction there is.

use rusqlite::{Connection, OptionalExtension as _, Result, named_params};
use toolwright_server::tasks::TaskRecord;

/// A record on its way to the file.
pub(super) struct Row {
    id: String,
    revision: i64,
    worker: String,
    until: i64,
    is_final: bool,
    json: String,
}

impl Row {
    /// Of a record that is made now.
    pub(super) fn new(record: &TaskRecord, now: i64) -> serde_json::Result<Self> {
        let ttl = record.task.ttl_ms.map_or(i64::MAX, whole);
        Ok(Self {
            id: record.task.task_id.clone(),
            revision: whole(record.revision),
            worker: record.worker.clone(),
            until: now.saturating_add(ttl),
            is_final: record.task.status.is_final(),
            json: serde_json::to_string(record)?,
        })
    }
}

pub(super) fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

const FORGET_ENDED: &str = "DELETE FROM tasks WHERE id IN (
    SELECT id FROM tasks WHERE ended IS NOT NULL ORDER BY ended LIMIT ?1)";

/// One that nobody works on any more has ended, too; whoever asked for it would find out.
const FORGET_LEFT: &str = "DELETE FROM tasks WHERE id IN (
    SELECT id FROM tasks WHERE ended IS NULL AND worker NOT IN (SELECT id FROM workers)
    ORDER BY until LIMIT ?1)";

/// Keeps a new record, unless so many are kept, and none of them may be forgotten.
pub(super) fn create(conn: &Connection, row: &Row, most: usize, now: i64) -> Result<bool> {
    let run = |sql| conn.prepare_cached(sql)?.execute([now]);
    run("DELETE FROM tasks WHERE until <= ?1")?;
    run("DELETE FROM workers WHERE until <= ?1")?;
    let kept: i64 = conn.prepare_cached("SELECT count(*) FROM tasks")?.query_one((), |row| row.get(0))?;
    let mut missing = kept - whole(most) + 1;
    for forget in [FORGET_ENDED, FORGET_LEFT] {
        if missing > 0 {
            missing -= whole(conn.prepare_cached(forget)?.execute([missing])?);
        }
    }
    if missing > 0 {
        return Ok(false);
    }
    let mut insert = conn.prepare_cached(
        "INSERT OR REPLACE INTO tasks (id, revision, worker, until, ended, change, record)
         SELECT :id, :revision, :worker, :until, iif(:final, changes + 1, NULL), changes + 1, :record FROM counter",
    )?;
    insert.execute(named_params! {
        ":id": row.id, ":revision": row.revision, ":worker": row.worker, ":until": row.until,
        ":final": row.is_final, ":record": row.json,
    })?;
    count(conn)?;
    Ok(true)
}

/// Puts a record in the place of the one before it; false when that is not there.
pub(super) fn replace(conn: &Connection, row: &Row, now: i64) -> Result<bool> {
    let mut update = conn.prepare_cached(
        "UPDATE tasks SET revision = :revision, record = :record, change = changes + 1,
                          ended = iif(:final, coalesce(ended, changes + 1), NULL)
         FROM counter WHERE id = :id AND revision = :revision - 1 AND until > :now",
    )?;
    let replaced = update.execute(named_params! {
        ":id": row.id, ":revision": row.revision, ":final": row.is_final, ":record": row.json, ":now": now,
    })?;
    if replaced > 0 {
        count(conn)?;
    }
    Ok(replaced > 0)
}

fn count(conn: &Connection) -> Result<usize> {
    conn.prepare_cached("UPDATE counter SET changes = changes + 1")?.execute(())
}

pub(super) fn get(conn: &Connection, id: &str, now: i64) -> Result<Option<String>> {
    let mut find = conn.prepare_cached("SELECT record FROM tasks WHERE id = ?1 AND until > ?2")?;
    find.query_row((id, now), |row| row.get(0)).optional()
}

/// A lease that is nearly as long as the new one stays: then nothing has to get to the disk.
pub(super) fn renew(conn: &Connection, worker: &str, lease: i64, now: i64) -> Result<()> {
    let mut renew = conn.prepare_cached(
        "INSERT INTO workers (id, until) VALUES (?1, ?2)
         ON CONFLICT (id) DO UPDATE SET until = excluded.until
         WHERE excluded.until NOT BETWEEN until AND until + ?3",
    )?;
    renew.execute((worker, now.saturating_add(lease), lease / 16)).map(drop)
}

pub(super) fn is_alive(conn: &Connection, worker: &str, now: i64) -> Result<bool> {
    conn.prepare_cached("SELECT 1 FROM workers WHERE id = ?1 AND until > ?2")?.exists((worker, now))
}

/// How many changes there were.
pub(super) fn changes(conn: &Connection) -> Result<i64> {
    conn.prepare_cached("SELECT changes FROM counter")?.query_one((), |row| row.get(0))
}

/// The records that were changed by these changes, oldest first, as they are now.
pub(super) fn changed(conn: &Connection, after: i64, last: i64, mut tell: impl FnMut(&str)) -> Result<()> {
    let mut find =
        conn.prepare_cached("SELECT record FROM tasks WHERE change > ?1 AND change <= ?2 ORDER BY change")?;
    let mut rows = find.query([after, last])?;
    while let Some(row) = rows.next()? {
        tell(row.get_ref(0)?.as_str()?);
    }
    Ok(())
}

/// Until when somebody may be heard of who works on a task; none when nobody does.
pub(super) fn worked_until(conn: &Connection, now: i64) -> Result<Option<i64>> {
    let mut find = conn.prepare_cached(
        "SELECT max(until) FROM workers WHERE EXISTS (
             SELECT 1 FROM tasks WHERE worker = workers.id AND ended IS NULL AND tasks.until > ?1)",
    )?;
    find.query_one([now], |row| row.get(0))
}
