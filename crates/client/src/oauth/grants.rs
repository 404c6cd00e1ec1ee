//! Getting tokens for one server: who authorizes, who the client is to them, and what it shows.

use std::sync::Arc;

use url::Url;

use super::agent::Visit;
use super::authorization::{Authorization, Grant};
use super::challenge::Challenge;
use super::code::by_code;
use super::credentials::Credentials;
use super::fetch::Fetcher;
use super::machine::{assertion_of, by_assertion, by_credentials};
use super::metadata::{Found, discover};
use super::proof::ProofKey;
use super::registration::register;
use super::secret::Secret;
use super::store::{Kept, TokenKey, Tokens};
use super::token::{Issued, Outcome, TokenRequest, told};
use crate::error::{Error, Result};

/// What a client has at one server.
pub(crate) struct Account {
    server: Url,
    authorization: Authorization,
    /// What the client is called, where it registers.
    name: String,
    fetcher: Fetcher,
    /// Who authorizes for it, once that is known.
    found: Option<Found>,
    kept: Kept,
    pub(crate) key: Option<Arc<ProofKey>>,
    /// All scopes that were ever asked for.
    asked: Vec<String>,
    /// The issuer that credentials without one belong to: the first that the server named.
    home: Option<String>,
    /// How many tokens there have been, and how many attempts that brought none.
    pub(crate) generation: u64,
    pub(crate) failures: u64,
    pub(crate) failure: String,
}

impl Account {
    pub(crate) fn new(server: Url, authorization: Authorization, name: String, fetcher: Fetcher) -> Self {
        Self {
            server,
            authorization,
            name,
            fetcher,
            found: None,
            kept: Kept::default(),
            key: None,
            asked: Vec::new(),
            home: None,
            generation: 0,
            failures: 0,
            failure: String::new(),
        }
    }

    pub(crate) fn tokens(&self) -> Option<&Tokens> {
        self.kept.tokens.as_ref()
    }

    /// Gets another token, as the server's challenge wants it; whether it was issued for that.
    pub(crate) async fn get(&mut self, challenge: &Challenge, wants_more: bool) -> Result<bool> {
        let got = self.try_get(challenge, wants_more).await;
        match &got {
            Ok(_) => self.generation += 1,
            Err(error) => {
                self.failures += 1;
                self.failure = match error {
                    Error::Unauthorized(why) => why.clone(),
                    other => other.to_string(),
                };
            }
        }
        got
    }

    async fn try_get(&mut self, challenge: &Challenge, wants_more: bool) -> Result<bool> {
        let hint = challenge.resource_metadata.as_deref();
        let preferred = self.authorization.credentials.as_ref().and_then(|known| known.issuer.as_deref());
        let found = discover(&self.fetcher, &self.server, hint, preferred).await?;
        let is_same = self.found.as_ref().is_some_and(|known| key_of(known) == key_of(&found));
        self.found = Some(found.clone());
        if !is_same {
            self.recall(&found)?;
            if self.tokens().is_some_and(|tokens| !tokens.is_over()) {
                return Ok(false);
            }
        }
        let scopes = self.wanted(&found, challenge);
        let needed = if challenge.scopes.is_empty() { &scopes } else { &challenge.scopes };
        if wants_more && self.tokens().is_some_and(|tokens| covers(&tokens.scopes, needed)) {
            let text =
                format!("{} wants scopes that its token has: {}", self.server, told(&needed.join(" "), ""));
            return Err(Error::Unauthorized(text));
        }
        if !wants_more && self.refreshed(&found).await? {
            return Ok(true);
        }
        self.kept.tokens = None;
        self.choose_key(&found, challenge)?;
        let issued = self.granted(&found, &scopes).await?;
        self.asked.clone_from(&scopes);
        self.keep(&found, issued, scopes, None)?;
        Ok(true)
    }

    /// Gets a token for one that ends, if that can be done without asking anybody; else there is none then.
    pub(crate) async fn refresh(&mut self) -> Result {
        let Some(found) = self.found.clone() else { return Ok(()) };
        if self.refreshed(&found).await? {
            self.generation += 1;
        } else {
            self.kept.tokens = None;
        }
        Ok(())
    }

    /// What was kept from an earlier time.
    fn recall(&mut self, found: &Found) -> Result {
        let failed = |error| Error::Unauthorized(format!("the store of tokens cannot be read: {error}"));
        let kept = self.authorization.store.load(&key_of(found)).map_err(failed)?;
        self.kept = kept.unwrap_or_default();
        let key = self.tokens().and_then(|tokens| tokens.key.as_ref()).and_then(ProofKey::restored);
        self.key = key.map(Arc::new);
        if let Some(tokens) = &self.kept.tokens {
            self.asked.clone_from(&tokens.scopes);
        }
        Ok(())
    }

    /// Rule A22: what the challenge says, or else all there are, and what was asked for before.
    fn wanted(&self, found: &Found, challenge: &Challenge) -> Vec<String> {
        let said = if challenge.scopes.is_empty() { &found.scopes } else { &challenge.scopes };
        let mut wanted = self.asked.clone();
        for scope in said.iter().chain(&self.authorization.scopes) {
            if !wanted.contains(scope) {
                wanted.push(scope.clone());
            }
        }
        wanted
    }

    /// Tokens are bound to a key where the server or the program wants it.
    fn choose_key(&mut self, found: &Found, challenge: &Challenge) -> Result {
        let is_required = self.authorization.requires_proof;
        if is_required && !found.issuer.takes_proof() {
            let text = format!("{} does not bind tokens to a key for ES256", found.issuer.issuer);
            return Err(Error::Unauthorized(text));
        }
        let is_wanted = is_required || challenge.wants_proof || found.wants_proof;
        if !is_wanted || !found.issuer.takes_proof() {
            self.key = None;
        } else if self.key.is_none() {
            self.key = Some(Arc::new(ProofKey::generate()?));
        }
        Ok(())
    }

    /// Whether a refresh token brought another token; one that is not taken any more is forgotten.
    async fn refreshed(&mut self, found: &Found) -> Result<bool> {
        let Some(tokens) = self.kept.tokens.clone() else { return Ok(false) };
        let (Some(token), Some(client)) = (tokens.refresh_token, self.known_client(found)?) else {
            return Ok(false);
        };
        let fields = [
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", token.reveal().to_owned()),
            ("resource", found.resource.clone()),
        ];
        match self.request(found, &client).send(&fields).await? {
            Outcome::Issued(issued) => {
                self.keep(found, issued, tokens.scopes, Some(token))?;
                Ok(true)
            }
            Outcome::Refused { text, .. } => {
                tracing::debug!("{text}");
                Ok(false)
            }
        }
    }

    async fn granted(&mut self, found: &Found, scopes: &[String]) -> Result<Issued> {
        let outcome = match self.authorization.grant.clone() {
            Grant::Code(agent) => {
                let last = self.kept.client.as_ref().map(|client| client.redirect_uri.as_str());
                let visit = agent.begin(last).await?;
                let client = self.client(found, &visit).await?;
                by_code(&self.request(found, &client), found, visit, scopes).await?
            }
            Grant::Client => {
                let client = self.registered(found)?;
                by_credentials(&self.request(found, &client), found, scopes).await?
            }
            Grant::Workload(assertion) => {
                let client = self.registered(found)?;
                let failed = |error| Error::Unauthorized(format!("the machine has no token: {error}"));
                let assertion = assertion(found.issuer.issuer.clone()).await.map_err(failed)?;
                by_assertion(&self.request(found, &client), found, scopes, assertion).await?
            }
            Grant::Enterprise(provider) => {
                let client = self.registered(found)?;
                let request = self.request(found, &client);
                let assertion = assertion_of(&provider, &request, found, scopes).await?;
                by_assertion(&request, found, scopes, assertion).await?
            }
        };
        if matches!(&outcome, Outcome::Refused { code, .. } if code == "invalid_client") {
            // The issuer has forgotten it: the next time it is registered again.
            self.kept.client = None;
        }
        outcome.issued()
    }

    fn request<'a>(&'a self, found: &'a Found, client: &'a Credentials) -> TokenRequest<'a> {
        TokenRequest { fetcher: &self.fetcher, issuer: &found.issuer, client, key: self.key.as_deref() }
    }

    /// Who the client is, if it need not be registered first (rule A17: in this order).
    fn known_client(&mut self, found: &Found) -> Result<Option<Credentials>> {
        if self.authorization.credentials.is_some() {
            return self.registered(found).map(Some);
        }
        if let Some(document) = self.authorization.document.as_ref()
            && found.issuer.client_id_metadata_document_supported
        {
            return document_id(document).map(Some);
        }
        Ok(self.kept.client.as_ref().map(|client| client.credentials()))
    }

    /// The client that was registered by hand: at no other issuer than its own (rule A21).
    fn registered(&mut self, found: &Found) -> Result<Credentials> {
        let missing = || Error::Unauthorized("this client has no credentials".into());
        let credentials = self.authorization.credentials.clone().ok_or_else(missing)?;
        let issuer = &found.issuer.issuer;
        let home =
            credentials.issuer.as_ref().unwrap_or_else(|| self.home.get_or_insert_with(|| issuer.clone()));
        if home != issuer {
            let text =
                format!("{} is authorized for by {issuer}, but the credentials are of {home}", self.server);
            return Err(Error::Unauthorized(text));
        }
        Ok(credentials)
    }

    /// Who the client is for this visit; it is registered if need be.
    async fn client(&mut self, found: &Found, visit: &Visit) -> Result<Credentials> {
        let redirect_uri = visit.redirect_uri().as_str();
        if self.kept.client.as_ref().is_some_and(|client| !client.serves(redirect_uri)) {
            self.kept.client = None;
        }
        if let Some(known) = self.known_client(found)? {
            return Ok(known);
        }
        let client = register(&self.fetcher, &found.issuer, &self.name, redirect_uri).await?;
        let credentials = client.credentials();
        self.kept.client = Some(client);
        Ok(credentials)
    }

    /// Keeps what was issued, with the refresh token that it may not have replaced.
    fn keep(
        &mut self,
        found: &Found,
        issued: Issued,
        asked: Vec<String>,
        refresh_token: Option<Secret>,
    ) -> Result {
        if self.authorization.requires_proof && !issued.is_bound {
            let text = format!("{} issues a token that is not bound to a key", found.issuer.issuer);
            return Err(Error::Unauthorized(text));
        }
        self.kept.tokens = Some(Tokens {
            access_token: issued.access_token,
            refresh_token: issued.refresh_token.or(refresh_token),
            expires_at: issued.expires_at,
            scopes: issued.scopes.unwrap_or(asked),
            key: self.key.as_ref().map(|key| key.kept().clone()),
            is_bound: issued.is_bound,
        });
        let failed = |error| Error::Unauthorized(format!("the tokens cannot be kept: {error}"));
        self.authorization.store.save(&key_of(found), &self.kept).map_err(failed)
    }
}

fn key_of(found: &Found) -> TokenKey {
    TokenKey { issuer: found.issuer.issuer.clone(), resource: found.resource.clone() }
}

/// Whether some scopes are among others.
fn covers(all: &[String], some: &[String]) -> bool {
    some.iter().all(|scope| all.contains(scope))
}

/// A client whose name is where it says who it is (rule A18).
fn document_id(url: &str) -> Result<Credentials> {
    let parsed = Url::parse(url).ok().filter(|parsed| {
        let is_plain =
            parsed.username().is_empty() && parsed.password().is_none() && parsed.fragment().is_none();
        // Not as it would be written after dots were taken out: the name must be the same everywhere.
        parsed.scheme() == "https" && parsed.path() != "/" && is_plain && parsed.as_str() == url
    });
    let wrong =
        || Error::Unauthorized(format!("{url:?} is no URL for a client's metadata: https, with a path"));
    parsed.map(|_| Credentials::public(url)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rule A18.
    #[test]
    fn a_document_is_at_an_https_url_with_a_path() {
        assert_eq!(document_id("https://x.example/client.json").unwrap().id, "https://x.example/client.json");
        for url in [
            "http://x.example/client.json",
            "https://x.example",
            "https://x.example/",
            "https://x.example/a/../client.json",
            "https://user@x.example/client.json",
            "https://x.example/client.json#a",
            "client.json",
        ] {
            assert!(document_id(url).is_err(), "{url}");
        }
    }
}
