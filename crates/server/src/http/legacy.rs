//! POST, GET and DELETE as of 2025-03-26 to 2025-11-25 (rules G6 to G13).

use std::sync::Arc;

use http::header::{HeaderName, HeaderValue};
use http::request::Parts;
use http::{Response, StatusCode};
use serde_json::value::RawValue;
use toolwright_core::core::Outcome;
use toolwright_types::dialect::Dialect;
use toolwright_types::jsonrpc::{self, ErrorObject, Id, Incoming, code};
use toolwright_types::meta::Params;
use toolwright_types::method::notification;
use toolwright_types::version::ProtocolVersion;

use super::accepts::Accepts;
use super::body::Body;
use super::event;
use super::exchange::Exchange;
use super::headers::{LAST_EVENT_ID, PROTOCOL_VERSION, SESSION_ID};
use super::load::Permit;
use super::modern::{Post, internal};
use super::options::Legacy;
use super::reply::{self, Manner, Reply, Waiting};
use super::session::{HttpSession, Principal};
use super::shared::{Shared, not_allowed};
use super::stream::{LogStream, Unasked};
use crate::conversation::cancelled_id;
use crate::dispatch::Asked;
use crate::envelope;
use crate::era::{Caller, missing_meta, unsupported_version};
use crate::lifecycle::{self, Answered};
use crate::outbox::OnDemand;
use crate::subscriptions::Subscriptions;

/// Who asks in the legacy era.
pub(super) enum Client {
    Session(Arc<HttpSession>),
    /// No session is kept: only how to answer is known.
    Unknown(&'static Dialect),
}

impl Client {
    fn session(&self) -> Option<&Arc<HttpSession>> {
        match self {
            Self::Session(session) => Some(session),
            Self::Unknown(_) => None,
        }
    }
}

impl Shared {
    /// `initialize`: a session is made last, when nothing can go wrong any more.
    pub(super) fn initialize(&self, post: &Post<'_>) -> Response<Body> {
        let mut out = Vec::with_capacity(512);
        envelope::begin(&mut out, post.id.as_json());
        let stateless = self.legacy != Legacy::Sessions;
        let announce = |capabilities: &mut toolwright_types::capability::ServerCapabilities| {
            if stateless {
                capabilities.forget_changes();
            }
        };
        let client = match lifecycle::initialize(&self.service, post.params, announce, &mut out) {
            Ok(client) => client,
            Err(error) => return reply::refuse(StatusCode::OK, Some(post.id.as_json()), &error),
        };
        envelope::end(&mut out);
        let mut response = reply::json(StatusCode::OK, out);
        if self.legacy == Legacy::Sessions {
            let principal = post.parts.extensions.get::<Principal>().cloned();
            let Some(session) = self.sessions.begin(client, principal) else {
                return reply::busy("too many sessions");
            };
            if let Ok(id) = HeaderValue::from_str(&session.id) {
                response.headers_mut().insert(SESSION_ID, id);
            }
        }
        response
    }

    /// Finds the client by the headers, or says what is wrong with them.
    pub(super) fn client(&self, parts: &Parts, id: Option<&str>) -> Result<Client, Box<Response<Body>>> {
        let bad = |error: &ErrorObject| Box::new(reply::refuse(StatusCode::BAD_REQUEST, id, error));
        let header = |name: &HeaderName| parts.headers.get(name).map(HeaderValue::to_str);
        let version = match header(&PROTOCOL_VERSION) {
            None => None,
            Some(Ok(version)) => Some(version),
            Some(Err(_)) => return Err(bad(&unsupported_version("?"))),
        };
        let dialect = match version.map(|version| (version, version.parse::<ProtocolVersion>())) {
            None => Dialect::unnamed(),
            Some((text, Err(_))) => return Err(bad(&unsupported_version(text))),
            // Rule H8: it says that it describes itself, and does not.
            Some((_, Ok(version))) if Dialect::of(version).stateless => return Err(bad(&missing_meta())),
            Some((_, Ok(version))) => Dialect::of(version),
        };
        let invalid = |why: &'static str| ErrorObject::new(code::INVALID_REQUEST, why);
        match (self.legacy, header(&SESSION_ID)) {
            (Legacy::Off, _) => Err(bad(&missing_meta())),
            (Legacy::Stateless, _) => Ok(Client::Unknown(dialect)),
            (Legacy::Sessions, None) => {
                Err(bad(&invalid("begin with `initialize`, and give the `Mcp-Session-Id` it answers with")))
            }
            (Legacy::Sessions, Some(name)) => {
                let principal = parts.extensions.get::<Principal>();
                let session = name.ok().and_then(|name| self.sessions.find(name, principal));
                let session = session.ok_or_else(|| {
                    let error = invalid("there is no such session: begin with `initialize`");
                    Box::new(reply::refuse(StatusCode::NOT_FOUND, id, &error))
                })?;
                // Rule G11.
                if version.is_some() && session.client.dialect.version != dialect.version {
                    return Err(bad(&invalid("the session has another protocol version")));
                }
                Ok(Client::Session(session))
            }
        }
    }

    /// A request of a known client.
    pub(super) fn legacy(&self, post: &Post<'_>, client: &Client, permit: Permit) -> Reply {
        let mut exchange = Exchange::default();
        let outbox = self.outbox(client, post.accepts);
        let now = self.legacy_request(post.id, post.method, post.params, client, &outbox, &mut exchange);
        let outbox = outbox.into_made();
        if let Some(answer) = now {
            if outbox.is_none() {
                return Reply::Now(reply::at_once(post.accepts, answer));
            }
            exchange.answered(answer);
        }
        exchange.listen(outbox);
        self.wait(exchange, post.accepts, client, permit)
    }

    /// A client is asked on the stream of its request, if it takes one.
    fn outbox<'a>(&self, client: &'a Client, accepts: Accepts) -> OnDemand<'a> {
        let questions = client.session().filter(|_| accepts.stream).map(|session| &session.questions);
        OnDemand::new(self.service.limits().buffered, questions)
    }

    fn wait(&self, exchange: Exchange, accepts: Accepts, client: &Client, permit: Permit) -> Reply {
        let manner = Manner::Legacy(client.session().cloned());
        Reply::Later(Box::pin(Waiting::new(&self.service, exchange, accepts, manner, permit)))
    }

    /// The answer that is there at once, unless the call waits: then it is among those of the exchange.
    fn legacy_request(
        &self,
        id: Id<'_>,
        method: &str,
        params: &Params<'_>,
        client: &Client,
        outbox: &OnDemand<'_>,
        exchange: &mut Exchange,
    ) -> Option<Vec<u8>> {
        let peer = || outbox.peer();
        let (caller, session) = match client {
            Client::Session(session) => (Caller::legacy(&session.client), Some(&session.client)),
            Client::Unknown(dialect) => (Caller::unknown(dialect), None),
        };
        let mut out = Vec::with_capacity(512);
        envelope::begin(&mut out, id.as_json());
        let asked = Asked::new(&self.service, caller, id, method, params, &peer);
        let answered = asked.and_then(|asked| {
            if let (Some(session), false) = (session, asked.facts.prompt) {
                session.become_ready();
            }
            match client.session() {
                Some(http) if asked.is_of_connection() => {
                    asked.answer(&self.service, session, &mut http.lock().subscriptions, &mut out)
                }
                _ => asked.answer(&self.service, session, &mut Subscriptions::default(), &mut out),
            }
        });
        let error = match answered {
            Ok(Answered::Done(Outcome::Complete)) => {
                envelope::end(&mut out);
                return Some(out);
            }
            Ok(Answered::Done(Outcome::Later(later))) => {
                exchange.begin(id, later, client.session());
                return None;
            }
            Ok(Answered::Done(Outcome::Failed(error))) | Err(error) => error,
            Ok(_) => internal(),
        };
        out.clear();
        envelope::error(&mut out, Some(id.as_json()), &error);
        Some(out)
    }

    /// Rule G13: arrays are legal in one version only, and `initialize` never in one.
    pub(super) fn batch(&self, text: &[u8], parts: &Parts, accepts: Accepts, permit: Permit) -> Reply {
        let refuse = |why: String| {
            let error = ErrorObject::new(code::INVALID_REQUEST, why);
            Reply::Now(reply::refuse(StatusCode::BAD_REQUEST, None, &error))
        };
        let Ok(messages) = serde_json::from_slice::<Vec<&RawValue>>(text) else {
            let error = ErrorObject::new(code::PARSE_ERROR, "the message is not JSON");
            return Reply::Now(reply::refuse(StatusCode::BAD_REQUEST, None, &error));
        };
        let client = match self.client(parts, None) {
            Ok(client) => client,
            Err(response) => return Reply::Now(*response),
        };
        let batches = match &client {
            Client::Session(session) => session.client.dialect.batches,
            Client::Unknown(dialect) => dialect.batches,
        };
        let most = self.service.limits().batch;
        if !batches {
            return refuse("a message must be a JSON object".into());
        }
        if messages.is_empty() || messages.len() > most {
            return refuse(format!("a batch has 1 to {most} messages"));
        }
        let mut exchange = Exchange::batch();
        let outbox = self.outbox(&client, accepts);
        for message in messages {
            let answer = self.batched(message.get().as_bytes(), &client, &outbox, &mut exchange);
            answer.into_iter().for_each(|answer| exchange.answered(answer));
        }
        exchange.listen(outbox.into_made());
        if exchange.is_over() {
            return Reply::Now(reply::empty(StatusCode::ACCEPTED));
        }
        self.wait(exchange, accepts, &client, permit)
    }

    fn batched(
        &self,
        text: &[u8],
        client: &Client,
        outbox: &OnDemand<'_>,
        exchange: &mut Exchange,
    ) -> Option<Vec<u8>> {
        let refuse = |id: Option<&str>, error: &ErrorObject| {
            let mut out = Vec::new();
            envelope::error(&mut out, id, error);
            Some(out)
        };
        match jsonrpc::read(text) {
            Ok(Incoming::Request { id, method, .. }) if method == "initialize" => {
                let why = "`initialize` cannot stand in a batch";
                refuse(Some(id.as_json()), &ErrorObject::new(code::INVALID_REQUEST, why))
            }
            Ok(Incoming::Request { id, method, params }) => {
                self.legacy_request(id, &method, &params, client, outbox, exchange)
            }
            Ok(Incoming::Notification { method, params }) => {
                notified(client, &method, &params);
                None
            }
            Ok(Incoming::Response { id, outcome }) => {
                answered(client, id, outcome);
                None
            }
            Ok(Incoming::Void) => None,
            Err(malformed) => refuse(malformed.id.as_deref(), &malformed.error),
        }
    }

    /// The stream for what is told unasked, or the rest of a stream that was lost (rule G8).
    pub(super) fn legacy_stream(&self, parts: &Parts) -> Response<Body> {
        if self.legacy != Legacy::Sessions {
            return not_allowed();
        }
        let session = match self.client(parts, None) {
            Ok(Client::Session(session)) => session,
            Ok(Client::Unknown(_)) => return not_allowed(),
            Err(response) => return *response,
        };
        let Some(permit) = self.streams.admit() else { return reply::busy("too many streams") };
        let wanted = parts.headers.get(&LAST_EVENT_ID).map(|id| id.to_str().ok().and_then(event::parse_id));
        let (number, after) = match wanted {
            None => (0, None),
            Some(Some((number, place))) => (number, Some(place)),
            Some(None) => return reply::turn_away(StatusCode::BAD_REQUEST, "there is no such event"),
        };
        let open = |log, after| LogStream::new(log, after, None, self.service.limits(), Some(permit));
        if number == 0 {
            let (log, outbox) = session.standalone(&self.service);
            // A second stream never replaces the first, but for who lost that.
            if after.is_none() && log.is_read() {
                return reply::turn_away(StatusCode::CONFLICT, "this session has its stream already");
            }
            let after = after.unwrap_or_else(|| log.last());
            return reply::stream(open(log, after).fed_by(Unasked {
                session,
                outbox,
                ending: self.ending(),
            }));
        }
        match (session.stream(number), after) {
            (Some(log), Some(after)) => reply::stream(open(log, after)),
            _ => reply::turn_away(StatusCode::BAD_REQUEST, "this event is no longer known"),
        }
    }

    pub(super) fn end_session(&self, parts: &Parts) -> Response<Body> {
        if self.legacy != Legacy::Sessions {
            return not_allowed();
        }
        match self.client(parts, None) {
            Ok(Client::Session(session)) => {
                self.sessions.end(&session.id, parts.extensions.get::<Principal>());
                reply::empty(StatusCode::NO_CONTENT)
            }
            Ok(Client::Unknown(_)) => not_allowed(),
            Err(response) => *response,
        }
    }
}

/// Notifications are never answered (rule S5).
pub(super) fn notified(client: &Client, method: &str, params: &Params<'_>) {
    let Some(session) = client.session() else { return };
    if method == notification::INITIALIZED {
        session.client.become_ready();
    }
    if method == notification::CANCELLED
        && let Some(key) = cancelled_id(params)
    {
        session.cancel(&key);
    }
}

/// The client answers a request of ours.
pub(super) fn answered(client: &Client, id: Option<Id<'_>>, outcome: Result<&RawValue, &RawValue>) {
    if let Some(session) = client.session() {
        session.questions.answered(id, outcome);
    }
}
