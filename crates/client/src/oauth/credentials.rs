//! Who a client is to a server of authorization, and how it shows that (rules A17 to A21).

use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::json;

use super::encoding::{base64url, basic};
use super::metadata::AuthorizationServer;
use super::secret::{Secret, random};
use super::signer::{Signer, now};
use crate::error::{Error, Result};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long such an assertion is good for, in seconds.
const GOOD_FOR: u64 = 60;

/// A client that a server of authorization knows already, because somebody registered it there.
///
/// It is used at one issuer only: that of [`issued_by`](Self::issued_by), or else the first that the server names.
///
/// ```
/// use toolwright_client::oauth::Credentials;
///
/// let credentials = Credentials::secret("my-client", "s3cr3t").issued_by("https://login.example.com");
/// assert!(!format!("{credentials:?}").contains("s3cr3t"));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Credentials {
    pub(crate) id: String,
    pub(crate) proof: Proof,
    pub(crate) issuer: Option<String>,
}

/// How a client shows that it is the one.
#[derive(Debug, Clone)]
pub(crate) enum Proof {
    /// Not at all: anybody can say so.
    None,
    /// By a password, in the way that was agreed on, if one was.
    Secret(Secret, Option<String>),
    /// By a signature.
    Key(Arc<Signer>),
}

impl Credentials {
    /// A client without a secret, as programs on users' machines are.
    pub fn public(id: impl Into<String>) -> Self {
        Self { id: id.into(), proof: Proof::None, issuer: None }
    }

    /// A client with a secret.
    pub fn secret(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), proof: Proof::Secret(Secret::new(secret), None), issuer: None }
    }

    /// A client with a private key, in PEM, that signs who it is (RFC 7523).
    ///
    /// # Errors
    ///
    /// When it is no key that can be used.
    pub fn private_key(id: impl Into<String>, pem: &str) -> Result<Self> {
        Ok(Self { id: id.into(), proof: Proof::Key(Arc::new(Signer::from_pem(pem)?)), issuer: None })
    }

    /// Where it is registered: it is shown to nobody else.
    pub fn issued_by(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// What nobody may see, if it is a text.
    pub(crate) fn password(&self) -> Option<&str> {
        match &self.proof {
            Proof::Secret(secret, _) => Some(secret.reveal()),
            Proof::None | Proof::Key(_) => None,
        }
    }

    /// Adds to a request for a token who asks.
    pub(crate) fn show(
        &self,
        issuer: &AuthorizationServer,
        fields: &mut Vec<(&'static str, String)>,
        headers: &mut HeaderMap,
    ) -> Result {
        match &self.proof {
            Proof::None => fields.push(("client_id", self.id.clone())),
            Proof::Secret(secret, agreed) => {
                let is_taken = |method: &&str| {
                    agreed.as_deref().map_or(issuer.takes(method), |agreed| agreed == *method)
                };
                match ["client_secret_basic", "client_secret_post"].iter().find(|method| is_taken(method)) {
                    Some(&"client_secret_basic") => {
                        headers.insert(AUTHORIZATION, hidden(&basic(&self.id, secret.reveal()))?);
                    }
                    Some(_) => {
                        fields.push(("client_id", self.id.clone()));
                        fields.push(("client_secret", secret.reveal().to_owned()));
                    }
                    None => return Err(unable(issuer, "a client with a secret")),
                }
            }
            Proof::Key(signer) => {
                fields.push(("client_id", self.id.clone()));
                fields.push(("client_assertion_type", JWT_BEARER.to_owned()));
                fields.push(("client_assertion", self.assertion(signer, issuer)?));
            }
        }
        Ok(())
    }

    fn assertion(&self, signer: &Signer, issuer: &AuthorizationServer) -> Result<String> {
        let taken = issuer.token_endpoint_auth_signing_alg_values_supported.as_deref();
        let algorithm = signer.algorithm(taken).filter(|_| issuer.takes("private_key_jwt"));
        let algorithm = algorithm.ok_or_else(|| unable(issuer, "a client with such a key"))?;
        let claims = json!({
            "iss": self.id, "sub": self.id, "aud": issuer.issuer, "jti": base64url(&random::<16>()?),
            "iat": now(), "exp": now() + GOOD_FOR,
        });
        signer.sign(&json!({"typ": "JWT", "alg": algorithm}), &claims)
    }
}

fn unable(issuer: &AuthorizationServer, who: &str) -> Error {
    Error::Unauthorized(format!("{} does not take {who}", issuer.issuer))
}

/// A header that nobody prints.
pub(crate) fn hidden(text: &str) -> Result<HeaderValue> {
    let value = HeaderValue::from_str(text);
    let mut value = value.map_err(|_| Error::Unauthorized("a token that no header can say".into()))?;
    value.set_sensitive(true);
    Ok(value)
}
