//! Where tokens are kept (rules A15, A21, A27).

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::registration::Registered;
use super::secret::Secret;
use super::signer::now;

/// What tokens are kept by: who issued them, and what for. Nothing of one issuer is ever shown to another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenKey {
    /// The issuer's URL.
    pub issuer: String,
    /// The server's own URL.
    pub resource: String,
}

/// What is kept: a store writes it and reads it, and need not know what is in it.
///
/// It can be serialised, with all its secrets; printing it shows none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    pub(crate) client: Option<Registered>,
    pub(crate) tokens: Option<Tokens>,
}

/// The tokens for one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: Secret,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) expires_at: Option<u64>,
    /// What they are good for.
    pub(crate) scopes: Vec<String>,
    /// The key that they are bound to.
    pub(crate) key: Option<Secret>,
    pub(crate) is_bound: bool,
}

impl Tokens {
    /// Whether they are of no use by themselves any more.
    pub(crate) fn is_over(&self) -> bool {
        self.expires_at.is_some_and(|ends| ends <= now())
    }
}

/// Keeps tokens from one run of a program to the next. It is asked seldom: when a server wants to see an authorization,
/// and when there is a new token.
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Mutex;
/// use toolwright_client::oauth::{Kept, TokenKey, TokenStore};
///
/// #[derive(Default)]
/// struct Keychain(Mutex<HashMap<TokenKey, Kept>>);
///
/// impl TokenStore for Keychain {
///     fn load(&self, key: &TokenKey) -> std::io::Result<Option<Kept>> {
///         Ok(self.0.lock().unwrap().get(key).cloned())
///     }
///
///     fn save(&self, key: &TokenKey, kept: &Kept) -> std::io::Result<()> {
///         self.0.lock().unwrap().insert(key.clone(), kept.clone());
///         Ok(())
///     }
/// }
/// ```
pub trait TokenStore: Send + Sync + 'static {
    /// What is kept by this key.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or not be trusted.
    fn load(&self, key: &TokenKey) -> io::Result<Option<Kept>>;

    /// Keeps something by this key, instead of what was kept before.
    ///
    /// # Errors
    ///
    /// When it cannot be kept.
    fn save(&self, key: &TokenKey, kept: &Kept) -> io::Result<()>;
}

/// Keeps tokens as long as the program runs.
#[derive(Default)]
pub(crate) struct Memory(Mutex<HashMap<TokenKey, Kept>>);

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

impl TokenStore for Memory {
    fn load(&self, key: &TokenKey) -> io::Result<Option<Kept>> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn save(&self, key: &TokenKey, kept: &Kept) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), kept.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_does_not_show_itself() {
        let kept: Kept = serde_json::from_value(serde_json::json!({
            "client": {"client_id": "me", "client_secret": "s3cr3t"},
            "tokens": {"access_token": "s3cr3t", "refresh_token": "s3cr3t", "expires_at": 1, "scopes": [],
                "key": "s3cr3t", "is_bound": true},
        }))
        .unwrap();
        let shown = format!("{kept:?}");
        assert!(shown.contains("\"me\"") && !shown.contains("s3cr3t"), "{shown}");
        assert_eq!(serde_json::from_str::<Kept>(&serde_json::to_string(&kept).unwrap()).unwrap(), kept);
    }
}
