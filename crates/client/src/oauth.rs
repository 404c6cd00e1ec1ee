//! How a client gets itself authorized: OAuth 2.1, as the protocol uses it (rules A13 to A30).
//!
//! A request that a server refuses leads to a sign-in, and is sent again: see [`Authorization`].
//!
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization>

mod encoding;
mod secret;
mod address;
mod fetch;
mod challenge;
mod metadata;
mod signer;
mod proof;
mod credentials;
mod token;
mod loopback;
mod agent;
mod code;
mod registration;
mod store;
mod vault;
mod authorization;
mod machine;
mod grants;
mod permit;

pub use authorization::{Authorization, IdentityProvider};
pub use credentials::Credentials;
pub(crate) use permit::Permit;
pub use store::{Kept, TokenKey, TokenStore};
pub use vault::EncryptedFile;
