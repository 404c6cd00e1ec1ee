//! All that differs between protocol versions, as data: nobody else compares versions.
//!
//! The table is `protocol.md` 2.7: what a newer message must leave out, wrap or rename for an older peer.

use serde_json::json;

use crate::jsonrpc::{ErrorObject, code};
use crate::version::ProtocolVersion;

/// How one version of the protocol is spoken.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dialect {
    /// The version spoken.
    pub version: ProtocolVersion,
    /// Every request carries its own `_meta`; results carry `resultType` and cache hints.
    pub stateless: bool,
    /// Which values may stand in `structuredContent`, and which roots in `outputSchema`.
    pub structured: Structured,
    /// Tools may carry `annotations`.
    pub tool_annotations: bool,
    /// Content may be audio.
    pub audio: bool,
    /// Content may be a link to a resource.
    pub resource_links: bool,
    /// Components may carry `icons`, and implementations a description and a web site.
    pub icons: bool,
    /// Components may carry a `title`, items a `_meta`.
    pub titles: bool,
    /// Completion is announced as a capability.
    pub completions: bool,
    /// Progress may carry a `message`.
    pub progress_messages: bool,
    /// A line or body may hold several messages in an array.
    pub batches: bool,
    /// Forms may have choices of several, titles of their own and defaults of every kind.
    pub rich_forms: bool,
    /// A URL that a user is to open has an id.
    pub names_elicitations: bool,
    /// HTTP: a stream begins with an event from which on it can be resumed.
    pub primes_streams: bool,
    /// The error code for a resource that is not there.
    pub resource_not_found: i32,
}

/// What structured output a version knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structured {
    /// None: results are content blocks only.
    None,
    /// Objects only: other values travel as `{"result": value}`.
    Objects,
    /// Any JSON value.
    Any,
}

const OLDEST: Dialect = Dialect {
    version: ProtocolVersion::V2024_11_05,
    stateless: false,
    structured: Structured::None,
    tool_annotations: false,
    audio: false,
    resource_links: false,
    icons: false,
    titles: false,
    completions: false,
    progress_messages: false,
    batches: false,
    rich_forms: false,
    names_elicitations: false,
    primes_streams: false,
    resource_not_found: code::RESOURCE_NOT_FOUND,
};

const V2025_03_26: Dialect = Dialect {
    version: ProtocolVersion::V2025_03_26,
    tool_annotations: true,
    audio: true,
    completions: true,
    progress_messages: true,
    batches: true,
    ..OLDEST
};

const V2025_06_18: Dialect = Dialect {
    version: ProtocolVersion::V2025_06_18,
    structured: Structured::Objects,
    resource_links: true,
    titles: true,
    batches: false,
    ..V2025_03_26
};

const V2025_11_25: Dialect = Dialect {
    version: ProtocolVersion::V2025_11_25,
    icons: true,
    rich_forms: true,
    names_elicitations: true,
    primes_streams: true,
    ..V2025_06_18
};

const V2026_07_28: Dialect = Dialect {
    version: ProtocolVersion::V2026_07_28,
    stateless: true,
    structured: Structured::Any,
    names_elicitations: false,
    primes_streams: false,
    resource_not_found: code::INVALID_PARAMS,
    ..V2025_11_25
};

impl Dialect {
    /// The number of dialects: the length of a table with one entry for each.
    pub const COUNT: usize = ProtocolVersion::ALL.len();

    /// The dialect of a version.
    pub const fn of(version: ProtocolVersion) -> &'static Self {
        match version {
            ProtocolVersion::V2024_11_05 => &OLDEST,
            ProtocolVersion::V2025_03_26 => &V2025_03_26,
            ProtocolVersion::V2025_06_18 => &V2025_06_18,
            ProtocolVersion::V2025_11_25 => &V2025_11_25,
            ProtocolVersion::V2026_07_28 => &V2026_07_28,
        }
    }

    /// The dialect that a handshake settles on: the one asked for if it begins with `initialize`,
    /// else the newest that does.
    pub fn negotiated(requested: &str) -> &'static Self {
        match requested.parse() {
            Ok(version) if !Self::of(version).stateless => Self::of(version),
            _ => Self::of(ProtocolVersion::LATEST_LEGACY),
        }
    }

    /// The dialect of an HTTP request that names no version and belongs to no session (rule G11).
    pub const fn unnamed() -> &'static Self {
        &V2025_03_26
    }

    /// The dialect that a self-contained request names, if it is a stateless one.
    pub fn stateless(requested: &str) -> Option<&'static Self> {
        requested.parse().ok().map(Self::of).filter(|dialect| dialect.stateless)
    }

    /// The error for a resource that is not there (rule S56).
    pub fn not_found(&self, uri: &str) -> ErrorObject {
        ErrorObject::new(self.resource_not_found, "resource not found").with_data(json!({ "uri": uri }))
    }

    /// The place of this dialect in a table with one entry for each.
    pub const fn index(&self) -> usize {
        self.version as usize
    }

    /// The era this dialect belongs to.
    pub const fn era(&self) -> Era {
        if self.stateless { Era::Modern } else { Era::Legacy }
    }
}

/// The two ways of the protocol: with a handshake and a session, or stateless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// 2024-11-05 to 2025-11-25: `initialize`, then a session.
    Legacy,
    /// From 2026-07-28: each request stands alone.
    Modern,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_its_own_dialect_and_place() {
        for version in ProtocolVersion::ALL {
            assert_eq!(Dialect::of(version).version, version);
            assert!(Dialect::of(version).index() < Dialect::COUNT);
        }
    }

    /// Rules G1 and protocol.md 1.7: the stateless version is never negotiated by a handshake.
    #[test]
    fn a_handshake_never_settles_on_a_stateless_version() {
        assert_eq!(Dialect::negotiated("2024-11-05").version, ProtocolVersion::V2024_11_05);
        for unknown in ["2026-07-28", "1999-01-01", ""] {
            assert_eq!(Dialect::negotiated(unknown).version, ProtocolVersion::LATEST_LEGACY);
        }
    }

    #[test]
    fn a_self_contained_request_cannot_name_a_legacy_version() {
        assert!(Dialect::stateless("2025-11-25").is_none());
        assert!(Dialect::stateless("2026-07-28").is_some());
    }
}
