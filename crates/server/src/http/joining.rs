//! Sessions that began at other instances: taken in when they are asked for here, and kept in step.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use toolwright_core::change::{Change, Listener as _};
use toolwright_core::error::{Error, Result};
use toolwright_types::jsonrpc::{self, Incoming};
use toolwright_types::logging::LogLevel;
use toolwright_types::method::notification;

use super::headers::SESSION_ID;
use super::session::{HttpSession, Inner, Principal, Sessions, Standalone, is_id};
use super::sharing::{Errand, Letter, Sharing, Update, Word};
use crate::conversation::cancelled_id;
use crate::era::{Caller, Session};
use crate::sessions::SessionRecord;

/// A session that is looked for elsewhere.
pub(super) type Joining = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

impl Sessions {
    /// Hears what other instances tell.
    pub(super) fn listen(self: &Arc<Self>) {
        let Some(sharing) = &self.sharing else { return };
        let sessions = Arc::downgrade(self);
        sharing.store.listen(Arc::new(move |message| {
            if let Some(sessions) = sessions.upgrade() {
                sessions.heard(message);
            }
        }));
    }

    fn heard(&self, message: &str) {
        let Some(sharing) = &self.sharing else { return };
        let letter = match serde_json::from_str::<Letter>(message) {
            Ok(letter) if *letter.from == *sharing.me => return,
            Ok(letter) => letter,
            Err(error) => return tracing::warn!("another instance cannot be understood: {error}"),
        };
        match letter.word {
            Word::Record(record) => {
                if let Some(session) = self.known(&record.id) {
                    session.keep_step(&record, &sharing.me);
                }
            }
            Word::Ended { session } => self.forget(&session),
            Word::Said { session, message } => {
                if let Some(session) = self.known(&session) {
                    session.said(&message);
                }
            }
        }
    }

    /// Looks for the session of a request elsewhere, if it is not known here and may be there.
    pub(super) fn join(self: &Arc<Self>, parts: &Parts) -> Option<Joining> {
        self.sharing.as_ref()?;
        let id = parts.headers.get(&SESSION_ID)?.to_str().ok()?;
        if self.known(id).is_some() || !is_id(id) {
            return None;
        }
        let principal = parts.extensions.get::<Principal>().cloned();
        let (sessions, id) = (Arc::clone(self), id.to_owned());
        Some(Box::pin(async move { sessions.take_in(&id, principal).await }))
    }

    async fn take_in(self: &Arc<Self>, id: &str, principal: Option<Principal>) -> Result<()> {
        let Some(sharing) = &self.sharing else { return Ok(()) };
        let Some(record) = sharing.store.get(id).await? else { return Ok(()) };
        if record.principal.as_deref() != principal.as_ref().map(|principal| &*principal.0) {
            return Ok(());
        }
        let client = Session::new(
            &record.protocol_version,
            raw(record.client_info.as_ref()),
            raw(record.client_capabilities.as_ref()),
            |feature| self.service.core().has(feature),
        );
        let session = self.insert(id, client, principal).ok_or_else(|| Error::msg("too many sessions"))?;
        session.keep_step(&record, &sharing.me);
        // Before it was taken in, nobody here heard how it changed, or that it ended.
        match sharing.store.get(id).await? {
            Some(record) => session.keep_step(&record, &sharing.me),
            None => self.forget(id),
        }
        Ok(())
    }

    /// Ready when other instances can find a session that began here.
    pub(super) async fn publish(&self, session: &HttpSession) -> Result<()> {
        let Some(sharing) = &self.sharing else { return Ok(()) };
        sharing.store.create(session.record(), self.keep(session.client.is_ready())).await
    }

    /// A session was used here.
    pub(super) async fn renew(&self, session: &HttpSession) {
        let Some(sharing) = &self.sharing else { return };
        match sharing.store.renew(&session.id, self.keep(session.client.is_ready())).await {
            Ok(Some(record)) => session.keep_step(&record, &sharing.me),
            // It ended elsewhere, and the word of that was lost.
            Ok(None) => self.forget(&session.id),
            Err(error) => tracing::warn!("the store of sessions was not told that one is used: {error}"),
        }
    }

    /// Tells other instances what a message means for them; false when the session has ended.
    pub(super) async fn run(&self, session: &HttpSession, errands: Vec<Errand>) -> Result<bool> {
        let Some(sharing) = &self.sharing else { return Ok(true) };
        let mut updates = Vec::new();
        for errand in errands {
            match errand {
                Errand::Update(update) => updates.push(update),
                Errand::Say(message) => {
                    let session = session.id.as_ref().into();
                    sharing.say(Word::Said { session, message }).await?;
                }
            }
        }
        if updates.is_empty() {
            return Ok(true);
        }
        self.update(sharing, session, &updates).await
    }

    /// Moves the stream for changes of a session here; none when the session has ended.
    pub(super) async fn move_stream(&self, session: &HttpSession) -> Result<Option<Standalone>> {
        let Some(sharing) = &self.sharing else { return Ok(None) };
        let before = session.lock().listener.clone();
        let update = Update::Listener(Arc::clone(&sharing.me));
        if !self.update(sharing, session, &[update]).await? {
            return Ok(None);
        }
        let stream = session.standalone(&self.service);
        // What was told while nobody had it is lost.
        if before.is_some_and(|before| *before != *sharing.me) {
            stream.1.changed(&Change::Everything);
        }
        // Somebody else may have been quicker meanwhile.
        session.lock().give_way(&sharing.me);
        Ok(Some(stream))
    }

    async fn update(&self, sharing: &Sharing, session: &HttpSession, updates: &[Update]) -> Result<bool> {
        let kept = sharing.change(&session.id, updates, |is_ready| self.keep(is_ready)).await?;
        match &kept {
            Some(record) => session.keep_step(record, &sharing.me),
            None => self.forget(&session.id),
        }
        Ok(kept.is_some())
    }

    /// Ends a session that was ended here everywhere.
    pub(super) async fn remove(&self, id: &str) -> Result<()> {
        let Some(sharing) = &self.sharing else { return Ok(()) };
        sharing.store.remove(id).await?;
        sharing.say(Word::Ended { session: id.into() }).await
    }

    /// How long a record is kept: it is renewed with a pause.
    fn keep(&self, is_ready: bool) -> Duration {
        self.patience(is_ready) + self.pause()
    }
}

impl HttpSession {
    /// Takes over how the session is kept, unless that is older than what is known.
    fn keep_step(&self, record: &SessionRecord, me: &str) {
        let mut inner = self.lock();
        if record.revision < inner.revision {
            return;
        }
        inner.revision = record.revision;
        self.client.set_log_level(record.log_level);
        if record.ready {
            self.client.become_ready();
        }
        inner.subscriptions.resources = record.subscriptions.iter().cloned().collect();
        inner.listener.clone_from(&record.listener);
        inner.give_way(me);
    }

    /// The client sent what may concern a call that runs here.
    fn said(&self, message: &str) {
        match jsonrpc::read(message.as_bytes()) {
            Ok(Incoming::Notification { method, params }) if method == notification::CANCELLED => {
                cancelled_id(&params).into_iter().for_each(|key| self.cancel(&key));
            }
            Ok(Incoming::Response { id, outcome }) => {
                self.questions.answered(id, outcome);
            }
            _ => {}
        }
    }

    fn record(&self) -> SessionRecord {
        let caller = Caller::legacy(&self.client);
        let value = |raw: Option<&RawValue>| raw.and_then(|raw| serde_json::from_str(raw.get()).ok());
        SessionRecord {
            id: self.id.as_ref().into(),
            revision: 0,
            principal: self.principal.as_ref().map(|principal| principal.0.as_ref().into()),
            protocol_version: self.client.dialect.version.to_string(),
            client_info: value(caller.client_info),
            client_capabilities: value(caller.client_capabilities),
            ready: self.client.is_ready(),
            log_level: caller.log_level.unwrap_or(LogLevel::Info),
            subscriptions: self.lock().subscriptions.resources.iter().cloned().collect(),
            listener: None,
        }
    }
}

impl Inner {
    /// Ends the stream for changes when another instance has it: each is told once.
    fn give_way(&mut self, me: &str) {
        if self.listener.as_deref() != Some(me)
            && let Some((log, _)) = self.standalone.take()
        {
            log.end();
        }
    }
}

fn raw(value: Option<&Value>) -> Option<Box<RawValue>> {
    value.and_then(|value| to_raw_value(value).ok())
}
