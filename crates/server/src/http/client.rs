//! Who asks in the legacy era: found by the headers of a request.

use std::sync::Arc;

use http::header::{HeaderName, HeaderValue};
use http::request::Parts;
use http::{Response, StatusCode};
use toolwright_types::dialect::Dialect;
use toolwright_types::jsonrpc::{ErrorObject, code};
use toolwright_types::version::ProtocolVersion;

use super::body::Body;
use super::headers::{PROTOCOL_VERSION, SESSION_ID};
use super::options::Legacy;
use super::reply::{self, Reply};
use super::session::{HttpSession, Principal};
use super::shared::Shared;
use super::sharing::Errand;
use crate::era::{missing_meta, unsupported_version};

/// Who asks in the legacy era.
pub(super) enum Client {
    Session(Arc<HttpSession>),
    /// No session is kept: only how to answer is known.
    Unknown(&'static Dialect),
}

impl Client {
    pub(super) fn session(&self) -> Option<&Arc<HttpSession>> {
        match self {
            Self::Session(session) => Some(session),
            Self::Unknown(_) => None,
        }
    }
}

impl Shared {
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
                let session = session.ok_or_else(|| Box::new(no_such_session(id)))?;
                // Rule G11.
                if version.is_some() && session.client.dialect.version != dialect.version {
                    return Err(bad(&invalid("the session has another protocol version")));
                }
                Ok(Client::Session(session))
            }
        }
    }

    /// Does what other instances are to know of before the answer is given.
    pub(super) fn run(&self, client: &Client, errands: Vec<Errand>, reply: Reply) -> Reply {
        let Some(session) = client.session().filter(|_| !errands.is_empty()).cloned() else { return reply };
        let sessions = Arc::clone(&self.sessions);
        Reply::Later(Box::pin(async move {
            match sessions.run(&session, errands).await {
                Ok(true) => reply.response().await,
                Ok(false) => no_such_session(None),
                Err(error) => reply::unshared(&error),
            }
        }))
    }
}

/// Rule G10.
pub(super) fn no_such_session(id: Option<&str>) -> Response<Body> {
    let why = "there is no such session: begin with `initialize`";
    reply::refuse(StatusCode::NOT_FOUND, id, &ErrorObject::new(code::INVALID_REQUEST, why))
}
