//! POST as of 2026-07-28: each request describes itself, and its headers repeat it (rules H4 to H23).

use std::sync::Arc;

use http::request::Parts;
use http::{Response, StatusCode};
use toolwright_core::core::Outcome;
use toolwright_core::request::{Peer, read_text};
use toolwright_types::jsonrpc::{ErrorObject, Id, code};
use toolwright_types::meta::Params;
use toolwright_types::method::Method;

use super::accepts::Accepts;
use super::body::Body;
use super::exchange::Exchange;
use super::headers;
use super::load::Permit;
use super::reply::{self, Manner, Reply, Waiting};
use super::session::Principal;
use super::shared::Shared;
use super::stream::ListenStream;
use crate::dispatch::Asked;
use crate::envelope;
use crate::era::Caller;
use crate::lifecycle::Answered;
use crate::outbox::OnDemand;
use crate::subscriptions::Subscriptions;

/// A request with its headers.
pub(super) struct Post<'a> {
    pub(super) parts: &'a Parts,
    pub(super) accepts: Accepts,
    pub(super) id: Id<'a>,
    pub(super) method: &'a str,
    pub(super) params: &'a Params<'a>,
}

impl Shared {
    pub(super) fn modern(&self, post: &Post<'_>, permit: Permit) -> Reply {
        let outbox = OnDemand::new(self.service.limits().buffered, None);
        let peer = || outbox.peer();
        let caller = match caller(post) {
            Ok(caller) => caller,
            Err(error) => {
                return Reply::now(reply::refuse(StatusCode::BAD_REQUEST, Some(post.id.as_json()), &error));
            }
        };
        let asked = match self.ask(post, caller, &peer) {
            Ok(asked) => asked,
            Err(error) => return Reply::now(refuse(post.id, &error)),
        };
        let mut out = Vec::with_capacity(512);
        let mut subscriptions = Subscriptions::default();
        envelope::begin(&mut out, post.id.as_json());
        let outcome = match asked.answer(&self.service, None, &mut subscriptions, &mut out) {
            Ok(Answered::Done(outcome)) => outcome,
            Ok(Answered::Held(acknowledgement)) => {
                return Reply::now(self.listen(post, subscriptions, acknowledgement));
            }
            Err(error) => Outcome::Failed(error),
        };
        let mut exchange = Exchange::default();
        match outcome {
            Outcome::Complete => envelope::end(&mut out),
            Outcome::Later(later) => exchange.begin(post.id, later, None),
            Outcome::Failed(error) => return Reply::now(refuse(post.id, &error)),
            _ => return Reply::now(refuse(post.id, &internal())),
        }
        let outbox = outbox.into_made();
        if exchange.is_over() {
            if outbox.is_none() {
                return reply::at_once(post.accepts, out);
            }
            exchange.answered(out);
        }
        exchange.listen(outbox);
        Reply::Later(Box::pin(Waiting::new(&self.service, exchange, post.accepts, Manner::Modern, permit)))
    }

    /// What is asked, if the headers say the same.
    fn ask<'a>(
        &self,
        post: &Post<'a>,
        caller: Caller<'a>,
        peer: &'a dyn Fn() -> Arc<dyn Peer>,
    ) -> Result<Asked<'a>, ErrorObject> {
        let found = &post.parts.headers;
        headers::repeats(found, &headers::METHOD, post.method)?;
        let asked = Asked::new(&self.service, caller, post.id, post.method, post.params, peer)?;
        if let Some(source) = asked.facts.name_source {
            let value = match source {
                "uri" => post.params.uri,
                "taskId" => post.params.task_id,
                _ => post.params.name,
            };
            let value = value.and_then(read_text);
            // Without a name there is nothing to repeat: the core says so.
            if let Some(value) = value {
                headers::repeats_encoded(found, &headers::NAME, &value)?;
                if asked.facts.method == Method::CallTool
                    && let Some(mirrored) = self.service.core().mirrored(&value)
                {
                    headers::repeat_arguments(found, &mirrored, post.params.arguments)?;
                }
            }
        }
        Ok(asked)
    }

    fn listen(
        &self,
        post: &Post<'_>,
        subscriptions: Subscriptions,
        acknowledgement: Vec<u8>,
    ) -> Response<Body> {
        if !post.accepts.stream {
            let error = ErrorObject::new(code::INVALID_REQUEST, "only a stream can tell of changes");
            return reply::refuse(StatusCode::NOT_ACCEPTABLE, Some(post.id.as_json()), &error);
        }
        let Some(permit) = self.streams.admit() else { return reply::busy("too many streams") };
        let stream = ListenStream::new(&self.service, subscriptions, acknowledgement, self.ending(), permit);
        reply::stream(stream)
    }
}

/// Who asks; what is wrong here is wrong with the request itself.
fn caller<'a>(post: &Post<'a>) -> Result<Caller<'a>, ErrorObject> {
    let meta = &post.params.meta;
    if let (Some(version), Some(_)) = (&meta.protocol_version, meta.client_capabilities) {
        headers::repeats(&post.parts.headers, &headers::PROTOCOL_VERSION, version)?;
    }
    let principal = post.parts.extensions.get::<Principal>().map(|principal| &*principal.0);
    Ok(Caller { principal, ..Caller::modern(meta)? })
}

pub(super) fn internal() -> ErrorObject {
    ErrorObject::new(code::INTERNAL_ERROR, "internal error")
}

/// A protocol error, under the status that goes with it.
fn refuse(id: Id<'_>, error: &ErrorObject) -> Response<Body> {
    reply::refuse(reply::status(error.code), Some(id.as_json()), error)
}
