//! Sessions in Redis: the record of each as text, which is gone when nobody used it for its time.

use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;
use toolwright_core::error::{Error, Result};
use toolwright_server::sessions::{Heard, SessionRecord, SessionStore};
use toolwright_server::tasks::Stored;

use super::Redis;
use super::{line, wire};

/// Puts a record in the place of the one before it.
static REPLACE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("session.lua")));

impl Redis {
    fn session(&self, id: &str) -> String {
        self.line.key("session", id)
    }
}

fn read(text: Option<String>) -> Result<Option<SessionRecord>> {
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

impl SessionStore for Redis {
    fn create(&self, record: SessionRecord, keep: Duration) -> Stored<'_, ()> {
        Box::pin(async move {
            let mut set = redis::cmd("SET");
            set.arg(self.session(&record.id)).arg(serde_json::to_string(&record)?);
            set.arg("NX").arg("PX").arg(line::millis(keep));
            let kept: Option<String> = self.line.sent(set).await?;
            kept.map(drop).ok_or_else(|| Error::msg("there is such a session already"))
        })
    }

    fn get<'a>(&'a self, id: &'a str) -> Stored<'a, Option<SessionRecord>> {
        Box::pin(async move {
            let mut get = redis::cmd("GET");
            get.arg(self.session(id));
            read(self.line.sent(get).await?)
        })
    }

    fn renew<'a>(&'a self, id: &'a str, keep: Duration) -> Stored<'a, Option<SessionRecord>> {
        Box::pin(async move {
            // In one go since 6.2 only.
            let mut renew = redis::pipe();
            renew.pexpire(self.session(id), line::millis(keep).cast_signed()).ignore().get(self.session(id));
            let (text,): (Option<String>,) =
                self.line.ask(|mut redis| async move { renew.query_async(&mut redis).await }).await?;
            read(text)
        })
    }

    fn replace(&self, record: SessionRecord, keep: Duration) -> Stored<'_, bool> {
        Box::pin(async move {
            let Some(before) = record.revision.checked_sub(1) else { return Ok(false) };
            let mut replace = REPLACE.key(self.session(&record.id));
            replace.arg(before).arg(serde_json::to_string(&record)?).arg(line::millis(keep));
            self.line.ask(|mut redis| async move { replace.invoke_async(&mut redis).await }).await
        })
    }

    fn remove<'a>(&'a self, id: &'a str) -> Stored<'a, ()> {
        Box::pin(async move {
            let mut del = redis::cmd("DEL");
            del.arg(self.session(id));
            self.line.sent(del).await
        })
    }

    fn send(&self, message: String) -> Stored<'_, ()> {
        Box::pin(async move {
            let mut publish = redis::cmd("PUBLISH");
            publish.arg(self.line.channel(wire::SESSIONS)).arg(message);
            self.line.sent(publish).await
        })
    }

    fn listen(&self, heard: Heard) {
        self.line.hear_sessions(heard);
    }
}
