//! Signing in to a server behind a URL, and forgetting that.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use toolwright::client::oauth::{Authorization, Credentials, EncryptedFile, TokenKey};
use toolwright::client::{Error, Options, Target};

use crate::clients::{Machine, Os, Where};
use crate::discover;
use crate::launch::{Launch, filled_pairs, pairs};
use crate::outcome::{Failure, Outcome};
use crate::show::plain;
use crate::terminal::{can_ask, say};

const HEADING: &str = "Signing in, to a server behind a URL";

/// What is shown to a server behind a URL.
#[derive(Debug, Clone, Args)]
pub(crate) struct SignIn {
    /// Says this in a header of every request; `${NAME}` stands for a variable.
    #[arg(long, help_heading = HEADING, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// Shows the token in this variable, and signs nobody in.
    #[arg(long, help_heading = HEADING, value_name = "VARIABLE")]
    token_env: Option<String>,
    /// Opens a browser to sign in, as it does at a terminal; else the page to open is told on standard error.
    #[arg(long, help_heading = HEADING)]
    browser: bool,
    /// Asks for this scope, too.
    #[arg(long, help_heading = HEADING)]
    scope: Vec<String>,
    /// Is this client, which somebody registered, with http://127.0.0.1/callback at any port to come back to.
    #[arg(long, help_heading = HEADING, value_name = "ID")]
    client_id: Option<String>,
    /// The client's secret is in this variable.
    #[arg(long, help_heading = HEADING, value_name = "VARIABLE", requires_all = ["client_id", "issuer"])]
    client_secret_env: Option<String>,
    /// The client's private key is in this file, as PEM.
    #[arg(long, help_heading = HEADING, value_name = "FILE", requires_all = ["client_id", "issuer"])]
    #[arg(conflicts_with = "client_secret_env")]
    client_key: Option<PathBuf>,
    /// Where the client is registered: it shows itself nowhere else.
    #[arg(long, help_heading = HEADING, value_name = "URL", requires = "client_id")]
    issuer: Option<String>,
    /// Signs in as the client itself, not as a user.
    #[arg(long, help_heading = HEADING, requires = "client_id")]
    client_credentials: bool,
}

/// Forgets the tokens of a server.
///
/// They are forgotten on this machine; whoever issued them is not told.
#[derive(Debug, Args)]
pub(crate) struct Logout {
    /// The server's URL, or `client:name` as `discover` lists them.
    #[arg(required_unless_present = "all")]
    server: Option<String>,
    /// Forgets those of all servers.
    #[arg(long, conflicts_with = "server")]
    all: bool,
}

impl SignIn {
    /// The target with what is shown to it.
    pub(crate) fn shown_to(&self, target: Target) -> Result<Target, Failure> {
        let with = |target: Target, (name, value): (String, String)| target.header(name, value);
        Ok(self.headers()?.into_iter().fold(target, with))
    }

    fn headers(&self) -> Result<Vec<(String, String)>, Failure> {
        let given = pairs(&self.header, ':', "`--header` wants \"NAME: VALUE\"")?;
        let mut headers =
            filled_pairs(&given, &|name: &str| std::env::var(name).ok()).map_err(Failure::wrong)?;
        if let Some(name) = &self.token_env {
            headers.push(("Authorization".into(), format!("Bearer {}", secret(name)?)));
        }
        Ok(headers)
    }

    /// The options of a client that signs in, unless it is to show something else.
    pub(crate) fn signing_in(&self, options: Options) -> Result<Options, Failure> {
        if self.token_env.is_some() || self.headers()?.iter().any(is_token) {
            return Ok(options);
        }
        let mut authorization = match self.credentials()? {
            Some(client) if self.client_credentials => Authorization::client_credentials(client),
            Some(client) => self.user().credentials(client),
            None => self.user(),
        };
        authorization = self.scope.iter().fold(authorization, Authorization::scope);
        // What a user may do is not for the client itself; without a home, who signs in does so each time.
        if let Some(store) = store().filter(|_| !self.client_credentials) {
            authorization = authorization.store(store);
        }
        Ok(options.authorize(authorization))
    }

    fn user(&self) -> Authorization {
        if self.browser || can_ask() {
            return Authorization::browser();
        }
        Authorization::listener(|url| say(&format!("To sign in, open this page:\n\n  {url}\n")))
    }

    fn credentials(&self) -> Result<Option<Credentials>, Failure> {
        let Some(id) = &self.client_id else { return Ok(None) };
        let credentials = match (&self.client_secret_env, &self.client_key) {
            (Some(name), _) => Credentials::secret(id, secret(name)?),
            (None, Some(file)) => {
                let failed = |error: &dyn std::fmt::Display| Failure::machine(file.display(), error);
                let pem = std::fs::read_to_string(file).map_err(|error| failed(&error))?;
                Credentials::private_key(id, &pem).map_err(|error| failed(&error))?
            }
            (None, None) if self.client_credentials => {
                let why = "a client that signs in itself has a secret, `--client-secret-env VARIABLE`, or a key, \
                           `--client-key FILE`";
                return Err(Failure::wrong(why));
            }
            (None, None) => Credentials::public(id),
        };
        Ok(Some(self.issuer.iter().fold(credentials, Credentials::issued_by)))
    }

    /// What went wrong, and what to do about it; what was shown to the server is not shown again.
    pub(crate) fn told(&self, error: Error, server: &str) -> Failure {
        let is_refused = matches!(error, Error::Unauthorized(_));
        let mut failure = Failure::from(error);
        for (_, value) in self.headers().unwrap_or_default() {
            let secret = value.rsplit(' ').next().unwrap_or_default();
            if !secret.is_empty() {
                failure.why = failure.why.replace(secret, "***");
            }
        }
        if is_refused {
            failure.why += &match &self.token_env {
                Some(name) => format!("; is the token in {name} for this server, and still good?"),
                None => format!(
                    "; `toolwright logout {server}` forgets what is kept of it, `--token-env VARIABLE` shows a token \
                     that you have"
                ),
            };
        }
        failure
    }
}

impl Logout {
    pub(crate) fn run(self) -> Result<Outcome, Failure> {
        let url = self.server.as_deref().map(url_of).transpose()?;
        let store =
            store().ok_or_else(|| Failure::wrong("it is not known where tokens are kept: set HOME"))?;
        let is_meant = |key: &TokenKey| url.as_ref().is_none_or(|url| is_for(&key.resource, url));
        let forgotten = store.forget(is_meant).map_err(|error| Failure::machine("the tokens", error))?;
        let line =
            |key: &TokenKey| plain(&format!("Forgot the tokens of {} for {}.\n", key.issuer, key.resource));
        let text = match (forgotten.is_empty(), &url) {
            (false, _) => forgotten.iter().map(line).collect(),
            (true, Some(url)) => format!("There are no tokens for {}.\n", plain(url)),
            (true, None) => "There are no tokens.\n".to_owned(),
        };
        Ok(Outcome::new(text, json!({ "forgotten": forgotten })))
    }
}

/// Where tokens are kept; none where there is no home.
fn store() -> Option<EncryptedFile> {
    let machine = Machine::here();
    let place = match machine.os {
        Os::Linux => "$XDG_CONFIG_HOME/toolwright/tokens",
        Os::Mac => "~/Library/Application Support/toolwright/tokens",
        Os::Windows => "$LOCALAPPDATA/toolwright/tokens",
    };
    let Where::At(path) = machine.find(&[place]) else { return None };
    let key = path.with_extension("key");
    Some(EncryptedFile::with_key_file(path, key))
}

/// The URL of a server that is named on the command line.
fn url_of(server: &str) -> Result<String, Failure> {
    match (Launch::of_url(server), discover::named(server)) {
        (Some(Launch::Url { url, .. }), _) => Ok(url),
        (_, Some(launch)) => match launch? {
            Launch::Url { url, .. } => Ok(url),
            Launch::Command { .. } => {
                Err(Failure::wrong(format!("{server} is a command: nobody signs in to it")))
            }
        },
        _ => Err(Failure::wrong(format!("{server:?} is no URL"))),
    }
}

/// Whether tokens for this are for the server: one may be for all that is below a path.
fn is_for(resource: &str, url: &str) -> bool {
    let (resource, url) = (resource.trim_end_matches('/'), url.trim_end_matches('/'));
    let below = url.strip_prefix(resource);
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

pub(crate) fn is_token((name, _): &(String, String)) -> bool {
    name.eq_ignore_ascii_case("authorization")
}

/// What a variable holds.
fn secret(name: &str) -> Result<String, Failure> {
    let value = std::env::var(name).ok().map(|value| value.trim().to_owned());
    value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Failure::wrong(format!("the variable {name} is not set")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_for_all_below_a_path_are_for_each_server_there() {
        for (resource, url) in [
            ("https://x.example/mcp", "https://x.example/mcp"),
            ("https://x.example/", "https://x.example/mcp"),
            ("https://x.example/a", "https://x.example/a/b"),
            ("https://x.example/a", "https://x.example/a/?tenant=1"),
        ] {
            assert!(is_for(resource, url), "{resource} {url}");
        }
        for (resource, url) in [
            ("https://x.example/mcp", "https://x.example/mcp2"),
            ("https://x.example", "https://x.example.evil/mcp"),
            ("https://x.example/mcp", "https://x.example/"),
        ] {
            assert!(!is_for(resource, url), "{resource} {url}");
        }
    }
}
