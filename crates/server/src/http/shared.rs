//! What all requests to an endpoint share.

use std::sync::Arc;

use http::header::{ALLOW, HeaderValue};
use http::{Response, StatusCode};
use tokio::sync::watch;

use super::body::Body;
use super::guard::Guard;
use super::load::Load;
use super::options::{Http, Legacy};
use super::reply;
use super::session::Sessions;
use super::stream::Ending;
use crate::service::Service;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) service: Service,
    pub(super) legacy: Legacy,
    pub(super) sessions: Arc<Sessions>,
    pub(super) requests: Load,
    pub(super) streams: Load,
    pub(super) guard: Guard,
    /// The endpoint's path where it is not alone; mounted elsewhere, every path is the endpoint's.
    pub(super) path: Option<String>,
    pub(super) scheme: &'static str,
    /// The pipes of clients of 2024-11-05, if these are served.
    #[cfg(feature = "sse")]
    pub(super) pipes: Option<super::sse::Pipes>,
    ending: watch::Sender<bool>,
}

impl Shared {
    pub(super) fn new(service: &Service, options: &Http, path: Option<String>) -> Arc<Self> {
        let limits = service.limits();
        let sessions = Arc::new(Sessions::new(service, options.legacy));
        sessions.listen();
        Arc::new(Self {
            service: service.clone(),
            legacy: options.legacy,
            sessions,
            requests: Load::new(limits.requests),
            streams: Load::new(limits.streams),
            guard: Guard::new(options),
            scheme: options.scheme(),
            #[cfg(feature = "sse")]
            pipes: (options.sse && path.is_some()).then(super::sse::Pipes::default),
            path,
            ending: watch::Sender::new(false),
        })
    }

    pub(super) fn end_streams(&self) {
        self.ending.send_replace(true);
    }

    pub(super) fn is_ending(&self) -> bool {
        *self.ending.borrow()
    }

    /// Ready when the server is to end.
    pub(super) fn ending(&self) -> Ending {
        let mut ending = self.ending.subscribe();
        Box::pin(async move {
            // An endpoint that is gone has ended.
            let _ = ending.wait_for(|ending| *ending).await;
        })
    }
}

/// Rule H26.
pub(super) fn not_allowed() -> Response<Body> {
    let mut response = reply::empty(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, GET, DELETE, OPTIONS"));
    response
}
