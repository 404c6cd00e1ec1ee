//! Tasks in Redis: a hash each, which is gone when the task's time is over.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use redis::Script;
use redis::aio::MultiplexedConnection;
use toolwright_core::error::{Error, Result};
use toolwright_server::tasks::{Stored, TaskRecord, TaskStore};

use super::Redis;
use super::line::{LONGEST, Line, millis};
use super::wire;

/// How many tasks are read at once.
const PAGE: usize = 100;

/// Keeps a new task, and forgets the one that ended first when there are too many.
static CREATE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("create.lua")));
/// Puts a record in the place of the one before it.
static REPLACE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("replace.lua")));

impl Redis {
    async fn keep_new(&self, record: TaskRecord) -> Result<()> {
        let (line, id) = (&*self.line, record.task.task_id.clone());
        let mut create = CREATE.key(line.task(&id));
        create.key(line.channel("kept")).key(line.channel("ended"));
        create.arg(&id).arg(record.revision).arg(serde_json::to_string(&record)?);
        create.arg(record.task.ttl_ms.unwrap_or(LONGEST).clamp(1, LONGEST)).arg(self.tasks);
        create.arg(line.task("")).arg(line.channel(wire::TASKS)).arg(&line.name);
        let kept: bool = line.ask(|mut redis| async move { create.invoke_async(&mut redis).await }).await?;
        if !kept {
            return Err(Error::msg(format!("{} tasks are kept, and all of them run", self.tasks)));
        }
        line.tell_record(&record);
        Ok(())
    }

    async fn swap(&self, record: TaskRecord) -> Result<bool> {
        let (line, id) = (&*self.line, record.task.task_id.clone());
        let Some(before) = record.revision.checked_sub(1) else { return Ok(false) };
        let mut replace = REPLACE.key(line.task(&id));
        replace.key(line.channel("ended"));
        replace.arg(&id).arg(before).arg(record.revision).arg(serde_json::to_string(&record)?);
        replace.arg(record.task.status.is_final()).arg(line.channel(wire::TASKS)).arg(&line.name);
        let replaced: bool =
            line.ask(|mut redis| async move { replace.invoke_async(&mut redis).await }).await?;
        if replaced {
            line.tell_record(&record);
        }
        Ok(replaced)
    }
}

impl TaskStore for Redis {
    fn create(&self, record: TaskRecord) -> Stored<'_, ()> {
        Box::pin(self.keep_new(record))
    }

    fn get<'a>(&'a self, id: &'a str) -> Stored<'a, Option<TaskRecord>> {
        Box::pin(async move {
            let mut get = redis::cmd("HGET");
            get.arg(self.line.task(id)).arg("record");
            let text: Option<String> = self.line.sent(get).await?;
            Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
        })
    }

    fn replace(&self, record: TaskRecord) -> Stored<'_, bool> {
        Box::pin(self.swap(record))
    }

    fn renew<'a>(&'a self, worker: &'a str, lease: Duration) -> Stored<'a, ()> {
        Box::pin(async move {
            let mut set = redis::cmd("SET");
            set.arg(self.line.key("worker", worker)).arg(1).arg("PX").arg(millis(lease));
            self.line.sent(set).await
        })
    }

    fn is_alive<'a>(&'a self, worker: &'a str) -> Stored<'a, bool> {
        Box::pin(async move {
            let mut exists = redis::cmd("EXISTS");
            exists.arg(self.line.key("worker", worker));
            self.line.sent(exists).await
        })
    }

    fn listen(&self, changed: Arc<dyn Fn(&TaskRecord) + Send + Sync>) {
        self.line.hear_records(changed);
    }
}

impl Line {
    fn task(&self, id: &str) -> String {
        self.key("task", id)
    }

    /// Tells how all tasks stand: what was said of them while the line was down is not said again.
    pub(super) async fn look_again(&self, redis: &mut MultiplexedConnection) -> Result<()> {
        let ids: Vec<String> =
            redis::cmd("ZRANGE").arg(self.channel("kept")).arg(0).arg(-1).query_async(redis).await?;
        for page in ids.chunks(PAGE) {
            let mut pipe = redis::pipe();
            for id in page {
                pipe.cmd("HGET").arg(self.task(id)).arg("record");
            }
            let texts: Vec<Option<String>> = pipe.query_async(redis).await?;
            for text in texts.into_iter().flatten() {
                self.tell_record(&serde_json::from_str(&text)?);
            }
        }
        Ok(())
    }
}
