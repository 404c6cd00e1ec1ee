//! What a server says when it wants to see an authorization: the header `WWW-Authenticate` (rules A14, A22).

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// The challenge of one answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// Where the server tells who authorizes for it.
    pub(crate) resource_metadata: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) error: Option<String>,
    /// It takes tokens that are bound to a key (RFC 9449).
    pub(crate) wants_proof: bool,
}

impl Challenge {
    /// Reads what is meant for us; a header that is none says nothing.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut challenge = Self::default();
        for header in headers.get_all(WWW_AUTHENTICATE) {
            let Ok(Ok(parsed)) = header.to_str().map(http_auth::parse_challenges) else { continue };
            for one in parsed {
                let is_proof = one.scheme.eq_ignore_ascii_case("dpop");
                challenge.wants_proof |= is_proof;
                if !is_proof && !one.scheme.eq_ignore_ascii_case("bearer") {
                    continue;
                }
                for (name, value) in &one.params {
                    let value = value.to_unescaped();
                    match name.to_ascii_lowercase().as_str() {
                        "resource_metadata" => challenge.resource_metadata = Some(value),
                        "scope" => challenge.scopes = scopes(&value),
                        "error" => challenge.error = Some(value),
                        _ => {}
                    }
                }
            }
        }
        challenge
    }
}

/// The scopes of a text that separates them by spaces.
pub(crate) fn scopes(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn challenge(headers: &[&str]) -> Challenge {
        let name = WWW_AUTHENTICATE;
        let headers = headers.iter().map(|text| (name.clone(), HeaderValue::from_str(text).unwrap()));
        Challenge::of(&headers.collect())
    }

    /// Rule A14.
    #[test]
    fn a_challenge_is_read_however_it_is_written() {
        let expected = Challenge {
            resource_metadata: Some("https://x/y?a=\"b\"".into()),
            scopes: vec!["a".into(), "b:c".into()],
            error: Some("insufficient_scope".into()),
            wants_proof: false,
        };
        let (uri, rest) =
            (r#"resource_metadata="https://x/y?a=\"b\"""#, r#"scope="a  b:c", error=insufficient_scope"#);
        assert_eq!(challenge(&[&format!("Bearer {uri}, {rest}")]), expected);
        assert_eq!(challenge(&[&format!("Basic realm=\"x, Bearer\", bearer {uri} , {rest}")]), expected);
        assert_eq!(challenge(&["Basic realm=\"x\"", &format!("Bearer {rest}, {uri}")]), expected);
        assert!(challenge(&["DPoP algs=\"ES256\", Bearer scope=a"]).wants_proof);
    }

    #[test]
    fn what_is_no_challenge_says_nothing() {
        for header in ["", "Bearer", "Bearer scope=", "\"", "Bearer scope=\"a", "Digest scope=\"a\"", ", ,"] {
            let challenge = challenge(&[header]);
            assert_eq!((challenge.scopes.len(), challenge.resource_metadata), (0, None), "{header}");
        }
    }
}
