//! Asking for tokens (RFC 6749, 5).

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::Deserialize;

use super::challenge::scopes;
use super::credentials::{Credentials, hidden};
use super::encoding::form;
use super::fetch::{Answer, Fetcher};
use super::metadata::AuthorizationServer;
use super::proof::{DPOP, ProofKey};
use super::secret::Secret;
use super::signer::now;
use crate::error::{Error, Result};

/// The longest error of a server that is shown.
const SHOWN: usize = 200;
/// Fields that nobody may see again.
const HIDDEN: [&str; 5] = ["code", "code_verifier", "refresh_token", "assertion", "subject_token"];

/// A token that was issued.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) access_token: Secret,
    pub(crate) refresh_token: Option<Secret>,
    /// In seconds since 1970.
    pub(crate) expires_at: Option<u64>,
    /// What it is good for, if the server says.
    pub(crate) scopes: Option<Vec<String>>,
    /// It is bound to the client's key.
    pub(crate) is_bound: bool,
}

/// What comes of asking for a token.
#[derive(Debug)]
pub(crate) enum Outcome {
    Issued(Issued),
    /// The error's code, and how it is told.
    Refused {
        code: String,
        text: String,
    },
}

impl Outcome {
    /// A refusal is an error.
    pub(crate) fn issued(self) -> Result<Issued> {
        match self {
            Self::Issued(issued) => Ok(issued),
            Self::Refused { text, .. } => Err(Error::Unauthorized(text)),
        }
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Secret,
    token_type: String,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    refresh_token: Option<Secret>,
    #[serde(default)]
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: String,
}

/// One request for a token.
pub(crate) struct TokenRequest<'a> {
    pub(crate) fetcher: &'a Fetcher,
    pub(crate) issuer: &'a AuthorizationServer,
    pub(crate) client: &'a Credentials,
    /// What the token is to be bound to.
    pub(crate) key: Option<&'a ProofKey>,
}

impl TokenRequest<'_> {
    /// Asks with these fields, which say what for; gives the answer, or how it is refused.
    pub(crate) async fn ask(&self, fields: &[(&'static str, String)]) -> Result<Result<Answer, Outcome>> {
        let mut answer = self.post(fields).await?;
        let url = self.fetcher.check(&self.issuer.token_endpoint)?;
        let is_new = |key: &ProofKey, answer: &Answer| key.learn(&url, &answer.headers);
        if self.key.is_some_and(|key| is_new(key, &answer)) && code(&answer) == "use_dpop_nonce" {
            answer = self.post(fields).await?;
        }
        Ok(if answer.status == StatusCode::OK { Ok(answer) } else { Err(self.refused(&answer, fields)) })
    }

    /// Asks for a token for the server.
    pub(crate) async fn send(&self, fields: &[(&'static str, String)]) -> Result<Outcome> {
        let answer = match self.ask(fields).await? {
            Ok(answer) => answer,
            Err(refused) => return Ok(refused),
        };
        let said: TokenAnswer = answer.json(&format!("the token of {}", self.issuer.issuer))?;
        let is_bound = said.token_type.eq_ignore_ascii_case("dpop");
        if !is_bound && !said.token_type.eq_ignore_ascii_case("bearer") || is_bound && self.key.is_none() {
            let text = format!("{} issues tokens of a kind that is not known here", self.issuer.issuer);
            return Err(Error::Unauthorized(text));
        }
        Ok(Outcome::Issued(Issued {
            access_token: said.access_token,
            refresh_token: said.refresh_token,
            expires_at: said.expires_in.map(|seconds| now().saturating_add(seconds)),
            scopes: said.scope.as_deref().map(scopes),
            is_bound,
        }))
    }

    async fn post(&self, fields: &[(&'static str, String)]) -> Result<Answer> {
        let url = self.fetcher.check(&self.issuer.token_endpoint)?;
        let (mut fields, mut headers) = (fields.to_vec(), HeaderMap::new());
        self.client.show(self.issuer, &mut fields, &mut headers)?;
        if let Some(key) = self.key {
            headers.insert(DPOP, hidden(&key.proof("POST", &url, None)?)?);
        }
        self.fetcher.post(url, "application/x-www-form-urlencoded", headers, form(&fields)).await
    }

    fn refused(&self, answer: &Answer, fields: &[(&'static str, String)]) -> Outcome {
        let (issuer, status) = (&self.issuer.issuer, answer.status);
        let Ok(refusal) = serde_json::from_slice::<Refusal>(&answer.body) else {
            let text = format!("{issuer} issues no token: HTTP {status}");
            return Outcome::Refused { code: String::new(), text };
        };
        // A server may say again what it was told, and that was not for everybody.
        let hidden = fields.iter().filter(|(name, _)| HIDDEN.contains(name)).map(|(_, value)| value.as_str());
        let mut hidden = hidden.chain(self.client.password());
        let says_secret = hidden.any(|secret| refusal.error_description.contains(secret));
        let why = if says_secret { "" } else { refusal.error_description.as_str() };
        let text = format!("{issuer} issues no token: {}", told(&refusal.error, why));
        Outcome::Refused { code: refusal.error, text }
    }
}

fn code(answer: &Answer) -> String {
    serde_json::from_slice::<Refusal>(&answer.body).map(|refusal| refusal.error).unwrap_or_default()
}

/// An error of OAuth, in letters that do nothing but stand there.
pub(crate) fn told(code: &str, why: &str) -> String {
    let plain = |text: &str| -> String {
        text.chars().filter(|letter| letter.is_ascii_graphic() || *letter == ' ').take(SHOWN).collect()
    };
    match why {
        "" => plain(code),
        why => format!("{} ({})", plain(why), plain(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_in_plain_letters() {
        assert_eq!(told("invalid_grant", ""), "invalid_grant");
        assert_eq!(told("a\u{1b}[31m", "no\r\nway\u{202e}"), "noway (a[31m)");
        assert_eq!(told(&"x".repeat(9999), "").len(), SHOWN);
    }
}
