//! From a request to its outcome, wherever it came from: what the method is, and who answers it.

use std::sync::Arc;

use toolwright_core::request::{Peer, Request};
use toolwright_types::jsonrpc::{ErrorObject, Id, code};
use toolwright_types::meta::Params;
use toolwright_types::method::{EXTENSION, Facts, Method, ServedBy};

use crate::era::{self, Caller, Session};
use crate::lifecycle::{self, Answered};
use crate::service::Service;
use crate::subscriptions::Subscriptions;

/// A request whose caller and method are known.
pub(crate) struct Asked<'a> {
    pub(crate) request: Request<'a>,
    pub(crate) facts: &'static Facts,
}

impl<'a> Asked<'a> {
    /// Finds the method, if it exists for the caller and is offered (rule S42).
    pub(crate) fn new(
        service: &Service,
        caller: Caller<'a>,
        id: Id<'a>,
        method: &str,
        params: &'a Params<'a>,
        peer: &'a dyn Fn() -> Arc<dyn Peer>,
    ) -> Result<Self, ErrorObject> {
        let known = era::method(method, caller.dialect.era());
        let facts = known.filter(|facts| facts.needs.is_none_or(|feature| service.core().has(feature)));
        let of_protocol = facts.map(|facts| (facts, facts.method));
        let of_extension =
            || service.core().extension_method(method).map(|name| (&EXTENSION, Method::Extension(name)));
        let (facts, method) = of_protocol.or_else(of_extension).ok_or_else(|| {
            ErrorObject::new(code::METHOD_NOT_FOUND, format!("method `{}` not found", shorten(method)))
        })?;
        let request = Request {
            id,
            method,
            params,
            dialect: caller.dialect,
            log_level: caller.log_level,
            principal: caller.principal,
            client_info: caller.client_info,
            client_capabilities: caller.client_capabilities,
            peer,
        };
        Ok(Self { request, facts })
    }

    /// Whether the conversation itself is asked, not what is offered.
    pub(crate) fn is_of_connection(&self) -> bool {
        self.facts.served_by == ServedBy::Connection
    }

    /// Asks whoever answers it; a result is written to `out`.
    pub(crate) fn answer(
        &self,
        service: &Service,
        session: Option<&Session>,
        subscriptions: &mut Subscriptions,
        out: &mut Vec<u8>,
    ) -> Result<Answered, ErrorObject> {
        if self.is_of_connection() {
            return lifecycle::answer(service, &self.request, session, subscriptions, out);
        }
        Ok(Answered::Done(service.core().handle(&self.request, out)))
    }
}

/// A name from outside, as it can stand in a sentence (rule S9).
pub(crate) fn shorten(name: &str) -> &str {
    const MOST: usize = 100;
    name.char_indices().nth(MOST).map_or(name, |(end, _)| &name[..end])
}
