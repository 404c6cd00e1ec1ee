//! GET and DELETE as of 2025-03-26 to 2025-11-25 (rules G8 and G10).

use std::sync::Arc;

use http::request::Parts;
use http::{Response, StatusCode};

use super::body::Body;
use super::client::{Client, no_such_session};
use super::event;
use super::headers::LAST_EVENT_ID;
use super::load::Permit;
use super::options::Legacy;
use super::reply::{self, Reply};
use super::session::{HttpSession, Standalone};
use super::shared::{Shared, not_allowed};
use super::stream::{LogStream, Unasked};

impl Shared {
    /// The stream for what is told unasked, or the rest of a stream that was lost (rule G8).
    pub(super) fn legacy_stream(&self, parts: &Parts) -> Reply {
        let session = match self.session(parts) {
            Ok(session) => session,
            Err(response) => return Reply::Now(response),
        };
        let Some(permit) = self.streams.admit() else { return Reply::now(reply::busy("too many streams")) };
        let wanted = parts.headers.get(&LAST_EVENT_ID).map(|id| id.to_str().ok().and_then(event::parse_id));
        let (number, after) = match wanted {
            None => (0, None),
            Some(Some((number, place))) => (number, Some(place)),
            Some(None) => {
                return Reply::now(reply::turn_away(StatusCode::BAD_REQUEST, "there is no such event"));
            }
        };
        if number == 0 {
            return self.unasked(session, after, permit);
        }
        Reply::now(match (session.stream(number), after) {
            (Some(log), Some(after)) => {
                reply::stream(LogStream::new(log, after, None, self.service.limits(), Some(permit)))
            }
            _ => reply::turn_away(StatusCode::BAD_REQUEST, "this event is no longer known"),
        })
    }

    /// The stream for what is told unasked, which moves here if another instance had it.
    fn unasked(&self, session: Arc<HttpSession>, after: Option<u64>, permit: Permit) -> Reply {
        // A second stream never replaces the first, but for who lost that.
        if after.is_none() && session.is_heard() {
            let why = "this session has its stream already";
            return Reply::now(reply::turn_away(StatusCode::CONFLICT, why));
        }
        let (service, ending) = (self.service.clone(), self.ending());
        let open = move |session, (log, outbox): Standalone| {
            let after = after.filter(|place| log.knows(*place)).unwrap_or_else(|| log.last());
            let stream = LogStream::new(log, after, None, service.limits(), Some(permit));
            reply::stream(stream.fed_by(Unasked { session, outbox, ending }))
        };
        if !session.is_shared {
            let stream = session.standalone(&self.service);
            return Reply::now(open(session, stream));
        }
        let sessions = Arc::clone(&self.sessions);
        Reply::Later(Box::pin(async move {
            match sessions.move_stream(&session).await {
                Ok(Some(stream)) => open(session, stream),
                Ok(None) => no_such_session(None),
                Err(error) => reply::unshared(&error),
            }
        }))
    }

    /// The session that a request is about.
    fn session(&self, parts: &Parts) -> Result<Arc<HttpSession>, Box<Response<Body>>> {
        if self.legacy != Legacy::Sessions {
            return Err(Box::new(not_allowed()));
        }
        match self.client(parts, None)? {
            Client::Session(session) => Ok(session),
            Client::Unknown(_) => Err(Box::new(not_allowed())),
        }
    }

    pub(super) fn end_session(&self, parts: &Parts) -> Reply {
        let session = match self.session(parts) {
            Ok(session) => session,
            Err(response) => return Reply::Now(response),
        };
        self.sessions.forget(&session.id);
        let ended = reply::empty(StatusCode::NO_CONTENT);
        if !session.is_shared {
            return Reply::now(ended);
        }
        let sessions = Arc::clone(&self.sessions);
        Reply::Later(Box::pin(async move {
            let removed = sessions.remove(&session.id).await;
            removed.map_or_else(|error| reply::unshared(&error), |()| ended)
        }))
    }
}
