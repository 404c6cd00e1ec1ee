//! Proof that a token is its bearer's: DPoP, RFC 9449.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::json;
use url::Url;

use super::encoding::{base64url, from_base64url, hashed};
use super::secret::{Secret, random};
use super::signer::{Signer, now};
use crate::error::{Error, Result};

pub(crate) const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
/// How many servers' numbers are remembered: there is one server, and one that authorizes for it.
const SERVERS: usize = 8;

/// The key that a client's tokens are bound to.
pub(crate) struct ProofKey {
    signer: Signer,
    kept: Secret,
    /// What each server wants to see in the next proof, by its origin.
    nonces: Mutex<HashMap<String, String>>,
}

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl ProofKey {
    pub(crate) fn generate() -> Result<Self> {
        let (signer, kept) = Signer::generate()?;
        Ok(Self { signer, kept: Secret::new(base64url(&kept)), nonces: Mutex::default() })
    }

    /// The key that was kept.
    pub(crate) fn restored(kept: &Secret) -> Option<Self> {
        let signer = Signer::from_pkcs8(&from_base64url(kept.reveal())?)?;
        Some(Self { signer, kept: kept.clone(), nonces: Mutex::default() })
    }

    pub(crate) fn kept(&self) -> &Secret {
        &self.kept
    }

    /// Proves that this very request, with this token if it has one, is ours.
    pub(crate) fn proof(&self, method: &str, url: &Url, token: Option<&Secret>) -> Result<String> {
        let jwk =
            self.signer.public().ok_or_else(|| Error::Unauthorized("the key has no public half".into()))?;
        let mut plain = url.clone();
        plain.set_query(None);
        plain.set_fragment(None);
        let mut claims = json!({
            "jti": base64url(&random::<16>()?), "htm": method, "htu": plain.as_str(), "iat": now(),
        });
        if let Some(token) = token {
            claims["ath"] = hashed(token.reveal()).into();
        }
        let nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(nonce) = nonces.get(&url.origin().ascii_serialization()) {
            claims["nonce"] = nonce.as_str().into();
        }
        self.signer.sign(&json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}), &claims)
    }

    /// Notes what a server wants to see in the next proof; whether it is something new.
    pub(crate) fn learn(&self, url: &Url, headers: &HeaderMap) -> bool {
        let Some(nonce) = headers.get(DPOP_NONCE).and_then(|nonce| nonce.to_str().ok()) else { return false };
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let origin = url.origin().ascii_serialization();
        if nonces.len() >= SERVERS && !nonces.contains_key(&origin) {
            nonces.clear();
        }
        nonces.insert(origin, nonce.to_owned()).as_deref() != Some(nonce)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;
    use serde_json::Value;

    use super::*;

    fn claims(proof: &str) -> Value {
        serde_json::from_slice(&from_base64url(proof.split('.').nth(1).unwrap()).unwrap()).unwrap()
    }

    /// RFC 9449, 4.2.
    #[test]
    fn each_proof_is_for_one_request() {
        let key = ProofKey::generate().unwrap();
        let url = Url::parse("https://x.example/mcp?a=b").unwrap();
        let token = Secret::new("t");
        let (one, other) =
            (key.proof("POST", &url, Some(&token)).unwrap(), key.proof("POST", &url, None).unwrap());
        assert_eq!(
            (&claims(&one)["htm"], &claims(&one)["htu"]),
            (&json!("POST"), &json!("https://x.example/mcp"))
        );
        assert_eq!(claims(&one)["ath"], hashed("t"));
        assert_ne!(claims(&one)["jti"], claims(&other)["jti"]);
        assert!(claims(&other).get("ath").is_none() && claims(&other).get("nonce").is_none());
    }

    /// RFC 9449, 8 and 9.
    #[test]
    fn a_nonce_is_for_the_server_that_gave_it() {
        let key = ProofKey::generate().unwrap();
        let [one, other] = ["https://x.example/a", "https://y.example/"].map(|url| Url::parse(url).unwrap());
        let headers = HeaderMap::from_iter([(DPOP_NONCE, HeaderValue::from_static("n1"))]);
        assert!(key.learn(&one, &headers));
        assert!(!key.learn(&one, &headers), "nothing new");
        assert_eq!(claims(&key.proof("GET", &one, None).unwrap())["nonce"], "n1");
        assert!(claims(&key.proof("GET", &other, None).unwrap()).get("nonce").is_none());
    }
}
