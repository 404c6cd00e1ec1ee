//! The dated versions of the protocol and their order.
//!
//! <https://modelcontextprotocol.io/specification/versioning>

use std::{fmt, str::FromStr};

/// A dated version of the protocol, ordered by age.
///
/// ```
/// use toolwright_types::version::ProtocolVersion;
///
/// let version: ProtocolVersion = "2025-06-18".parse()?;
/// assert!(version < ProtocolVersion::LATEST);
/// # Ok::<(), toolwright_types::version::UnknownVersion>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProtocolVersion {
    /// The first version.
    V2024_11_05,
    /// Streamable HTTP, batches, tool annotations, audio.
    V2025_03_26,
    /// Structured output, elicitation, resource links; no batches.
    V2025_06_18,
    /// Icons, URL elicitation, JSON Schema 2020-12; the last with a handshake.
    V2025_11_25,
    /// Stateless: every request carries its own version and capabilities.
    V2026_07_28,
}

impl ProtocolVersion {
    /// Every version, newest first: the order in which a server names them.
    pub const ALL: [Self; 5] =
        [Self::V2026_07_28, Self::V2025_11_25, Self::V2025_06_18, Self::V2025_03_26, Self::V2024_11_05];

    /// The newest version.
    pub const LATEST: Self = Self::V2026_07_28;

    /// The newest version that begins with `initialize`.
    pub const LATEST_LEGACY: Self = Self::V2025_11_25;

    /// The date, as it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A version string that names no version known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVersion(pub String);

impl fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown protocol version {:?}", self.0)
    }
}

impl std::error::Error for UnknownVersion {}

impl FromStr for ProtocolVersion {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        Self::ALL
            .into_iter()
            .find(|version| version.as_str() == text)
            .ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

/// Writes a test for each version: what `#[toolwright::test]` stands for.
#[doc(hidden)]
#[macro_export]
macro_rules! in_every_version {
    ($attrs:tt $run:path, $server:expr, $test:path, $ended:ty) => {
        $crate::in_every_version!(@ $attrs $run, $server, $test, $ended, v2026_07_28 V2026_07_28);
        $crate::in_every_version!(@ $attrs $run, $server, $test, $ended, v2025_11_25 V2025_11_25);
        $crate::in_every_version!(@ $attrs $run, $server, $test, $ended, v2025_06_18 V2025_06_18);
        $crate::in_every_version!(@ $attrs $run, $server, $test, $ended, v2025_03_26 V2025_03_26);
        $crate::in_every_version!(@ $attrs $run, $server, $test, $ended, v2024_11_05 V2024_11_05);
    };
    (@ { $($attrs:tt)* } $run:path, $server:expr, $test:path, $ended:ty, $name:ident $version:ident) => {
        #[::core::prelude::v1::test]
        $($attrs)*
        fn $name() -> $ended {
            $run($crate::version::ProtocolVersion::$version, $server, $test)
        }
    };
}
