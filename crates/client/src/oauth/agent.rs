//! The user at a browser, who says yes or no.

use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use toolwright_core::error::BoxError;
use url::Url;

use super::loopback::Listener;
use super::secret::Secret;
use crate::error::{Error, Result};

type Visiting = Arc<dyn Fn(String) -> BoxFuture<'static, Result<String, BoxError>> + Send + Sync>;

/// How a user is asked.
#[derive(Clone)]
pub(crate) enum Agent {
    /// A browser on this machine that comes back to a port of it; how it gets to know where to go.
    Loopback(Arc<dyn Fn(&str) + Send + Sync>),
    /// Somebody else's way, and where it comes back to.
    Custom(String, Visiting),
}

/// One visit, before it begins.
pub(crate) enum Visit {
    Loopback(Listener, Arc<dyn Fn(&str) + Send + Sync>),
    Custom(Url, Visiting),
}

impl Agent {
    pub(crate) fn custom<F>(redirect_uri: String, visit: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<String, BoxError>> + Send + 'static,
    {
        Self::Custom(redirect_uri, Arc::new(move |url| Box::pin(visit(url))))
    }

    /// Makes ready to come back, where the last visit came back to if that can be.
    pub(crate) async fn begin(&self, last: Option<&str>) -> Result<Visit> {
        match self {
            Self::Loopback(show) => Ok(Visit::Loopback(Listener::bind(last).await?, Arc::clone(show))),
            Self::Custom(redirect_uri, visit) => {
                let wrong = |error| {
                    Error::Unauthorized(format!("{redirect_uri:?} is no URL to come back to: {error}"))
                };
                Ok(Visit::Custom(Url::parse(redirect_uri).map_err(wrong)?, Arc::clone(visit)))
            }
        }
    }
}

impl Visit {
    pub(crate) fn redirect_uri(&self) -> &Url {
        match self {
            Self::Loopback(listener, _) => listener.url(),
            Self::Custom(redirect_uri, _) => redirect_uri,
        }
    }

    /// Sends the user to a URL, and gives the one that the user came back with.
    pub(crate) async fn go(self, url: &Url, state: &Secret) -> Result<Url> {
        match self {
            Self::Loopback(listener, show) => {
                show(url.as_str());
                listener.answer(state).await
            }
            Self::Custom(_, visit) => {
                let came = visit(url.as_str().to_owned()).await;
                let came = came
                    .map_err(|error| Error::Unauthorized(format!("the user could not be asked: {error}")))?;
                Url::parse(&came).map_err(|_| Error::Unauthorized("the user came back with no URL".into()))
            }
        }
    }
}

/// Opens the user's browser, and says where it goes: it may be on another machine.
pub(crate) fn open_browser(url: &str) {
    use std::io::Write as _;
    let opened = webbrowser::open(url);
    let text = if opened.is_ok() { "Your browser asks you to sign in. If it does not" } else { "To sign in" };
    let _ = writeln!(std::io::stderr(), "{text}, open this page:\n\n  {url}\n");
}
