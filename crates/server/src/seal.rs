//! What a call remembers between its rounds, sealed: only a server with the key reads it, in time, and once (rules S33
//! and S34, security.md R1).

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use toolwright_core::dialog::{First, Opened, Seal};
use toolwright_core::error::{Error, Result};

use crate::engine::Once;

/// How many memories are known to be used up: the oldest are forgotten first.
const USED: usize = 65_536;

/// By how many bytes a key is told from others.
const ID: usize = 4;

/// A stamp: milliseconds since 1970.
const STAMP: usize = 8;

/// The keys that seal what a call remembers between its rounds: the first seals, all of them open.
///
/// A server that runs alone makes one for itself. Where several instances answer for one address, a call may come back
/// to another of them: give all the same keys. To change a key, add the new one behind, then put it first, then drop the
/// old one.
///
/// ```
/// use toolwright::KeyRing;
///
/// let keys = KeyRing::from_text("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")?;
/// assert!(KeyRing::from_text("too short").is_err());
/// # let _ = keys;
/// # Ok::<(), toolwright::Error>(())
/// ```
pub struct KeyRing(Vec<Key>);

struct Key {
    id: [u8; ID],
    key: LessSafeKey,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing of {}", self.0.len())
    }
}

impl KeyRing {
    /// The environment variable that a server reads its keys from: see [`KeyRing::from_text`].
    pub const VARIABLE: &str = "TOOLWRIGHT_KEYS";

    /// Keys of 32 random bytes each, the one that seals first.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn new(keys: impl IntoIterator<Item = [u8; 32]>) -> Result<Self> {
        let keys: Vec<_> = keys.into_iter().filter_map(|bytes| Key::new(&bytes)).collect();
        if keys.is_empty() {
            return Err(Error::msg("a key ring needs a key"));
        }
        Ok(Self(keys))
    }

    /// Keys of 32 bytes each in Base64, separated by commas: `openssl rand -base64 32` makes one.
    ///
    /// # Errors
    ///
    /// When one of them is none.
    pub fn from_text(text: &str) -> Result<Self> {
        let key = |text: &str| {
            let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
            bytes
                .ok_or_else(|| Error::msg("a key is 32 bytes in Base64: `openssl rand -base64 32` makes one"))
        };
        Self::new(text.split(',').map(key).collect::<Result<Vec<_>>>()?)
    }

    /// The keys in the environment variable `TOOLWRIGHT_KEYS`, if it is set.
    ///
    /// # Errors
    ///
    /// When it is set to something else.
    pub fn from_env() -> Result<Option<Self>> {
        let Ok(text) = std::env::var(Self::VARIABLE) else { return Ok(None) };
        let keys = Self::from_text(&text);
        keys.map(Some).map_err(|error| Error::msg(format!("{}: {error}", Self::VARIABLE)))
    }

    /// One key that nobody else has.
    fn random() -> Option<Self> {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).ok()?;
        Some(Self(vec![Key::new(&bytes)?]))
    }
}

impl Key {
    fn new(bytes: &[u8; 32]) -> Option<Self> {
        let id = digest(&SHA256, bytes).as_ref()[..ID].try_into().ok()?;
        Some(Self { id, key: LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, bytes).ok()?) })
    }
}

/// Seals for a limited time, and opens once.
pub(crate) struct Sealer {
    keys: KeyRing,
    time: Duration,
    random: SystemRandom,
    used: Mutex<Used>,
    /// Who knows what was used up on any instance, if there are several.
    once: Option<Arc<dyn Once>>,
    now: fn() -> u64,
}

#[derive(Default)]
struct Used {
    known: HashSet<[u8; NONCE_LEN]>,
    order: VecDeque<([u8; NONCE_LEN], u64)>,
}

impl Sealer {
    /// None when the system has no random numbers.
    pub(crate) fn new(keys: Option<KeyRing>, time: Duration, once: Option<Arc<dyn Once>>) -> Option<Self> {
        let keys = match keys {
            Some(keys) => keys,
            None => KeyRing::random()?,
        };
        Some(Self { keys, time, random: SystemRandom::new(), used: Mutex::default(), once, now })
    }

    /// Uses a memory up, on all instances.
    fn first(&self, once: &Arc<dyn Once>, nonce: [u8; NONCE_LEN], until: u64) -> First {
        let (once, left) = (Arc::clone(once), until.saturating_sub((self.now)()));
        Box::pin(async move {
            // At least as long as it could be opened.
            once.use_up(&URL_SAFE_NO_PAD.encode(nonce), Duration::from_millis(left + 1)).await
        })
    }

    /// Notes that a memory is used up; false when it was before.
    fn use_up(&self, nonce: [u8; NONCE_LEN], until: u64) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let now = (self.now)();
        while used.order.front().is_some_and(|(_, until)| *until < now) || used.order.len() >= USED {
            if let Some((nonce, _)) = used.order.pop_front() {
                used.known.remove(&nonce);
            }
        }
        used.order.push_back((nonce, until));
        used.known.insert(nonce)
    }
}

impl Seal for Sealer {
    fn seal(&self, text: &[u8], bound: &[u8]) -> Option<String> {
        let Key { id, key } = self.keys.0.first()?;
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).ok()?;
        let until = (self.now)().checked_add(u64::try_from(self.time.as_millis()).ok()?)?;
        let mut closed = [&until.to_be_bytes(), text].concat();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut closed)
            .ok()?;
        Some(URL_SAFE_NO_PAD.encode([&id[..], &nonce, &closed].concat()))
    }

    fn open(&self, sealed: &str, bound: &[u8]) -> Option<Opened> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (id, rest) = bytes.split_at_checked(ID)?;
        let (nonce, closed) = rest.split_at_checked(NONCE_LEN)?;
        let nonce: [u8; NONCE_LEN] = nonce.try_into().ok()?;
        let Key { key, .. } = self.keys.0.iter().find(|key| key.id == id)?;
        let mut closed = closed.to_vec();
        let open =
            key.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut closed).ok()?;
        let (until, text) = open.split_at_checked(STAMP)?;
        let until = u64::from_be_bytes(until.try_into().ok()?);
        let first = self.once.as_ref().map(|once| self.first(once, nonce, until));
        let usable = until >= (self.now)() && (first.is_some() || self.use_up(nonce, until));
        usable.then(|| Opened { text: text.to_vec(), first })
    }
}

/// Instances have the time of day in common, and nothing else.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(600);

    fn sealer(keys: &[[u8; 32]], now: fn() -> u64) -> Sealer {
        Sealer { now, ..Sealer::new(KeyRing::new(keys.to_vec()).ok(), TIME, None).unwrap() }
    }

    impl Sealer {
        fn open_text(&self, sealed: &str, bound: &[u8]) -> Option<Vec<u8>> {
            self.open(sealed, bound).map(|opened| opened.text)
        }
    }

    #[test]
    fn what_is_sealed_is_opened_once() {
        let sealer = sealer(&[[1; 32]], || 0);
        let sealed = sealer.seal(b"memory", b"call").unwrap();
        assert!(!sealed.contains("memory"));
        assert_eq!(sealer.open_text(&sealed, b"another call"), None);
        assert_eq!(sealer.open_text(&sealed, b"call").as_deref(), Some(&b"memory"[..]));
        assert_eq!(sealer.open_text(&sealed, b"call"), None, "used up");
    }

    /// Rule S34: of 10,000 that are wrong in any way, none is accepted.
    #[test]
    fn nothing_else_is_opened() {
        let sealer = sealer(&[[1; 32]], || 0);
        let stranger = self::sealer(&[[2; 32]], || 0);
        let sealed = sealer.seal(b"a memory of some length", b"call").unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
        let mut tried = 0;
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1 << bit;
                assert_eq!(sealer.open_text(&URL_SAFE_NO_PAD.encode(&bytes), b"call"), None, "{at} {bit}");
                tried += 1;
            }
            assert_eq!(sealer.open_text(&URL_SAFE_NO_PAD.encode(&bytes[..at]), b"call"), None, "cut at {at}");
            tried += 1;
        }
        for number in 0..10_000 - tried {
            let text = format!("memory {number}");
            let swapped = sealer.seal(text.as_bytes(), format!("call {number}").as_bytes()).unwrap();
            assert_eq!(sealer.open_text(&swapped, b"call"), None, "of another call");
            let foreign = stranger.seal(text.as_bytes(), b"call").unwrap();
            assert_eq!(sealer.open_text(&foreign, b"call"), None, "by another key");
            let good = sealer.seal(text.as_bytes(), b"call").unwrap();
            assert!(sealer.open_text(&good, b"call").is_some());
            assert_eq!(sealer.open_text(&good, b"call"), None, "again");
        }
        assert!(sealer.open_text(&sealed, b"call").is_some(), "it was good all the time");
    }

    #[test]
    fn a_memory_ends_in_time() {
        let early = sealer(&[[1; 32]], || 1000);
        let sealed = early.seal(b"memory", b"call").unwrap();
        let other = early.seal(b"memory", b"call").unwrap();
        assert!(
            sealer(&[[1; 32]], || 1000 + 600_000).open_text(&sealed, b"call").is_some(),
            "at the last moment"
        );
        assert_eq!(sealer(&[[1; 32]], || 1001 + 600_000).open_text(&other, b"call"), None);
    }

    #[test]
    fn a_key_is_changed_while_calls_go_on() {
        let (old, new) = ([1; 32], [2; 32]);
        let sealed = sealer(&[old], || 0).seal(b"memory", b"call").unwrap();
        let both = sealer(&[new, old], || 0);
        assert!(both.open_text(&sealed, b"call").is_some());
        let sealed = both.seal(b"memory", b"call").unwrap();
        assert!(sealer(&[new], || 0).open_text(&sealed, b"call").is_some());
        assert!(sealer(&[old], || 0).open_text(&sealed, b"call").is_none());
        assert!(KeyRing::new([]).is_err());
    }

    #[test]
    fn what_is_used_up_is_forgotten_in_the_end() {
        let sealer = sealer(&[[1; 32]], || 0);
        for number in 0..u32::try_from(USED).unwrap() + 10 {
            let mut nonce = [0; NONCE_LEN];
            nonce[..4].copy_from_slice(&number.to_be_bytes());
            assert!(sealer.use_up(nonce, 1));
        }
        assert_eq!(sealer.used.lock().unwrap().known.len(), USED);
    }
}
