//! Official extensions of the protocol, each over [`toolwright_core::extension::Extension`].

pub mod apps;
#[cfg(feature = "skills")]
pub mod skills;
