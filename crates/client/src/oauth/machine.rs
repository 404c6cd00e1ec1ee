//! Tokens that nobody is asked for: of the client itself, of its machine, of its user's company.

use serde::Deserialize;

use super::authorization::IdentityProvider;
use super::metadata::{AuthorizationServer, Found};
use super::secret::Secret;
use super::token::{Outcome, TokenRequest};
use crate::error::{Error, Result};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";

type Fields = Vec<(&'static str, String)>;

/// What every request for a token for this server says.
fn fields(found: &Found, grant: &str, scopes: &[String]) -> Fields {
    let mut fields = vec![("grant_type", grant.to_owned()), ("resource", found.resource.clone())];
    if !scopes.is_empty() {
        fields.push(("scope", scopes.join(" ")));
    }
    fields
}

/// RFC 6749, 4.4.
pub(crate) async fn by_credentials(
    request: &TokenRequest<'_>,
    found: &Found,
    scopes: &[String],
) -> Result<Outcome> {
    request.send(&fields(found, "client_credentials", scopes)).await
}

/// RFC 7523, 4.
pub(crate) async fn by_assertion(
    request: &TokenRequest<'_>,
    found: &Found,
    scopes: &[String],
    assertion: String,
) -> Result<Outcome> {
    let mut fields = fields(found, JWT_BEARER, scopes);
    fields.push(("assertion", assertion));
    request.send(&fields).await
}

/// What an identity provider gives for an ID token.
#[derive(Deserialize)]
struct Exchanged {
    access_token: Secret,
    issued_token_type: String,
}

/// Identity Assertion Authorization Grant: exchanges the user's ID token (RFC 8693) for one that the issuer takes.
pub(crate) async fn assertion_of(
    provider: &IdentityProvider,
    request: &TokenRequest<'_>,
    found: &Found,
    scopes: &[String],
) -> Result<String> {
    let failed = |error| Error::Unauthorized(format!("there is no ID token: {error}"));
    let id_token = (provider.id_token)(()).await.map_err(failed)?;
    let issuer = AuthorizationServer::at(&provider.token_endpoint);
    let asked =
        TokenRequest { fetcher: request.fetcher, issuer: &issuer, client: &provider.credentials, key: None };
    let mut fields = fields(found, TOKEN_EXCHANGE, scopes);
    fields.extend([
        ("requested_token_type", ID_JAG.to_owned()),
        ("audience", found.issuer.issuer.clone()),
        ("subject_token", id_token),
        ("subject_token_type", ID_TOKEN.to_owned()),
    ]);
    let answer = match asked.ask(&fields).await? {
        Ok(answer) => answer,
        Err(Outcome::Refused { text, .. }) => return Err(Error::Unauthorized(text)),
        Err(Outcome::Issued(_)) => return Err(Error::Unauthorized("an answer that is none".into())),
    };
    let exchanged: Exchanged = answer.json("the answer of the identity provider")?;
    if exchanged.issued_token_type != ID_JAG {
        return Err(Error::Unauthorized("the identity provider gives no grant for other servers".into()));
    }
    Ok(exchanged.access_token.reveal().to_owned())
}
