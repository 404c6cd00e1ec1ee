//! Making oneself known to a server of authorization that does not know us yet (rules A19 to A21).

use reqwest::header::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::credentials::{Credentials, Proof};
use super::fetch::Fetcher;
use super::metadata::AuthorizationServer;
use super::secret::Secret;
use super::signer::now;
use super::token::told;
use crate::error::{Error, Result};

/// Who a client is to the issuer that it registered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registered {
    client_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_secret: Option<Secret>,
    #[serde(default)]
    client_secret_expires_at: u64,
    #[serde(default)]
    token_endpoint_auth_method: Option<String>,
    /// Where users come back to; what the issuer says of it does not count.
    #[serde(default, rename = "redirect_uri")]
    pub(crate) redirect_uri: String,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Registered {
    pub(crate) fn credentials(&self) -> Credentials {
        let proof = match (&self.client_secret, self.token_endpoint_auth_method.as_deref()) {
            (None, _) | (_, Some("none")) => Proof::None,
            (Some(secret), method) => Proof::Secret(secret.clone(), method.map(str::to_owned)),
        };
        Credentials { id: self.client_id.clone(), proof, issuer: None }
    }

    /// Whether it can be used once more, to come back to this URL.
    pub(crate) fn serves(&self, redirect_uri: &str) -> bool {
        let is_good = self.client_secret_expires_at == 0 || self.client_secret_expires_at > now();
        is_good && self.redirect_uri == redirect_uri
    }
}

/// Registers a client as a program on its user's machine.
pub(crate) async fn register(
    fetcher: &Fetcher,
    issuer: &AuthorizationServer,
    name: &str,
    redirect_uri: &str,
) -> Result<Registered> {
    let Some(endpoint) = &issuer.registration_endpoint else {
        return Err(Error::Unauthorized(format!(
            "{} does not know this client, and registers none by itself: register it there, and name it by `credentials`",
            issuer.issuer
        )));
    };
    let methods = ["none", "client_secret_basic", "client_secret_post"];
    let method = methods.into_iter().find(|method| issuer.takes(method)).unwrap_or("none");
    let wanted = json!({
        "client_name": name,
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "application_type": "native",
        "token_endpoint_auth_method": method,
    });
    let url = fetcher.check(endpoint)?;
    let answer = fetcher.post(url, "application/json", HeaderMap::new(), wanted.to_string()).await?;
    if !answer.status.is_success() {
        let why = serde_json::from_slice::<Refusal>(&answer.body)
            .map(|refusal| told(&refusal.error, &refusal.error_description))
            .unwrap_or_else(|_| format!("HTTP {}", answer.status));
        return Err(Error::Unauthorized(format!("{} does not register this client: {why}", issuer.issuer)));
    }
    let mut registered: Registered = answer.json(&format!("the registration of {}", issuer.issuer))?;
    redirect_uri.clone_into(&mut registered.redirect_uri);
    registered.token_endpoint_auth_method.get_or_insert_with(|| method.to_owned());
    Ok(registered)
}
