//! One connection's side of the protocol, without any IO: messages go in, answers come out.

use std::sync::Arc;
use std::task::{Context, Poll};

use serde::Deserialize;
use serde_json::value::RawValue;
use toolwright_core::core::Outcome;
use toolwright_core::request::Peer;
use toolwright_types::dialect::Era;
use toolwright_types::jsonrpc::{self, ErrorObject, Id, Incoming, Malformed, code};
use toolwright_types::meta::Params;
use toolwright_types::method::{Facts, Method, notification};

use crate::calls::{Batch, Calls, Target, poll_into};
use crate::dispatch::Asked;
use crate::envelope;
use crate::era::{self, Caller, Session};
use crate::lifecycle::{self, Answered};
use crate::outbox::Outbox;
use crate::questions::Questions;
use crate::service::Service;
use crate::subscriptions::Subscriptions;

/// What a peer said, what it is owed, and what it wants to hear of.
pub(crate) struct Conversation {
    service: Service,
    session: Option<Session>,
    /// Earlier messages wait for their turn: what runs a call goes behind them.
    others_wait: bool,
    pub(crate) calls: Calls,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) outbox: Arc<Outbox>,
    questions: Arc<Questions>,
    peer: Arc<dyn Peer>,
}

/// Whether a message was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Taken {
    Yes,
    /// Too many calls run already, or others came before: come again with it.
    Busy,
    /// It was a cancellation of a request that does not run, and may be waiting.
    Cancelled(Box<str>),
}

impl Conversation {
    pub(crate) fn new(service: Service) -> Self {
        let questions = Questions::new(service.limits().in_flight, 0);
        let outbox = Outbox::listening(&service, Some(Arc::clone(&questions)));
        Self {
            session: None,
            others_wait: false,
            calls: Calls::default(),
            subscriptions: Subscriptions::default(),
            peer: Arc::clone(&outbox) as Arc<dyn Peer>,
            outbox,
            questions,
            service,
        }
    }

    /// Says what changed to those who want to hear it.
    pub(crate) fn tell_changes(&mut self, out: &mut Vec<u8>) {
        let session = self.session.as_ref();
        let hears = |change: &_| session.is_some_and(|session| session.hears(change));
        self.outbox.tell_changes(&self.subscriptions, hears, out);
    }

    /// Takes one line; writes what is to be answered at once, each answer on a line.
    pub(crate) fn receive(
        &mut self,
        line: &[u8],
        others_wait: bool,
        cx: &mut Context<'_>,
        out: &mut Vec<u8>,
    ) -> Taken {
        self.others_wait = others_wait;
        let line = line.trim_ascii();
        if line.is_empty() {
            return Taken::Yes;
        }
        let start = out.len();
        let taken = if line[0] == b'[' {
            self.batch(line, cx, out)
        } else {
            self.message(line, Target::Line, cx, out)
        };
        if out.len() > start {
            out.push(b'\n');
        }
        // What a handler said before it answered goes before the answer.
        self.outbox.drain_into(out, start);
        taken
    }

    /// Goes on with the calls that wait; false when none of them can go on.
    pub(crate) fn poll_calls(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let Poll::Ready(Some(target)) = self.calls.poll(cx, out) else { return false };
        if let Target::Batch(batch) = target {
            let whole = batch.add(&out[start..]);
            out.truncate(start);
            out.extend(whole.into_iter().flatten());
        }
        if out.len() > start {
            out.push(b'\n');
        }
        self.outbox.drain_into(out, start);
        true
    }

    /// Ends what would never end by itself, behind the last changes.
    pub(crate) fn end_subscriptions(&mut self, out: &mut Vec<u8>) {
        self.tell_changes(out);
        for id in self.subscriptions.end() {
            lifecycle::end_listening(&self.service, &id, out);
        }
    }

    /// Rule G13: arrays are legal in one version only, and `initialize` never in one.
    fn batch(&mut self, line: &[u8], cx: &mut Context<'_>, out: &mut Vec<u8>) -> Taken {
        let refuse = |out: &mut Vec<u8>, why: String| {
            envelope::error(out, None, &ErrorObject::new(code::INVALID_REQUEST, why));
            Taken::Yes
        };
        let Ok(messages) = serde_json::from_slice::<Vec<&RawValue>>(line) else {
            let error = ErrorObject::new(code::PARSE_ERROR, "the message is not JSON");
            envelope::error(out, None, &error);
            return Taken::Yes;
        };
        if !self.session.as_ref().is_some_and(|session| session.dialect.batches) {
            return refuse(out, "a message must be a JSON object".into());
        }
        let most = self.service.limits().batch;
        if messages.is_empty() || messages.len() > most {
            return refuse(out, format!("a batch has 1 to {most} messages"));
        }
        let full = self.calls.len() + messages.len() > self.service.limits().in_flight;
        if self.others_wait || full && !self.calls.is_empty() {
            return Taken::Busy;
        }
        let batch = Arc::new(Batch::default());
        // The batch itself is awaited too, so that it is not whole before its last message was read.
        batch.expect();
        for message in messages {
            batch.expect();
            let mut answer = Vec::new();
            let text = message.get().as_bytes();
            let waits = self.calls.len();
            let refused = match initialize(text) {
                Some(id) => Some((id, "`initialize` cannot stand in a batch")),
                None => match self.message(text, Target::Batch(Arc::clone(&batch)), cx, &mut answer) {
                    Taken::Busy => request_id(text).map(|id| (id, "too many calls at once")),
                    _ => None,
                },
            };
            if let Some((id, why)) = refused {
                let error = ErrorObject::new(code::INVALID_REQUEST, why);
                envelope::error(&mut answer, Some(id.as_json()), &error);
            }
            if self.calls.len() == waits {
                batch.add(&answer);
            }
        }
        out.extend(batch.add(b"").into_iter().flatten());
        Taken::Yes
    }

    /// Takes one message.
    fn message(&mut self, text: &[u8], target: Target, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Taken {
        match jsonrpc::read(text) {
            Ok(Incoming::Request { id, method, params }) => {
                self.request(id, &method, &params, target, cx, out)
            }
            Ok(Incoming::Notification { method, params }) => self.notified(&method, &params),
            Ok(Incoming::Response { id, outcome }) => {
                self.questions.answered(id, outcome);
                Taken::Yes
            }
            // Answering what may be an answer could go on for ever.
            Ok(Incoming::Void) => Taken::Yes,
            Err(Malformed { id, error }) => {
                envelope::error(out, id.as_deref(), &error);
                Taken::Yes
            }
        }
    }

    fn request(
        &mut self,
        id: Id<'_>,
        method: &str,
        params: &Params<'_>,
        target: Target,
        cx: &mut Context<'_>,
        out: &mut Vec<u8>,
    ) -> Taken {
        let must_wait = self.others_wait || self.calls.len() >= self.service.limits().in_flight;
        if must_wait && !Facts::of(method).is_some_and(|facts| facts.prompt) {
            return Taken::Busy;
        }
        let start = out.len();
        envelope::begin(out, id.as_json());
        match self.answer(id, method, params, out) {
            Ok(Outcome::Complete) => envelope::end(out),
            Ok(Outcome::Later(mut later)) => {
                out.truncate(start);
                if poll_into(&mut later, id.as_json(), cx, out).is_pending() {
                    self.calls.add(id, later, target);
                }
            }
            Ok(Outcome::Failed(error)) | Err(Some(error)) => {
                out.truncate(start);
                envelope::error(out, Some(id.as_json()), &error);
            }
            Ok(_) => {
                out.truncate(start);
                let error = ErrorObject::new(code::INTERNAL_ERROR, "internal error");
                envelope::error(out, Some(id.as_json()), &error);
            }
            // Nothing to say yet: what was to be said stands in the outbox.
            Err(None) => out.truncate(start),
        }
        Taken::Yes
    }

    /// The outcome of a request; `Err(None)` when it is held open.
    fn answer(
        &mut self,
        id: Id<'_>,
        method: &str,
        params: &Params<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Outcome, Option<ErrorObject>> {
        let meta = &params.meta;
        if !meta.is_self_contained() {
            let known = era::method(method, Era::Legacy);
            let prompt = known.is_some_and(|facts| facts.prompt);
            if known.is_some_and(|facts| facts.method == Method::Initialize) {
                self.session = Some(lifecycle::initialize(&self.service, params, |_| {}, out)?);
                self.subscriptions.resources.clear();
                return Ok(Outcome::Complete);
            }
            match &self.session {
                None if prompt => {
                    out.extend_from_slice(b"{}");
                    return Ok(Outcome::Complete);
                }
                // Some clients never say that they are ready.
                Some(session) if !prompt => session.become_ready(),
                _ => {}
            }
        }
        let caller = Caller::of(meta, self.session.as_ref())?;
        let peer = || Arc::clone(&self.peer);
        let asked = Asked::new(&self.service, caller, id, method, params, &peer)?;
        if !self.calls.is_empty() || !self.subscriptions.is_empty() {
            self.refuse_duplicate(id)?;
        }
        match asked.answer(&self.service, self.session.as_ref(), &mut self.subscriptions, out)? {
            Answered::Done(outcome) => Ok(outcome),
            Answered::Held(acknowledgement) => {
                self.outbox.put(&acknowledgement);
                Err(None)
            }
        }
    }

    /// An id that is in flight already: the first call is not harmed (security.md P5).
    fn refuse_duplicate(&self, id: Id<'_>) -> Result<(), ErrorObject> {
        let key = id.key();
        if self.calls.has(&key) || self.subscriptions.has(&key) {
            return Err(ErrorObject::new(code::INVALID_REQUEST, "a request with this id is still in flight"));
        }
        Ok(())
    }

    /// Notifications are never answered (rule S5); unknown ones mean nothing to us.
    fn notified(&mut self, method: &str, params: &Params<'_>) -> Taken {
        if method == notification::INITIALIZED
            && let Some(session) = &self.session
        {
            session.become_ready();
        }
        if method != notification::CANCELLED {
            return Taken::Yes;
        }
        // Rule S36: a cancellation of nothing we know is ignored.
        let Some(key) = cancelled_id(params) else { return Taken::Yes };
        if self.subscriptions.cancel(&key) {
            return Taken::Yes;
        }
        if !self.calls.has(&key) {
            return Taken::Cancelled(key);
        }
        if let Some(rest_of_batch) = self.calls.cancel(&key) {
            // Not into `out`: this message may stand in another batch.
            self.outbox.put(&rest_of_batch);
        }
        Taken::Yes
    }
}

/// The key of the request that a client gave up.
pub(crate) fn cancelled_id(params: &Params<'_>) -> Option<Box<str>> {
    #[derive(Deserialize)]
    struct Cancelled<'a> {
        #[serde(borrow, rename = "requestId")]
        request_id: &'a RawValue,
    }
    let Cancelled { request_id } = params.read().ok()?;
    Id::from_json(request_id).map(|id| id.key().into())
}

/// The id of a request for `initialize`.
fn initialize(text: &[u8]) -> Option<Id<'_>> {
    match jsonrpc::read(text) {
        Ok(Incoming::Request { id, method, .. }) if method == "initialize" => Some(id),
        _ => None,
    }
}

pub(crate) fn request_id(text: &[u8]) -> Option<Id<'_>> {
    match jsonrpc::read(text) {
        Ok(Incoming::Request { id, .. }) => Some(id),
        _ => None,
    }
}
