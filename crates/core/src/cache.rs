//! How long a client may keep what it was told, and with whom it may share it.

use std::time::Duration;

use serde_json::{Map, Value};

/// How long a result may be kept, and for whom: on a list or a read, for clients since 2026-07-28.
///
/// Without one nothing is kept. A change that is told ends it early, so a long time costs nothing where changes are
/// told. It is a hint, not access control: what is `public` may be given to anyone who can reach a cache on the way.
///
/// ```
/// use std::time::Duration;
/// use toolwright::Cache;
///
/// assert_eq!(Cache::default(), Cache::none());
/// let hour = Cache::public(Duration::from_secs(3600));
/// assert!(hour.is_public());
/// assert_eq!(hour.ttl(), Duration::from_secs(3600));
/// ```
///
/// <https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching>
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cache {
    ttl: Duration,
    public: bool,
}

impl Cache {
    /// Nothing is kept.
    pub const fn none() -> Self {
        Self { ttl: Duration::ZERO, public: false }
    }

    /// Who asked may keep it for so long, and give it to nobody else.
    pub const fn private(ttl: Duration) -> Self {
        Self { ttl, public: false }
    }

    /// It may be kept for so long and given to others who ask the same: only for what is the same for everyone.
    pub const fn public(ttl: Duration) -> Self {
        Self { ttl, public: true }
    }

    /// How long it may be kept, to the millisecond.
    pub const fn ttl(&self) -> Duration {
        self.ttl
    }

    /// Whether it may be given to others.
    pub const fn is_public(&self) -> bool {
        self.public
    }

    /// The members of a result that say so (rule S63).
    pub(crate) fn write(self, result: &mut Map<String, Value>) {
        result.insert("ttlMs".into(), self.ttl_ms().into());
        result.insert("cacheScope".into(), self.scope().into());
    }

    pub(crate) fn ttl_ms(self) -> u64 {
        /// The largest integer that every reader of JSON keeps.
        const MOST: u64 = (1 << 53) - 1;
        u64::try_from(self.ttl.as_millis()).unwrap_or(MOST).min(MOST)
    }

    pub(crate) fn scope(self) -> &'static str {
        if self.public { "public" } else { "private" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_beyond_all_numbers_is_the_longest_there_is() {
        assert_eq!(Cache::private(Duration::MAX).ttl_ms(), 9_007_199_254_740_991);
        assert_eq!(Cache::private(Duration::from_micros(1500)).ttl_ms(), 1);
    }
}
