//! Ids of tasks: nobody guesses one, and each belongs to the caller it was made for (rule X9).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};

/// How many bytes are random, and how many say whose the id is.
const HALF: usize = 16;

/// A new id for this caller; none without random numbers.
pub(super) fn mint(principal: Option<&str>) -> Option<String> {
    let mut random = [0; HALF];
    SystemRandom::new().fill(&mut random).ok()?;
    Some(URL_SAFE_NO_PAD.encode([random, owner(&random, principal)].concat()))
}

/// Whether an id was made for this caller, so far as that can be told without looking it up: one that was made by
/// nobody is not in any store.
pub(super) fn belongs(id: &str, principal: Option<&str>) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(id) else { return false };
    let Some((random, whose)) = bytes.split_at_checked(HALF) else { return false };
    owner(random, principal) == whose
}

fn owner(random: &[u8], principal: Option<&str>) -> [u8; HALF] {
    let mut digest = Context::new(&SHA256);
    digest.update(random);
    if let Some(principal) = principal {
        // A caller with an empty name is not one without.
        digest.update(b"=");
        digest.update(principal.as_bytes());
    }
    let mut whose = [0; HALF];
    whose.copy_from_slice(&digest.finish().as_ref()[..HALF]);
    whose
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rule X9.
    #[test]
    fn an_id_belongs_to_one_caller() {
        let callers = [None, Some(""), Some("ada"), Some("bob")];
        for (place, caller) in callers.iter().enumerate() {
            let id = mint(*caller).unwrap();
            let whose: Vec<_> = callers.iter().map(|other| belongs(&id, *other)).collect();
            let mut expected = [false; 4];
            expected[place] = true;
            assert_eq!(whose, expected);
        }
    }

    #[test]
    fn ids_differ_and_others_are_none() {
        assert_ne!(mint(None), mint(None));
        for id in ["", "x", "é", "AAAA", &"A".repeat(43), &"A".repeat(10_000)] {
            assert!(!belongs(id, None), "{id}");
        }
    }
}
