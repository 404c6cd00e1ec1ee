//! Reading from URLs that a server named: nothing but https, nothing in somebody's own network, nothing without an end.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode};
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;
use url::{Host, Url};

use super::address::is_public;
use crate::error::{Error, Result, causes};

/// The longest answer, in bytes.
const LONGEST: usize = 64 * 1024;
/// How long an answer may take, from the first byte out to the last byte in.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks what servers of authorization are asked; one for each server that wants to be authorized for.
pub(crate) struct Fetcher {
    /// Made when it is needed first: most servers want no authorization.
    client: OnceCell<Client>,
    places: Arc<Places>,
}

/// Where a URL may lead that is not on the internet.
struct Places {
    /// The server itself is on this machine: so may be what it names.
    is_local: bool,
    /// Hosts that the caller named, such as the server's own.
    trusted: BTreeSet<String>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads the answer; what it says is never in the error, because it may be a secret.
    pub(crate) fn json<T: DeserializeOwned>(&self, what: &str) -> Result<T> {
        let read = serde_json::from_slice(&self.body);
        read.map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Error::Unauthorized(format!("{what} is not understood at {place}"))
        })
    }
}

impl Fetcher {
    /// For what this server names; hosts that are trusted may be anywhere.
    pub(crate) fn new(server: &Url, trusted: &BTreeSet<String>) -> Self {
        let mut trusted = trusted.clone();
        trusted.extend(server.host_str().map(str::to_owned));
        Self { client: OnceCell::new(), places: Arc::new(Places { is_local: is_loopback(server), trusted }) }
    }

    async fn client(&self) -> Result<&Client> {
        let make = async || {
            Client::builder()
                .connect_timeout(PATIENCE)
                .timeout(PATIENCE)
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .dns_resolver(Arc::clone(&self.places))
                .build()
        };
        self.client.get_or_try_init(make).await.map_err(|error| Error::Gone(causes(&error)))
    }

    /// Whether a URL may be asked, or shown to the user.
    pub(crate) fn check(&self, url: &str) -> Result<Url> {
        let wrong = |why: &str| Error::Unauthorized(format!("the URL {} {why}", shown(url)));
        if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong("has letters that no URL has"));
        }
        let parsed = Url::parse(url).map_err(|error| wrong(&format!("is none: {error}")))?;
        let may_be_plain = self.places.is_local && is_loopback(&parsed);
        if parsed.scheme() != "https" && !(parsed.scheme() == "http" && may_be_plain) {
            return Err(wrong("is not https"));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(wrong("has a user's name in it"));
        }
        if parsed.fragment().is_some() {
            return Err(wrong("has a fragment"));
        }
        let address: Option<IpAddr> = match parsed.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) => None,
            None => return Err(wrong("has no host")),
        };
        // Names are looked at when they are resolved.
        if address.is_some_and(|address| !self.places.has(parsed.host_str().unwrap_or_default(), address)) {
            return Err(wrong("leads into a private network"));
        }
        Ok(parsed)
    }

    /// Reads a document, if it is there: a page for people is none.
    pub(crate) async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<Option<T>> {
        let url = self.check(url)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let answer = self.send(Method::GET, url.clone(), headers, String::new()).await?;
        match answer.status {
            StatusCode::OK if is_json(&answer.headers) => answer.json(url.as_str()).map(Some),
            StatusCode::OK => Ok(None),
            status if status.is_client_error() => Ok(None),
            status => Err(Error::Unauthorized(format!("{url} answers {status}"))),
        }
    }

    /// Posts a body; the answer may be a refusal.
    pub(crate) async fn post(
        &self,
        url: Url,
        kind: &'static str,
        mut headers: HeaderMap,
        body: String,
    ) -> Result<Answer> {
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        let answer = self.send(Method::POST, url.clone(), headers, body).await?;
        if answer.status == StatusCode::OK && !is_json(&answer.headers) {
            return Err(Error::Unauthorized(format!("{url} answers with something that is not JSON")));
        }
        Ok(answer)
    }

    async fn send(&self, method: Method, url: Url, headers: HeaderMap, body: String) -> Result<Answer> {
        let request = self.client().await?.request(method, url.clone()).headers(headers).body(body);
        let failed = |error: reqwest::Error| Error::Gone(format!("{url}: {}", causes(&error.without_url())));
        let response = request.send().await.map_err(failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = whole(response).await.map_err(failed)?;
        let body =
            body.ok_or_else(|| Error::Unauthorized(format!("{url} answers with more than {LONGEST} bytes")))?;
        Ok(Answer { status, headers, body })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json") || kind.ends_with("+json")
}

/// A body, if it is not too long.
async fn whole(mut response: Response) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        if body.len() + piece.len() > LONGEST {
            return Ok(None);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Some(body))
}

impl Places {
    /// Whether a host may be at this address.
    fn has(&self, host: &str, address: IpAddr) -> bool {
        is_public(address) || self.trusted.contains(host) || self.is_local && address.is_loopback()
    }
}

impl Resolve for Places {
    /// All addresses of a name must be allowed, and only those are connected to.
    fn resolve(&self, name: Name) -> Resolving {
        let places = Self { is_local: self.is_local, trusted: self.trusted.clone() };
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|found| !places.has(name.as_str(), found.ip())) {
                return Err(format!("{} is in a private network", name.as_str()).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether a URL names this very machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// A URL as it can be shown, whoever wrote it.
fn shown(url: &str) -> String {
    let url: String = url.chars().take(200).collect();
    format!("{url:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetcher(server: &str, trusted: &[&str]) -> Fetcher {
        let trusted = trusted.iter().map(|host| (*host).to_owned()).collect();
        Fetcher::new(&Url::parse(server).unwrap(), &trusted)
    }

    #[test]
    fn a_server_of_the_internet_names_only_the_internet() {
        let fetcher = fetcher("https://mcp.example.com/mcp", &["10.9.8.7"]);
        for url in ["https://as.example.com/x?y=z", "https://8.8.8.8/", "https://10.9.8.7/"] {
            assert!(fetcher.check(url).is_ok(), "{url}");
        }
        for url in [
            "http://as.example.com/",
            "http://localhost/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://10.0.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://[fd00:ec2::254]/",
            "https://user@as.example.com/",
            "https://user:word@as.example.com/",
            "https://as.example.com/#x",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "a:`calc`",
            "https://as.example.com/\n",
            "https://as.\texample.com/",
            " https://as.example.com/",
            "https://as.example.com/\u{202e}",
            "https://аs.example.com/",
            "https://",
            "",
        ] {
            assert!(matches!(fetcher.check(url), Err(Error::Unauthorized(_))), "{url}");
        }
    }

    #[test]
    fn a_server_of_this_machine_names_what_is_on_it() {
        let fetcher = fetcher("http://localhost/mcp", &[]);
        for url in ["http://127.0.0.1:1/", "http://localhost:2/", "https://as.example.com/"] {
            assert!(fetcher.check(url).is_ok(), "{url}");
        }
        for url in ["http://as.example.com/", "https://10.0.0.1/", "https://169.254.169.254/"] {
            assert!(fetcher.check(url).is_err(), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_into_a_private_network_is_not_connected_to() {
        let places = Places { is_local: false, trusted: BTreeSet::new() };
        let refused = places.resolve("localhost".parse().unwrap()).await.err().unwrap();
        assert!(refused.to_string().contains("private network"), "{refused}");
        let places = Places { is_local: false, trusted: BTreeSet::from(["localhost".to_owned()]) };
        assert!(places.resolve("localhost".parse().unwrap()).await.is_ok());
    }
}
