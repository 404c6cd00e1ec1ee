//! Signing JSON Web Tokens with a key of our own: who a client is, and that a token is its.
//!
//! Nothing is read here that others signed, and ring, which TLS has brought along already, does the signing: the crate
//! `jsonwebtoken` would bring a second library of cryptography.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::encoding::base64url;
use crate::error::{Error, Result};

/// A private key, and what can be signed with it.
pub(crate) struct Signer(Key);

enum Key {
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Signer {
    /// Reads a private key as `openssl pkcs8 -topk8 -nocrypt` writes it.
    pub(crate) fn from_pem(pem: &str) -> Result<Self> {
        let wrong = || {
            Error::Unauthorized(
                "the private key is none that can be used: it must be PKCS #8 in PEM, as `openssl pkcs8 -topk8 \
                 -nocrypt` writes it, for ES256, ES384, EdDSA or RSA from 2048 bits on"
                    .into(),
            )
        };
        match PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| wrong())? {
            PrivateKeyDer::Pkcs8(der) => Self::from_pkcs8(der.secret_pkcs8_der()).ok_or_else(wrong),
            PrivateKeyDer::Pkcs1(der) => {
                let key = RsaKeyPair::from_der(der.secret_pkcs1_der()).map_err(|_| wrong())?;
                Ok(Self(Key::Rsa(Box::new(key))))
            }
            _ => Err(wrong()),
        }
    }

    /// A new key for ES256, and how it is kept.
    pub(crate) fn generate() -> Result<(Self, Vec<u8>)> {
        let failed = || Error::Unauthorized("no key can be made".into());
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let kept = made.map_err(|_| failed())?.as_ref().to_vec();
        Ok((Self::from_pkcs8(&kept).ok_or_else(failed)?, kept))
    }

    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let random = SystemRandom::new();
        let elliptic = |algorithm| EcdsaKeyPair::from_pkcs8(algorithm, der, &random);
        if let Ok(key) = elliptic(&ECDSA_P256_SHA256_FIXED_SIGNING) {
            return Some(Self(Key::P256(key)));
        }
        if let Ok(key) = elliptic(&ECDSA_P384_SHA384_FIXED_SIGNING) {
            return Some(Self(Key::P384(key)));
        }
        if let Ok(key) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            return Some(Self(Key::Ed25519(key)));
        }
        RsaKeyPair::from_pkcs8(der).ok().map(|key| Self(Key::Rsa(Box::new(key))))
    }

    /// The public half of a key for ES256, as a JSON Web Key.
    pub(crate) fn public(&self) -> Option<Value> {
        let Key::P256(key) = &self.0 else { return None };
        // An uncompressed point: a byte that says so, and two numbers.
        let (x, y) = key.public_key().as_ref().get(1..)?.split_at_checked(32)?;
        Some(json!({"kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y)}))
    }

    /// How to sign for somebody who takes only these algorithms, if they say so.
    pub(crate) fn algorithm(&self, taken: Option<&[String]>) -> Option<&'static str> {
        let able: &[&str] = match &self.0 {
            Key::P256(_) => &["ES256"],
            Key::P384(_) => &["ES384"],
            Key::Ed25519(_) => &["EdDSA"],
            Key::Rsa(_) => &["RS256", "PS256"],
        };
        let is_taken = |name: &&&str| taken.is_none_or(|taken| taken.iter().any(|other| other == **name));
        able.iter().find(is_taken).copied()
    }

    /// A token with these claims; the header names the algorithm.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> Result<String> {
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        let text = format!("{}.{}", part(header), part(claims));
        let random = SystemRandom::new();
        let signature = match &self.0 {
            Key::P256(key) | Key::P384(key) => {
                key.sign(&random, text.as_bytes()).map(|signature| signature.as_ref().to_vec())
            }
            Key::Ed25519(key) => Ok(key.sign(text.as_bytes()).as_ref().to_vec()),
            Key::Rsa(key) => {
                let padding: &dyn RsaEncoding =
                    if header["alg"] == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(padding, &random, text.as_bytes(), &mut signature).map(|()| signature)
            }
        };
        let signature = signature.map_err(|_| Error::Unauthorized("the key does not sign".into()))?;
        Ok(format!("{text}.{}", base64url(&signature)))
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::super::encoding::from_base64url;
    use super::*;

    #[test]
    fn a_token_is_signed_with_its_key() {
        let (signer, kept) = Signer::generate().unwrap();
        let signer = Signer::from_pkcs8(&kept).unwrap_or(signer);
        let token = signer.sign(&json!({"alg": "ES256"}), &json!({"iss": "me"})).unwrap();
        let (text, signature) = token.rsplit_once('.').unwrap();
        let jwk = signer.public().unwrap();
        let number = |name: &str| from_base64url(jwk[name].as_str().unwrap()).unwrap();
        let point = [&[4], &number("x")[..], &number("y")[..]].concat();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        public.verify(text.as_bytes(), &from_base64url(signature).unwrap()).unwrap();
        assert_eq!(from_base64url(text.split_once('.').unwrap().1).unwrap(), br#"{"iss":"me"}"#);
    }

    #[test]
    fn a_key_signs_only_what_is_taken() {
        let (signer, _) = Signer::generate().unwrap();
        assert_eq!(signer.algorithm(None), Some("ES256"));
        assert_eq!(signer.algorithm(Some(&["RS256".into(), "ES256".into()])), Some("ES256"));
        assert_eq!(signer.algorithm(Some(&["RS256".into()])), None);
    }

    #[test]
    fn a_key_does_not_show_itself() {
        let (signer, _) = Signer::generate().unwrap();
        assert_eq!(format!("{signer:?}"), "***");
        let error =
            Signer::from_pem("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----").unwrap_err();
        assert!(error.to_string().contains("openssl") && !error.to_string().contains("c2VjcmV0"), "{error}");
    }
}
