//! Answers that the server says may be used again for a while (rules C21 and C22).
//!
//! A cache belongs to one conversation: what is private is shown to nobody else, and what is begun anew knows nothing.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::time::Instant;
use toolwright_types::method::Method;

use crate::change::Change;

/// How many answers are kept at most, and how many bytes of them.
const MOST: (usize, usize) = (256, 8 * 1024 * 1024);
/// The longest that one is kept, whatever the server says.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Default)]
pub(crate) struct Cache {
    is_off: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: HashMap<Key, Kept>,
    bytes: usize,
    /// Grows with each change: an answer that was asked for before it is not kept.
    changes: u64,
}

/// The method and the parameters, as they were sent.
type Key = (&'static str, String);

struct Kept {
    answer: Box<RawValue>,
    until: Instant,
}

impl Cache {
    pub(crate) fn new(is_on: bool) -> Self {
        Self { is_off: !is_on, state: Mutex::default() }
    }

    /// What was answered to this, if that still holds.
    pub(crate) fn find(&self, method: &'static str, params: &str) -> Option<Box<RawValue>> {
        let mut state = self.lock();
        if state.kept.is_empty() {
            return None;
        }
        let key = (method, params.to_owned());
        let kept = state.kept.get(&key)?;
        if kept.until > Instant::now() {
            return Some(kept.answer.clone());
        }
        state.remove(&key);
        None
    }

    /// To be taken before something is asked: what changes between this and the answer makes that too old.
    pub(crate) fn mark(&self) -> u64 {
        self.lock().changes
    }

    /// Keeps a complete answer for as long as it says.
    pub(crate) fn keep(&self, mark: u64, method: &'static str, params: String, answer: &RawValue) {
        #[derive(Deserialize)]
        struct Hint {
            #[serde(default, rename = "ttlMs")]
            time: Option<i64>,
        }
        let bytes = answer.get().len() + params.len();
        if self.is_off || bytes > MOST.1 / 8 {
            return;
        }
        let hint = serde_json::from_str::<Hint>(answer.get()).ok().and_then(|hint| hint.time);
        let Some(time @ 1..) = hint.and_then(|time| u64::try_from(time).ok()) else { return };
        let until = Instant::now() + Duration::from_millis(time).min(LONGEST);
        let (key, mut state) = ((method, params), self.lock());
        if state.changes != mark {
            return;
        }
        state.remove(&key);
        while state.kept.len() >= MOST.0 || state.bytes + bytes > MOST.1 {
            let Some(oldest) = state.kept.iter().min_by_key(|(_, kept)| kept.until) else { break };
            let oldest = oldest.0.clone();
            state.remove(&oldest);
        }
        state.bytes += bytes;
        state.kept.insert(key, Kept { answer: answer.to_owned(), until });
    }

    /// Forgets what may hold no longer.
    pub(crate) fn changed(&self, change: &Change) {
        match change {
            Change::Tools => self.forget(&[Method::ListTools], None),
            Change::Prompts => self.forget(&[Method::ListPrompts], None),
            Change::Resources => self.forget(&[Method::ListResources, Method::ListResourceTemplates], None),
            Change::Resource(uri) => self.forget(&[Method::ReadResource], Some(uri)),
        };
    }

    /// Forgets the answers to these; of reads only those of a resource that this is or is a part of.
    pub(crate) fn forget(&self, methods: &[Method], uri: Option<&str>) -> bool {
        let is_part = |params: &str| {
            let params: Value = serde_json::from_str(params).unwrap_or_default();
            uri.is_none_or(|uri| params["uri"].as_str().is_some_and(|read| uri.starts_with(read)))
        };
        let mut state = self.lock();
        state.changes += 1;
        let is_meant =
            |(method, params): &&Key| methods.iter().any(|meant| meant.name() == *method) && is_part(params);
        let meant: Vec<Key> = state.kept.keys().filter(is_meant).cloned().collect();
        meant.iter().for_each(|key| state.remove(key));
        !meant.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn remove(&mut self, key: &Key) {
        if let Some(kept) = self.kept.remove(key) {
            self.bytes -= kept.answer.get().len() + key.1.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(time: u64, size: usize) -> Box<RawValue> {
        RawValue::from_string(format!(r#"{{"ttlMs":{time},"tools":"{}"}}"#, "x".repeat(size))).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_bounded_and_what_ends_first_goes_first() {
        let cache = Cache::new(true);
        for time in 1..1000 {
            cache.keep(0, "a", time.to_string(), &answer(time * 1000, 0));
        }
        assert_eq!(cache.lock().kept.len(), MOST.0);
        assert!(cache.find("a", "999").is_some() && cache.find("a", "1").is_none());
        for time in 0..100 {
            cache.keep(0, "b", time.to_string(), &answer(5_000_000, 1_000_000));
        }
        assert!(cache.lock().bytes <= MOST.1);
        cache.keep(0, "c", String::new(), &answer(1, MOST.1 / 8));
        assert!(cache.find("c", "").is_none(), "one alone must not drive out the others");
        tokio::time::advance(LONGEST).await;
        assert!(cache.find("b", "99").is_none());
        let keys: Vec<Key> = cache.lock().kept.keys().cloned().collect();
        keys.iter().for_each(|(method, params)| assert!(cache.find(method, params).is_none()));
        assert_eq!(cache.lock().bytes, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_asked_before_a_change_is_too_old() {
        let cache = Cache::new(true);
        let mark = cache.mark();
        cache.changed(&Change::Prompts);
        cache.keep(mark, "a", String::new(), &answer(1000, 0));
        assert!(cache.find("a", "").is_none());
        cache.keep(cache.mark(), "a", String::new(), &answer(1000, 0));
        assert!(cache.find("a", "").is_some());
        let off = Cache::new(false);
        off.keep(0, "a", String::new(), &answer(1000, 0));
        assert!(off.find("a", "").is_none());
    }
}
