//! How a client gets itself authorized, as its program says.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use toolwright_core::error::BoxError;

use super::agent::{Agent, open_browser};
use super::credentials::Credentials;
use super::store::{Memory, TokenStore};
use crate::error::Result;

type Fetching<T> = Arc<dyn Fn(T) -> BoxFuture<'static, Result<String, BoxError>> + Send + Sync>;

/// How a client gets itself authorized by OAuth, when a server behind a URL wants that.
///
/// Who authorizes for a server is asked of the server. Its tokens are renewed when they expire, and asked for again with
/// more scopes when the server wants those. What a server names is read over https only, and not in private networks,
/// unless the server itself is there or [`trust_host`](Self::trust_host) says so.
///
/// ```no_run
/// use toolwright_client::Client;
/// use toolwright_client::oauth::Authorization;
///
/// # async fn example() -> toolwright_client::Result {
/// let client = Client::options()
///     .name("My assistant", "1.0.0")
///     .authorize(Authorization::browser())
///     .connect("https://mcp.example.com/mcp")
///     .await?;
/// # let _ = client;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Authorization {
    pub(crate) grant: Grant,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) document: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) store: Arc<dyn TokenStore>,
    pub(crate) requires_proof: bool,
    pub(crate) trusted: BTreeSet<String>,
}

/// What is shown to get a token.
#[derive(Clone)]
pub(crate) enum Grant {
    /// A user's yes.
    Code(Agent),
    /// The client's own credentials.
    Client,
    /// A token of the machine that the client runs on, made for the issuer that is named.
    Workload(Fetching<String>),
    /// What the user's employer says.
    Enterprise(IdentityProvider),
}

/// Where a company's users sign in: it decides which servers they may use.
#[derive(Clone)]
#[must_use]
pub struct IdentityProvider {
    pub(crate) token_endpoint: String,
    pub(crate) credentials: Credentials,
    pub(crate) id_token: Fetching<()>,
}

impl fmt::Debug for IdentityProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityProvider")
            .field("token_endpoint", &self.token_endpoint)
            .finish_non_exhaustive()
    }
}

impl IdentityProvider {
    /// Its URL for tokens, who the client is to it, and where the ID token of the user that signed in is to be had.
    pub fn new<F>(
        token_endpoint: impl Into<String>,
        credentials: Credentials,
        id_token: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<String, BoxError>> + Send + 'static,
    {
        let id_token: Fetching<()> = Arc::new(move |()| Box::pin(id_token()));
        Self { token_endpoint: token_endpoint.into(), credentials, id_token }
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grant = match &self.grant {
            Grant::Code(_) => "code",
            Grant::Client => "client credentials",
            Grant::Workload(_) => "workload",
            Grant::Enterprise(_) => "enterprise",
        };
        f.debug_struct("Authorization").field("grant", &grant).finish_non_exhaustive()
    }
}

impl Authorization {
    fn new(grant: Grant) -> Self {
        Self {
            grant,
            credentials: None,
            document: None,
            scopes: Vec::new(),
            store: Arc::new(Memory::default()),
            requires_proof: false,
            trusted: BTreeSet::new(),
        }
    }

    /// Asks the user, in the browser of this machine, which comes back to a port of it; the URL is also written to
    /// standard error.
    pub fn browser() -> Self {
        Self::listener(open_browser)
    }

    /// Asks the user, in a browser on this machine that `show` sends to a URL.
    pub fn listener(show: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self::new(Grant::Code(Agent::Loopback(Arc::new(show))))
    }

    /// Asks the user in another way: `visit` gets a URL for a browser, and gives the URL that the browser comes back
    /// with, which begins with `redirect_uri`.
    pub fn user<F>(
        redirect_uri: impl Into<String>,
        visit: impl Fn(String) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<String, BoxError>> + Send + 'static,
    {
        Self::new(Grant::Code(Agent::custom(redirect_uri.into(), visit)))
    }

    /// Asks nobody: the client itself is known, by a secret or a key.
    ///
    /// ```
    /// use toolwright_client::oauth::{Authorization, Credentials};
    ///
    /// let secret = std::env::var("MCP_CLIENT_SECRET").unwrap_or_default();
    /// let credentials = Credentials::secret("nightly-report", secret).issued_by("https://login.example.com");
    /// let authorization = Authorization::client_credentials(credentials).scope("reports:read");
    /// # let _ = authorization;
    /// ```
    pub fn client_credentials(credentials: Credentials) -> Self {
        Self::new(Grant::Client).credentials(credentials)
    }

    /// Shows a token of the machine or cluster that the client runs on (RFC 7523): `assertion` gets the URL of the issuer
    /// that it must be made for. What is refused is not tried again.
    ///
    /// ```
    /// use toolwright_client::oauth::{Authorization, Credentials};
    ///
    /// let authorization = Authorization::workload(Credentials::public("my-job"), |_issuer| async {
    ///     Ok(std::fs::read_to_string("/var/run/secrets/tokens/mcp")?)
    /// });
    /// # let _ = authorization;
    /// ```
    pub fn workload<F>(
        credentials: Credentials,
        assertion: impl Fn(String) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<String, BoxError>> + Send + 'static,
    {
        let assertion: Fetching<String> = Arc::new(move |issuer| Box::pin(assertion(issuer)));
        Self::new(Grant::Workload(assertion)).credentials(credentials)
    }

    /// Asks the company that the user signed in with, which decides what the user may use.
    pub fn enterprise(credentials: Credentials, provider: IdentityProvider) -> Self {
        let host =
            url::Url::parse(&provider.token_endpoint).ok().and_then(|url| url.host_str().map(str::to_owned));
        let made = Self::new(Grant::Enterprise(provider)).credentials(credentials);
        // The caller named it, no server.
        host.into_iter().fold(made, Self::trust_host)
    }

    /// Who the client is, where it was registered by hand.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Where the client says who it is, for issuers that look there: an https URL with a path (a Client ID Metadata
    /// Document). Other issuers register the client by themselves, if they can.
    pub fn metadata_document(mut self, url: impl Into<String>) -> Self {
        self.document = Some(url.into());
        self
    }

    /// Asks for this scope, besides those that the server wants.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// Keeps tokens in this store, instead of in memory.
    pub fn store(mut self, store: impl TokenStore) -> Self {
        self.store = Arc::new(store);
        self
    }

    /// Takes no token that is not bound to a key of the client (DPoP, RFC 9449). Without this, tokens are bound where
    /// the server asks for it.
    pub fn require_proof(mut self) -> Self {
        self.requires_proof = true;
        self
    }

    /// Lets servers name this host, though it is in a private network.
    pub fn trust_host(mut self, host: impl Into<String>) -> Self {
        self.trusted.insert(host.into().to_ascii_lowercase());
        self
    }
}
