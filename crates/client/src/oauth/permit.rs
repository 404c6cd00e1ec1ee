//! What one client may do at one server: it shows its token, and gets another when the server does not take it.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use reqwest::{Client, Method, Response, StatusCode};
use tokio::time::Instant;
use url::Url;

use super::authorization::Authorization;
use super::challenge::Challenge;
use super::credentials::hidden;
use super::fetch::Fetcher;
use super::grants::Account;
use super::proof::{DPOP, ProofKey};
use super::signer::now;
use crate::error::{Error, Result, causes};

/// How often one request may be sent again: for a token, for one with more scopes, and for one with even more.
const AGAIN: u8 = 3;
/// How often a server may want to see another number in a proof.
const NONCES: u8 = 2;
/// A token that is good for so many seconds is as good as none.
const TOO_SHORT: u64 = 10;

/// The authorization of one client at one server.
pub(crate) struct Permit {
    server: Url,
    /// Held while a token is got: there is one sign-in at a time, and all wait for it.
    account: tokio::sync::Mutex<Account>,
    asking: Mutex<Asking>,
}

/// Whether somebody is being asked for a token: that takes as long as it takes.
#[derive(Default)]
struct Asking {
    now: usize,
    last: Option<Instant>,
}

/// How often a request was sent again, and why.
#[derive(Default)]
struct Tries {
    again: u8,
    nonces: u8,
    /// Its token was issued for it.
    is_fresh: bool,
}

/// What a request was sent with.
struct Shown {
    /// Of the token.
    generation: u64,
    failures: u64,
    key: Option<Arc<ProofKey>>,
}

impl Permit {
    pub(crate) fn new(server: &Url, authorization: Authorization, name: &str) -> Self {
        let fetcher = Fetcher::new(server, &authorization.trusted);
        let account = Account::new(server.clone(), authorization, name.to_owned(), fetcher);
        Self { server: server.clone(), account: account.into(), asking: Mutex::default() }
    }

    /// Sends a request to the server, as often as it takes to be let in.
    pub(crate) async fn send(
        &self,
        client: &Client,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response> {
        let mut tries = Tries::default();
        loop {
            let mut headers = headers.clone();
            let shown = self.show(&method, url, &mut headers, &tries).await?;
            let request = client.request(method.clone(), url.clone()).headers(headers).body(body.clone());
            let response = request.send().await.map_err(|error| Error::Gone(causes(&error)))?;
            // Nobody signs in to say farewell.
            if method == Method::DELETE || !self.is_refused(&response, &shown, &mut tries).await? {
                return Ok(response);
            }
        }
    }

    /// When somebody was asked for a token last: now, if it is not over.
    pub(crate) fn asked(&self) -> Option<Instant> {
        let asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if asking.now > 0 { Some(Instant::now()) } else { asking.last }
    }

    /// Adds what shows that the request may be made, if there is something.
    async fn show(
        &self,
        method: &Method,
        url: &Url,
        headers: &mut HeaderMap,
        tries: &Tries,
    ) -> Result<Shown> {
        let _asking = Guard::new(&self.asking);
        let mut account = self.account.lock().await;
        let ends_soon = |ends: u64| ends <= now().saturating_add(TOO_SHORT);
        if !tries.is_fresh && account.tokens().is_some_and(|tokens| tokens.expires_at.is_some_and(ends_soon))
        {
            account.refresh().await?;
        }
        let mut shown = Shown { generation: account.generation, failures: account.failures, key: None };
        let Some(tokens) = account.tokens() else { return Ok(shown) };
        let token = &tokens.access_token;
        let key = account.key.clone().filter(|_| tokens.is_bound);
        let scheme = if key.is_some() { "DPoP" } else { "Bearer" };
        headers.insert(AUTHORIZATION, hidden(&format!("{scheme} {}", token.reveal()))?);
        if let Some(key) = &key {
            headers.insert(DPOP, hidden(&key.proof(method.as_str(), url, Some(token))?)?);
        }
        shown.key = key;
        Ok(shown)
    }

    /// Whether the request must be sent again, with what was got for that.
    async fn is_refused(&self, response: &Response, shown: &Shown, tries: &mut Tries) -> Result<bool> {
        let (status, headers) = (response.status(), response.headers());
        let is_new = shown.key.as_ref().is_some_and(|key| key.learn(&self.server, headers));
        if status != StatusCode::UNAUTHORIZED && status != StatusCode::FORBIDDEN {
            return Ok(false);
        }
        let challenge = Challenge::of(headers);
        if is_new && challenge.error.as_deref() == Some("use_dpop_nonce") && tries.nonces < NONCES {
            tries.nonces += 1;
            return Ok(true);
        }
        let wants_more = status == StatusCode::FORBIDDEN;
        if wants_more && challenge.error.as_deref() != Some("insufficient_scope") {
            return Ok(false);
        }
        tries.again += 1;
        if tries.again > AGAIN {
            return Err(Error::Unauthorized(format!("{} wants more and more", self.server)));
        }
        let _asking = Guard::new(&self.asking);
        let mut account = self.account.lock().await;
        if account.failures != shown.failures {
            // Whoever waited for the same sign-in does not begin another.
            return Err(Error::Unauthorized(account.failure.clone()));
        }
        if account.generation != shown.generation {
            return Ok(true);
        }
        if tries.is_fresh && !wants_more {
            let text = format!("{} does not take the token that was just issued for it", self.server);
            return Err(Error::Unauthorized(text));
        }
        tries.is_fresh = account.get(&challenge, wants_more).await?;
        Ok(true)
    }
}

/// Says that somebody is being asked, as long as it lives.
struct Guard<'a>(&'a Mutex<Asking>);

impl<'a> Guard<'a> {
    fn new(asking: &'a Mutex<Asking>) -> Self {
        asking.lock().unwrap_or_else(PoisonError::into_inner).now += 1;
        Self(asking)
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        let mut asking = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asking.now -= 1;
        asking.last = Some(Instant::now());
    }
}
