//! POST as of 2025-03-26 to 2025-11-25 (rules G6 to G13).

use std::sync::Arc;

use http::StatusCode;
use http::header::HeaderValue;
use http::request::Parts;
use serde::Deserialize;
use serde_json::value::RawValue;
use toolwright_core::core::Outcome;
use toolwright_core::request::Request;
use toolwright_types::jsonrpc::{self, ErrorObject, Id, Incoming, code};
use toolwright_types::logging::LogLevel;
use toolwright_types::meta::Params;
use toolwright_types::method::{Method, notification};

use super::accepts::Accepts;
use super::client::Client;
use super::exchange::Exchange;
use super::headers::SESSION_ID;
use super::load::Permit;
use super::modern::{Post, internal};
use super::options::Legacy;
use super::reply::{self, Manner, Reply, Waiting};
use super::session::{HttpSession, Principal};
use super::shared::Shared;
use super::sharing::{Errand, Update};
use crate::conversation::cancelled_id;
use crate::dispatch::Asked;
use crate::envelope;
use crate::era::{Caller, read};
use crate::lifecycle::{self, Answered};
use crate::outbox::OnDemand;
use crate::subscriptions::Subscriptions;

impl Shared {
    /// `initialize`: a session is made last, when nothing can go wrong any more.
    pub(super) fn initialize(&self, post: &Post<'_>) -> Reply {
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
            Err(error) => {
                return Reply::now(reply::refuse(StatusCode::OK, Some(post.id.as_json()), &error));
            }
        };
        envelope::end(&mut out);
        let mut response = reply::json(StatusCode::OK, out);
        if stateless {
            return Reply::now(response);
        }
        let principal = post.parts.extensions.get::<Principal>().cloned();
        let Some(session) = self.sessions.begin(client, principal) else {
            return Reply::now(reply::busy("too many sessions"));
        };
        if let Ok(id) = HeaderValue::from_str(&session.id) {
            response.headers_mut().insert(SESSION_ID, id);
        }
        if !session.is_shared {
            return Reply::now(response);
        }
        let sessions = Arc::clone(&self.sessions);
        Reply::Later(Box::pin(async move {
            match sessions.publish(&session).await {
                Ok(()) => response,
                Err(error) => {
                    sessions.forget(&session.id);
                    reply::unshared(&error)
                }
            }
        }))
    }

    /// A request of a known client.
    pub(super) fn legacy(&self, post: &Post<'_>, client: &Client, permit: Permit) -> Reply {
        let mut exchange = Exchange::default();
        let outbox = self.outbox(client, post.accepts);
        let Post { id, method, params, .. } = *post;
        let now = self.legacy_request(id, method, params, client, &outbox, &mut exchange);
        let outbox = outbox.into_made();
        let errands = std::mem::take(&mut exchange.errands);
        if let Some(answer) = now {
            if outbox.is_none() {
                return self.run(client, errands, reply::at_once(post.accepts, answer));
            }
            exchange.answered(answer);
        }
        exchange.listen(outbox);
        self.run(client, errands, self.wait(exchange, post.accepts, client, permit))
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
            if let (Some(http), false) = (client.session(), asked.facts.prompt) {
                become_ready(http, &mut exchange.errands);
            }
            match client.session() {
                Some(http) if asked.is_of_connection() => {
                    let answered =
                        asked.answer(&self.service, session, &mut http.lock().subscriptions, &mut out)?;
                    if http.is_shared {
                        exchange.errands.extend(update(&asked.request).map(Errand::Update));
                    }
                    Ok(answered)
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
            Reply::now(reply::refuse(StatusCode::BAD_REQUEST, None, &error))
        };
        let Ok(messages) = serde_json::from_slice::<Vec<&RawValue>>(text) else {
            let error = ErrorObject::new(code::PARSE_ERROR, "the message is not JSON");
            return Reply::now(reply::refuse(StatusCode::BAD_REQUEST, None, &error));
        };
        let client = match self.client(parts, None) {
            Ok(client) => client,
            Err(response) => return Reply::Now(response),
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
            let text = message.get().as_bytes();
            let answer = self.batched(text, &client, &outbox, &mut exchange);
            answer.into_iter().for_each(|answer| exchange.answered(answer));
        }
        exchange.listen(outbox.into_made());
        let errands = std::mem::take(&mut exchange.errands);
        if exchange.is_over() {
            return self.run(&client, errands, Reply::now(reply::empty(StatusCode::ACCEPTED)));
        }
        self.run(&client, errands, self.wait(exchange, accepts, &client, permit))
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
                notified(client, text, &method, &params, &mut exchange.errands);
                None
            }
            Ok(Incoming::Response { id, outcome }) => {
                answered(client, text, id, outcome, &mut exchange.errands);
                None
            }
            Ok(Incoming::Void) => None,
            Err(malformed) => refuse(malformed.id.as_deref(), &malformed.error),
        }
    }
}

fn become_ready(session: &HttpSession, errands: &mut Vec<Errand>) {
    if session.is_shared && !session.client.is_ready() {
        errands.push(Errand::Update(Update::Ready));
    }
    session.client.become_ready();
}

/// What a request that was answered changed of its session.
fn update(request: &Request<'_>) -> Option<Update> {
    #[derive(Deserialize)]
    struct Said {
        level: Option<LogLevel>,
        uri: Option<String>,
    }
    let said = || read::<Said>(request.params).ok();
    match request.method {
        Method::SetLogLevel => Some(Update::LogLevel(said()?.level?)),
        Method::Subscribe => Some(Update::Subscribe(said()?.uri?)),
        Method::Unsubscribe => Some(Update::Unsubscribe(said()?.uri?)),
        _ => None,
    }
}

/// Notifications are never answered (rule S5).
pub(super) fn notified(
    client: &Client,
    text: &[u8],
    method: &str,
    params: &Params<'_>,
    errands: &mut Vec<Errand>,
) {
    let Some(session) = client.session() else { return };
    if method == notification::INITIALIZED {
        become_ready(session, errands);
    }
    if method == notification::CANCELLED
        && let Some(key) = cancelled_id(params)
    {
        session.cancel(&key);
        // Calls of one id may run anywhere.
        errands.extend(say(session, text));
    }
}

/// The client answers a request of ours.
pub(super) fn answered(
    client: &Client,
    text: &[u8],
    id: Option<Id<'_>>,
    outcome: Result<&RawValue, &RawValue>,
    errands: &mut Vec<Errand>,
) {
    if let Some(session) = client.session()
        && !session.questions.answered(id, outcome)
    {
        errands.extend(say(session, text));
    }
}

/// A message that another instance may wait for.
fn say(session: &HttpSession, text: &[u8]) -> Option<Errand> {
    let text = session.is_shared.then(|| str::from_utf8(text).ok()).flatten()?;
    Some(Errand::Say(text.into()))
}
