//! What is kept in memory keeps the contracts, too.

use std::time::Duration;

use toolwright_server::sessions::{MemorySessions, SessionStore as _};
use toolwright_server::tasks::MemoryTasks;

use crate::contract::{Place, eventually, keeps_the_contract};
use crate::sessions::{keeps_sessions, session};

async fn place(_: &str) -> Option<Place<MemoryTasks>> {
    let one = MemoryTasks::new(2);
    Some(Place { other: one.clone(), one, _held: Box::new(()) })
}

keeps_the_contract!(place);

async fn sessions(_: &str) -> Option<Place<MemorySessions>> {
    let one = MemorySessions::new(10);
    Some(Place { other: one.clone(), one, _held: Box::new(()) })
}

keeps_sessions!(sessions);

#[tokio::test]
async fn a_late_session_makes_room() {
    let (sessions, hour) = (MemorySessions::new(1), Duration::from_secs(3600));
    sessions.create(session("a"), Duration::from_millis(30)).await.unwrap();
    assert!(sessions.create(session("b"), hour).await.is_err());
    eventually(async || sessions.create(session("b"), hour).await.is_ok()).await;
    assert_eq!(sessions.count(), 1);
}
