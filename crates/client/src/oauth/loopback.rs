//! Waiting on this machine for the browser to come back (RFC 8252, 7.3).

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

use super::secret::Secret;
use crate::error::{Error, Result};

const PATH: &str = "/callback";
/// How long a user may take.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// How many may knock at once.
const CONNECTIONS: usize = 16;

/// A port of this machine that a browser is sent back to.
pub(crate) struct Listener {
    listener: TcpListener,
    url: Url,
}

impl Listener {
    /// At the port of this URL if it is free, or else at any.
    pub(crate) async fn bind(preferred: Option<&str>) -> Result<Self> {
        let port = preferred.and_then(|url| Url::parse(url).ok()?.port()).unwrap_or(0);
        let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => Ok(listener),
            Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
        };
        let bound = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let failed = |error| Error::Unauthorized(format!("no port for the browser to come back to: {error}"));
        let (address, listener) = bound.map_err(failed)?;
        let url =
            Url::parse(&format!("http://{address}{PATH}")).map_err(|error| Error::Gone(error.to_string()))?;
        Ok(Self { listener, url })
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Waits for the one request that knows the state, and gives its URL.
    pub(crate) async fn answer(self, state: &Secret) -> Result<Url> {
        let waited = tokio::time::timeout(PATIENCE, self.wait(state)).await;
        waited.map_err(|_| {
            Error::Unauthorized(format!("nobody came back from the browser within {PATIENCE:?}"))
        })?
    }

    async fn wait(self, state: &Secret) -> Result<Url> {
        let (sender, mut receiver) = mpsc::channel(1);
        // All of them end with this.
        let mut visits = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if visits.len() < CONNECTIONS => {
                    let Ok((stream, _)) = accepted else { continue };
                    visits.spawn(visit(stream, self.url.clone(), state.clone(), sender.clone()));
                }
                Some(_) = visits.join_next(), if !visits.is_empty() => {}
                Some(url) = receiver.recv() => return Ok(url),
            }
        }
    }
}

/// One connection with one request; its URL is told when it is answered.
async fn visit(stream: TcpStream, home: Url, state: Secret, sender: mpsc::Sender<Url>) {
    let found = Arc::new(Mutex::new(None));
    let service = service_fn(|request: Request<Incoming>| {
        let url = answer_of(&request, &home, &state);
        let (status, text) = match &url {
            Some(_) => (StatusCode::OK, "You can close this window and go back to the program."),
            None => (StatusCode::BAD_REQUEST, "Nobody waits for this."),
        };
        *found.lock().unwrap_or_else(PoisonError::into_inner) = url;
        let mut response = Response::new(text.to_owned());
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        async { Ok::<_, Infallible>(response) }
    });
    let _ = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service).await;
    let url = found.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(url) = url {
        let _ = sender.send(url).await;
    }
}

/// The URL of the request, if it is the one that is waited for.
fn answer_of(request: &Request<Incoming>, home: &Url, state: &Secret) -> Option<Url> {
    let host = request.headers().get(HOST)?.to_str().ok()?;
    let is_here = host == home.authority() && request.uri().path() == PATH && request.method() == Method::GET;
    let url = home.join(request.uri().path_and_query()?.as_str()).ok().filter(|_| is_here)?;
    let knows = url.query_pairs().any(|(name, value)| name == "state" && value == state.reveal());
    knows.then_some(url)
}
