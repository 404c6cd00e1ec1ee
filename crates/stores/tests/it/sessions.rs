//! What every store of sessions promises. `keeps_sessions!(place)` makes a test of each promise, where
//! `async fn place() -> Option<Place<…>>` gives an empty place seen through two handles, or nothing to test.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use toolwright_server::sessions::{SessionRecord, SessionStore};
use toolwright_types::logging::LogLevel;
use toolwright_types::version::ProtocolVersion;

use crate::contract::{Place, eventually};

/// How long a record is kept that is to be there all the time.
const LONG: Duration = Duration::from_secs(3600);
/// How long one is kept that is to be forgotten.
const SHORT: Duration = Duration::from_millis(30);

/// A new session.
pub(crate) fn session(id: &str) -> SessionRecord {
    SessionRecord {
        id: id.into(),
        revision: 0,
        principal: Some("anna".into()),
        protocol_version: ProtocolVersion::LATEST_LEGACY.to_string(),
        client_info: Some(json!({"name": "c\u{fc}\u{0}", "version": "1"})),
        client_capabilities: Some(json!({"elicitation": {}, "experimental": {"n": [1.5e300, u64::MAX]}})),
        ready: false,
        log_level: LogLevel::Info,
        subscriptions: ["note://one".to_owned()].into(),
        listener: None,
    }
}

/// What is kept comes back as it was, through whatever handle, until it is forgotten.
pub(crate) async fn a_session_comes_back_as_it_was(at: Place<impl SessionStore>) {
    assert_eq!(at.other.get("a").await.unwrap(), None);
    let kept = session("a");
    at.one.create(kept.clone(), LONG).await.unwrap();
    assert_eq!(at.one.get("a").await.unwrap().as_ref(), Some(&kept));
    assert_eq!(at.other.get("a").await.unwrap().as_ref(), Some(&kept));
    assert_eq!(at.other.renew("a", LONG).await.unwrap(), Some(kept));
    for id in ["", "b", "A", "*"] {
        assert_eq!(at.one.get(id).await.unwrap(), None, "{id}");
        assert_eq!(at.one.renew(id, LONG).await.unwrap(), None, "{id}");
    }
    at.other.remove("a").await.unwrap();
    assert_eq!(at.one.get("a").await.unwrap(), None);
    at.one.remove("a").await.unwrap();
}

/// A session is changed by comparing and swapping: whoever has an old record is told so.
pub(crate) async fn a_session_replaces_only_the_one_before_it(at: Place<impl SessionStore>) {
    at.one.create(session("a"), LONG).await.unwrap();
    let next = SessionRecord { revision: 1, ready: true, ..session("a") };
    assert!(at.one.replace(next.clone(), LONG).await.unwrap());
    for revision in [0, 1, 3] {
        let late = SessionRecord { revision, log_level: LogLevel::Error, ..next.clone() };
        assert!(!at.other.replace(late, LONG).await.unwrap(), "{revision}");
    }
    assert_eq!(at.other.get("a").await.unwrap(), Some(next.clone()));
    at.one.remove("a").await.unwrap();
    let revived = SessionRecord { revision: 2, ..next };
    assert!(!at.other.replace(revived, LONG).await.unwrap(), "what is ended stays so");
    assert_eq!(at.one.get("a").await.unwrap(), None);
}

/// Of those that change a session at the same time, one does.
pub(crate) async fn of_many_changes_of_a_session_one_is_made(at: Place<impl SessionStore>) {
    at.one.create(session("a"), LONG).await.unwrap();
    for revision in 1..20 {
        let mine = |who: &str| SessionRecord { revision, listener: Some(who.into()), ..session("a") };
        let (a, b, c) = tokio::join!(
            at.one.replace(mine("a"), LONG),
            at.other.replace(mine("b"), LONG),
            at.one.replace(mine("c"), LONG)
        );
        let replaced = [a, b, c].map(Result::unwrap);
        assert_eq!(replaced.iter().filter(|replaced| **replaced).count(), 1, "{replaced:?}");
    }
}

/// Security.md S6: a session is gone when nobody used it for its time; any use begins it anew.
pub(crate) async fn a_session_is_kept_for_its_time(at: Place<impl SessionStore>) {
    for id in ["renewed", "changed"] {
        at.one.create(session(id), LONG).await.unwrap();
        assert!(at.other.renew(id, SHORT).await.unwrap().is_some());
    }
    assert!(at.other.renew("renewed", LONG).await.unwrap().is_some());
    assert!(at.one.replace(SessionRecord { revision: 1, ..session("changed") }, LONG).await.unwrap());
    at.one.create(session("unused"), SHORT).await.unwrap();
    eventually(async || at.other.get("unused").await.unwrap().is_none()).await;
    assert_eq!(at.one.renew("unused", LONG).await.unwrap(), None);
    assert!(!at.one.replace(SessionRecord { revision: 1, ..session("unused") }, LONG).await.unwrap());
    for id in ["renewed", "changed"] {
        assert!(at.one.get(id).await.unwrap().is_some(), "{id}");
    }
    at.other.renew("changed", SHORT).await.unwrap();
    eventually(async || at.one.get("changed").await.unwrap().is_none()).await;
}

/// What is said from now on.
pub(crate) fn hearing(store: &impl SessionStore) -> Arc<Mutex<Vec<String>>> {
    let told = Arc::<Mutex<Vec<String>>>::default();
    let telling = Arc::clone(&told);
    store.listen(Arc::new(move |message| telling.lock().unwrap().push(message.to_owned())));
    told
}

pub(crate) async fn say(store: &impl SessionStore, message: &str) {
    store.send(message.to_owned()).await.unwrap();
}

/// What one instance says is heard by the others in its order, whatever it is.
pub(crate) async fn what_is_sent_is_heard(at: Place<impl SessionStore>) {
    let told = hearing(&at.other);
    let messages: Vec<_> = (0..50).map(|number| json!(["\u{c4}\u{2028}\n", number]).to_string()).collect();
    for message in &messages {
        say(&at.one, message).await;
    }
    eventually(async || told.lock().unwrap().len() >= messages.len()).await;
    assert_eq!(*told.lock().unwrap(), messages);
}

macro_rules! keeps_sessions {
    ($place:path) => {
        $crate::contract::keeps! { $place, sessions:
            a_session_comes_back_as_it_was,
            a_session_replaces_only_the_one_before_it,
            of_many_changes_of_a_session_one_is_made,
            a_session_is_kept_for_its_time,
            what_is_sent_is_heard,
        }
    };
}
pub(crate) use keeps_sessions;
