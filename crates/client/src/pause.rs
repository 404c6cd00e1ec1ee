//! How long to wait before something is tried again.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// How long to wait at first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));
/// What lasted so long was good: the next failure is a new one.
pub(crate) const HEALTHY: Duration = Duration::from_secs(60);

/// Grows with the failures, and differs among clients, so that they do not all come back at once.
pub(crate) fn pause(failures: u32) -> Duration {
    let longest = (PAUSE.0 * 2u32.saturating_pow(failures.min(16))).min(PAUSE.1);
    let chance = RandomState::new().build_hasher().finish() % 1000;
    longest / 2 + longest.mul_f64(chance as f64 / 2000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit() {
        for failures in 0..40 {
            let longest = (PAUSE.0 * 2u32.saturating_pow(failures.min(16))).min(PAUSE.1);
            let pause = pause(failures);
            assert!(pause >= longest / 2 && pause <= longest, "{failures}: {pause:?}");
        }
    }
}
