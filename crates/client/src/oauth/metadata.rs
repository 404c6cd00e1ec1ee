//! Who authorizes for a server, and how: RFC 9728, RFC 8414 and OpenID Connect Discovery (rules A13 to A16).

use serde::Deserialize;
use url::Url;

use super::fetch::Fetcher;
use crate::error::{Error, Result};

const RESOURCE: &str = "/.well-known/oauth-protected-resource";
const SERVER: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

/// What a server says of itself.
#[derive(Debug, Deserialize)]
struct ProtectedResource {
    resource: String,
    #[serde(default)]
    authorization_servers: Vec<String>,
    #[serde(default)]
    scopes_supported: Vec<String>,
    #[serde(default)]
    dpop_bound_access_tokens_required: bool,
}

/// What a server of authorization says of itself.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AuthorizationServer {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: Option<String>,
    pub(crate) token_endpoint: String,
    pub(crate) registration_endpoint: Option<String>,
    pub(crate) scopes_supported: Vec<String>,
    code_challenge_methods_supported: Vec<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    pub(crate) token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    pub(crate) authorization_response_iss_parameter_supported: bool,
    pub(crate) client_id_metadata_document_supported: bool,
    dpop_signing_alg_values_supported: Vec<String>,
    /// It said nothing: this is what was usual in 2025-03-26.
    #[serde(skip)]
    is_guessed: bool,
}

impl AuthorizationServer {
    /// One that issues tokens at this URL, and of which no more is known.
    pub(crate) fn at(token_endpoint: &str) -> Self {
        let url = token_endpoint.to_owned();
        Self { issuer: url.clone(), token_endpoint: url, ..Self::default() }
    }

    /// Rule A29: whether a code can be bound to who asked for it.
    pub(crate) fn has_code_challenge(&self) -> bool {
        self.is_guessed || self.code_challenge_methods_supported.iter().any(|method| method == "S256")
    }

    /// Whether tokens can be bound to a key of the one kind we make.
    pub(crate) fn takes_proof(&self) -> bool {
        self.dpop_signing_alg_values_supported.iter().any(|name| name == "ES256")
    }

    /// Whether a client may show who it is in this way; RFC 8414 has a default.
    pub(crate) fn takes(&self, method: &str) -> bool {
        match &self.token_endpoint_auth_methods_supported {
            Some(methods) => methods.iter().any(|taken| taken == method),
            None => method == "client_secret_basic" || self.is_guessed && method == "none",
        }
    }
}

/// A server's own name among what can be authorized for, and who authorizes.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) resource: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) wants_proof: bool,
    pub(crate) issuer: AuthorizationServer,
}

/// Finds out who authorizes for a server; `preferred` is whom its user has an account with.
pub(crate) async fn discover(
    fetcher: &Fetcher,
    server: &Url,
    hint: Option<&str>,
    preferred: Option<&str>,
) -> Result<Found> {
    let Some(said) = protected_resource(fetcher, server, hint).await? else {
        return legacy(fetcher, server).await;
    };
    if !covers(&said.resource, server) {
        let text = format!("{server} says that it is {:?}, which is another", said.resource);
        return Err(Error::Unauthorized(text));
    }
    let servers = &said.authorization_servers;
    let chosen = servers.iter().find(|issuer| Some(issuer.as_str()) == preferred).or(servers.first());
    let Some(issuer) = chosen else {
        return Err(Error::Unauthorized(format!("{server} does not say who authorizes for it")));
    };
    let found = authorization_server(fetcher, issuer).await?;
    let missing = || Error::Unauthorized(format!("{issuer} does not say how it authorizes"));
    Ok(Found {
        resource: said.resource,
        scopes: said.scopes_supported,
        wants_proof: said.dpop_bound_access_tokens_required,
        issuer: found.ok_or_else(missing)?,
    })
}

async fn protected_resource(
    fetcher: &Fetcher,
    server: &Url,
    hint: Option<&str>,
) -> Result<Option<ProtectedResource>> {
    if let Some(hint) = hint {
        let missing = || Error::Unauthorized(format!("there is nothing at {hint}, where {server} refers to"));
        return Ok(Some(fetcher.get(hint).await?.ok_or_else(missing)?));
    }
    let path = server.path().trim_end_matches('/');
    let specific = (!path.is_empty()).then(|| well_known(server, &format!("{RESOURCE}{path}")));
    for url in specific.into_iter().chain([well_known(server, RESOURCE)]) {
        if let Some(said) = fetcher.get(&url).await? {
            return Ok(Some(said));
        }
    }
    Ok(None)
}

/// Reads what an issuer says of itself, at the places where it may stand, in their order (rule A16).
async fn authorization_server(fetcher: &Fetcher, issuer: &str) -> Result<Option<AuthorizationServer>> {
    let url = fetcher.check(issuer)?;
    let path = url.path().trim_end_matches('/');
    let mut places =
        vec![well_known(&url, &format!("{SERVER}{path}")), well_known(&url, &format!("{OPENID}{path}"))];
    if !path.is_empty() {
        places.push(well_known(&url, &format!("{path}{OPENID}")));
    }
    for place in places {
        let Some(found) = fetcher.get::<AuthorizationServer>(&place).await? else { continue };
        if found.issuer != issuer {
            let text = format!("{place} speaks for {:?}, not for {issuer:?}", found.issuer);
            return Err(Error::Unauthorized(text));
        }
        // All that is asked later is looked at now.
        fetcher.check(&found.token_endpoint)?;
        for endpoint in [&found.authorization_endpoint, &found.registration_endpoint].into_iter().flatten() {
            fetcher.check(endpoint)?;
        }
        return Ok(Some(found));
    }
    Ok(None)
}

/// As it was in 2025-03-26: a server authorizes for itself, at its root, and need not say how.
async fn legacy(fetcher: &Fetcher, server: &Url) -> Result<Found> {
    let origin = server.origin().ascii_serialization();
    let guessed = || AuthorizationServer {
        issuer: origin.clone(),
        authorization_endpoint: Some(format!("{origin}/authorize")),
        token_endpoint: format!("{origin}/token"),
        registration_endpoint: Some(format!("{origin}/register")),
        is_guessed: true,
        ..AuthorizationServer::default()
    };
    let issuer = authorization_server(fetcher, &origin).await?.unwrap_or_else(guessed);
    Ok(Found { resource: canonical(server), scopes: Vec::new(), wants_proof: false, issuer })
}

/// A path of the same host.
fn well_known(url: &Url, path: &str) -> String {
    format!("{}{path}", url.origin().ascii_serialization())
}

/// A server's URL as its name (rule A24).
fn canonical(server: &Url) -> String {
    let mut url = server.clone();
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

/// Whether a name stands for a server: its own URL, or one that its path goes on from.
fn covers(resource: &str, server: &Url) -> bool {
    let Ok(url) = Url::parse(resource) else { return false };
    if url.origin() != server.origin() || url.fragment().is_some() {
        return false;
    }
    if url.query().is_some() {
        return url.path() == server.path() && url.query() == server.query();
    }
    let rest = server.path().strip_prefix(url.path().trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rule A24.
    #[test]
    fn a_server_is_known_by_its_url_or_by_what_that_begins_with() {
        let server = Url::parse("https://x.example/a/mcp").unwrap();
        for resource in [
            "https://x.example/a/mcp",
            "https://X.example:443/a/mcp",
            "https://x.example/a/mcp/",
            "https://x.example/a",
            "https://x.example/a/",
            "https://x.example",
            "https://x.example/",
        ] {
            assert!(covers(resource, &server), "{resource}");
        }
        for resource in [
            "https://evil.example/a/mcp",
            "http://x.example/a/mcp",
            "https://x.example:8443/a/mcp",
            "https://x.example.evil.example/a/mcp",
            "https://x.example/a/mcp/more",
            "https://x.example/a/m",
            "https://x.example/A/mcp",
            "https://x.example/a?b",
            "https://x.example/a/mcp#c",
            "x.example/a/mcp",
            "",
        ] {
            assert!(!covers(resource, &server), "{resource}");
        }
    }

    #[test]
    fn a_name_has_no_slash_at_its_end() {
        for (server, name) in
            [("HTTPS://X.example:443/", "https://x.example"), ("https://x/a/#b", "https://x/a")]
        {
            assert_eq!(canonical(&Url::parse(server).unwrap()), name);
        }
    }
}
