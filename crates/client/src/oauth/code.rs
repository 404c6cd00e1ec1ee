//! Asking a user: authorization codes with PKCE, and who answered (rules A22 to A24, A29, A30).

use url::Url;

use super::agent::Visit;
use super::encoding::hashed;
use super::metadata::{AuthorizationServer, Found};
use super::secret::Secret;
use super::token::{Outcome, TokenRequest, told};
use crate::error::{Error, Result};

/// The scope of tokens that outlive the user's visit.
const OFFLINE: &str = "offline_access";

/// Sends the user to the authorization server, and makes a token of the code that comes back.
pub(crate) async fn by_code(
    request: &TokenRequest<'_>,
    found: &Found,
    visit: Visit,
    scopes: &[String],
) -> Result<Outcome> {
    let (issuer, redirect_uri) = (request.issuer, visit.redirect_uri().clone());
    if !issuer.has_code_challenge() {
        let text =
            format!("{} does not say that it takes PKCE with S256: codes could be stolen", issuer.issuer);
        return Err(Error::Unauthorized(text));
    }
    let (state, verifier) = (Secret::random()?, Secret::random()?);
    let missing = || Error::Unauthorized(format!("{} has no page to ask its users", issuer.issuer));
    let endpoint = issuer.authorization_endpoint.as_deref().ok_or_else(missing)?;
    let mut url = request.fetcher.check(endpoint)?;
    let mut asked = scopes.to_vec();
    let is_offered = issuer.scopes_supported.iter().any(|scope| scope == OFFLINE);
    if is_offered && !asked.is_empty() && !asked.iter().any(|scope| scope == OFFLINE) {
        asked.push(OFFLINE.to_owned());
    }
    // OpenID Connect Core, 11: the user must be asked for that.
    let prompt = if asked.iter().any(|scope| scope == OFFLINE) { "consent" } else { "" };
    let (challenge, scope) = (hashed(verifier.reveal()), asked.join(" "));
    let question = [
        ("response_type", "code"),
        ("client_id", &request.client.id),
        ("redirect_uri", redirect_uri.as_str()),
        ("state", state.reveal()),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("resource", &found.resource),
        ("scope", &scope),
        ("prompt", prompt),
    ];
    url.query_pairs_mut().extend_pairs(question.iter().filter(|(_, value)| !value.is_empty()));
    let came = visit.go(&url, &state).await?;
    let code = code(&came, &redirect_uri, &state, issuer)?;
    let fields = [
        ("grant_type", "authorization_code".to_owned()),
        ("code", code),
        ("redirect_uri", redirect_uri.into()),
        ("code_verifier", verifier.reveal().to_owned()),
        ("resource", found.resource.clone()),
    ];
    request.send(&fields).await
}

/// The code of an answer, if it is the answer, and from whom it should be.
fn code(came: &Url, redirect_uri: &Url, state: &Secret, issuer: &AuthorizationServer) -> Result<String> {
    let wrong = |why: &str| Error::Unauthorized(format!("the answer to the sign-in is not accepted: {why}"));
    if came.origin() != redirect_uri.origin() || came.path() != redirect_uri.path() {
        return Err(wrong("it came somewhere else"));
    }
    let mut named = [None, None, None, None, None];
    const NAMES: [&str; 5] = ["state", "iss", "error", "error_description", "code"];
    for (name, value) in came.query_pairs() {
        let Some(place) = NAMES.iter().position(|known| *known == name) else { continue };
        if named[place].replace(value.into_owned()).is_some() {
            return Err(wrong("it says something twice"));
        }
    }
    let [said_state, iss, error, description, code] = named;
    if said_state.as_deref() != Some(state.reveal()) {
        return Err(wrong("it belongs to another question"));
    }
    // Rule A23: nothing else is looked at before, and nothing is made equal.
    match iss {
        Some(iss) if iss != issuer.issuer => return Err(wrong("it is from another issuer")),
        None if issuer.authorization_response_iss_parameter_supported => {
            return Err(wrong("it does not say from which issuer it is"));
        }
        _ => {}
    }
    if let Some(error) = error {
        let text = told(&error, &description.unwrap_or_default());
        return Err(Error::Unauthorized(format!("{} says no: {text}", issuer.issuer)));
    }
    code.ok_or_else(|| wrong("it has no code"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(query: &str, advertises: bool) -> Result<String> {
        let mut issuer = AuthorizationServer::at("https://as.example");
        issuer.authorization_response_iss_parameter_supported = advertises;
        let redirect_uri = Url::parse("http://127.0.0.1/callback").unwrap();
        let mut came = redirect_uri.clone();
        came.set_query(Some(query));
        code(&came, &redirect_uri, &Secret::new("s"), &issuer)
    }

    /// Rule A23.
    #[test]
    fn an_answer_counts_only_from_the_issuer_that_was_asked() {
        let right = "iss=https%3A%2F%2Fas.example";
        assert_eq!(answer(&format!("code=c&state=s&{right}"), true).unwrap(), "c");
        assert_eq!(answer(&format!("code=c&state=s&{right}"), false).unwrap(), "c");
        assert_eq!(answer("code=c&state=s", false).unwrap(), "c");
        for (query, advertises) in [
            ("code=c&state=s", true),
            ("code=c&state=s&iss=", false),
            ("code=c&state=s&iss=https%3A%2F%2Fas.example%2F", false),
            ("code=c&state=s&iss=https%3A%2F%2FAS.example", true),
            ("code=c&state=s&iss=https%3A%2F%2Fas.example%3A443", true),
            ("code=c&state=s&iss=https%3A%2F%2Fas.example&iss=https%3A%2F%2Fas.example", true),
            ("code=c&state=s&iss=https%3A%2F%2Fevil.example", false),
        ] {
            assert!(answer(query, advertises).is_err(), "{query}");
        }
    }

    /// Rule A23: nor is its error.
    #[test]
    fn an_error_of_another_issuer_is_not_shown() {
        let error = answer("error=e&error_description=call+555&state=s&iss=https%3A%2F%2Fevil.example", true);
        assert!(!error.unwrap_err().to_string().contains("555"));
        let error = answer("error=access_denied&error_description=not+you&state=s", false).unwrap_err();
        assert_eq!(error.to_string(), "not authorized: https://as.example says no: not you (access_denied)");
    }

    /// Rule A30.
    #[test]
    fn an_answer_belongs_to_its_question() {
        for query in ["code=c", "code=c&state=", "code=c&state=x", "code=c&state=s&state=s", "state=s", ""] {
            assert!(answer(query, false).is_err(), "{query}");
        }
    }
}
