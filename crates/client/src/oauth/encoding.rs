//! How bytes are written where OAuth wants text.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use url::form_urlencoded::{Serializer, byte_serialize};

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// A digest by SHA-256, in base64url.
pub(crate) fn hashed(text: &str) -> String {
    base64url(digest(&SHA256, text.as_bytes()).as_ref())
}

/// The fields of a form as a body.
pub(crate) fn form(fields: &[(&str, String)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A name and a password for the header `Authorization` (RFC 6749, 2.3.1: each is encoded as a form's field first).
pub(crate) fn basic(name: &str, password: &str) -> String {
    let part = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", part(name), part(password))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn a_challenge_is_the_digest_of_its_verifier() {
        let challenge = hashed("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_colon_in_a_name_does_not_end_it() {
        assert_eq!(basic("a:b", "c d"), format!("Basic {}", STANDARD.encode("a%3Ab:c+d")));
    }
}
