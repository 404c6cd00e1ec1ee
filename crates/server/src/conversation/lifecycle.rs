//! The requests that concern the conversation itself: beginning, discovering, listening.

use serde::Deserialize;
use serde_json::{Map, json};
use toolwright_core::core::Outcome;
use toolwright_types::dialect::Dialect;
use toolwright_types::jsonrpc::{ErrorObject, Id, code};
use toolwright_types::lifecycle::InitializeResult;
use toolwright_types::logging::LogLevel;
use toolwright_types::meta::{Params, SUBSCRIPTION_ID};
use toolwright_types::method::{Facts, Method, notification};
use toolwright_types::subscriptions::SubscriptionFilter;
use toolwright_types::version::ProtocolVersion;

use super::Conversation;
use crate::envelope;
use crate::era::{Session, read, supported};
use crate::service::Service;
use crate::subscriptions::raw;

type Answered = Result<Outcome, Option<ErrorObject>>;

impl Conversation {
    /// `initialize`
    pub(super) fn begin(&mut self, params: &Params<'_>, out: &mut Vec<u8>) -> Answered {
        let core = self.service.core();
        let session = Session::begin(params, |feature| core.has(feature))?;
        let mut server = core.server().clone();
        if !session.dialect.icons {
            (server.icons, server.description, server.website_url) = (None, None, None);
        }
        if !session.dialect.titles {
            server.title = None;
        }
        let result = InitializeResult {
            protocol_version: session.dialect.version.to_string(),
            capabilities: core.capabilities(session.dialect),
            server_info: server,
            instructions: self.service.instructions().map(str::to_owned),
            meta: None,
        };
        out.extend_from_slice(json!(result).to_string().as_bytes());
        self.subscriptions.resources.clear();
        self.session = Some(session);
        Ok(Outcome::Complete)
    }

    /// Everything else that is not asked of the core.
    pub(super) fn lifecycle(
        &mut self,
        id: Id<'_>,
        facts: &Facts,
        params: &Params<'_>,
        dialect: &'static Dialect,
        out: &mut Vec<u8>,
    ) -> Answered {
        match facts.method {
            Method::Discover => self.discover(dialect, out),
            Method::Listen => return self.listen(id, params),
            Method::SetLogLevel => {
                let SetLevel { level } = read(params)?;
                if let Some(session) = &mut self.session {
                    session.log_level = level;
                }
                self.empty(dialect, out);
            }
            Method::Subscribe => {
                let Subscribe { uri } = read(params)?;
                self.subscribe(uri, dialect)?;
                self.empty(dialect, out);
            }
            Method::Unsubscribe => {
                let Subscribe { uri } = read(params)?;
                self.subscriptions.resources.remove(&uri);
                self.empty(dialect, out);
            }
            _ => self.empty(dialect, out),
        }
        Ok(Outcome::Complete)
    }

    /// Rule S20.
    fn discover(&self, dialect: &'static Dialect, out: &mut Vec<u8>) {
        let core = self.service.core();
        let mut result = Map::new();
        result.insert("supportedVersions".into(), supported(true).into());
        result.insert("capabilities".into(), json!(core.capabilities(dialect)));
        if let Some(instructions) = self.service.instructions() {
            result.insert("instructions".into(), instructions.into());
        }
        core.write(dialect, result, true, out);
    }

    fn empty(&self, dialect: &'static Dialect, out: &mut Vec<u8>) {
        self.service.core().write(dialect, Map::new(), false, out);
    }

    /// Held open: the acknowledgement is all there is to say now.
    fn listen(&mut self, id: Id<'_>, params: &Params<'_>) -> Answered {
        let Listen { notifications } = read(params)?;
        let uris = notifications.resource_subscriptions.iter().flatten();
        self.check_room(uris.map(String::as_str).chain([id.as_json()]))?;
        let mut acknowledgement = Vec::new();
        let has = |feature| self.service.core().has(feature);
        let key = id.key().into();
        self.subscriptions.listen(id.as_json(), key, notifications, has, &mut acknowledgement);
        self.outbox.put(&acknowledgement);
        Err(None)
    }

    fn subscribe(&mut self, uri: String, dialect: &Dialect) -> Result<(), ErrorObject> {
        if !self.service.core().has_resource(&uri) {
            return Err(dialect.not_found(&uri));
        }
        if !self.subscriptions.resources.contains(&uri) {
            self.check_room([uri.as_str()])?;
        }
        self.subscriptions.resources.insert(uri);
        Ok(())
    }

    /// Whether these ids and URIs can be held as well.
    fn check_room<'a>(&'a self, more: impl IntoIterator<Item = &'a str>) -> Result<(), ErrorObject> {
        let (count, bytes) = more
            .into_iter()
            .chain(self.subscriptions.held())
            .fold((0, 0), |(count, bytes), held| (count + 1, bytes + held.len()));
        let limits = self.service.limits();
        let (most, most_bytes) = (limits.subscriptions, limits.buffered);
        if count > most || bytes > most_bytes {
            let why = format!("at most {most} subscriptions, of {most_bytes} bytes together");
            return Err(ErrorObject::new(code::INVALID_PARAMS, why));
        }
        Ok(())
    }
}

/// Rules S37 and S41 do not agree on how a server ends a subscription; saying both satisfies either reader.
pub(super) fn end_listening(service: &Service, id: &str, out: &mut Vec<u8>) {
    let cancelled = json!({"requestId": raw(id), "_meta": {SUBSCRIPTION_ID: raw(id)}});
    envelope::notification(out, notification::CANCELLED, &cancelled);
    out.push(b'\n');
    envelope::begin(out, id);
    let dialect = Dialect::of(ProtocolVersion::LATEST);
    let result = Map::from_iter([("_meta".to_owned(), json!({SUBSCRIPTION_ID: raw(id)}))]);
    service.core().write(dialect, result, false, out);
    envelope::end(out);
    out.push(b'\n');
}

#[derive(Deserialize)]
struct SetLevel {
    level: LogLevel,
}

#[derive(Deserialize)]
struct Subscribe {
    uri: String,
}

#[derive(Deserialize)]
struct Listen {
    notifications: SubscriptionFilter,
}
