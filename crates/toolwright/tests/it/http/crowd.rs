//! Many calls at once: counted as they begin and end, and let go together.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use toolwright::prelude::*;
use toolwright::{Http, Limits};

use super::client::{Running, serve};

/// What is known of the calls, and what lets them go: a permit for each.
#[derive(Debug)]
pub(super) struct Crowd {
    pub(super) began: Semaphore,
    pub(super) ended: Semaphore,
    pub(super) open: Semaphore,
}

/// Notes the end of a call, whichever it is.
struct End(Arc<Crowd>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.ended.add_permits(1);
    }
}

/// Waits until it is let go.
#[tool]
async fn hold(fails: Option<bool>, crowd: State<Arc<Crowd>>) -> Result<&'static str> {
    let _end = End(Arc::clone(&crowd));
    crowd.began.add_permits(1);
    crowd.open.acquire().await.unwrap().forget();
    if fails == Some(true) { Err(Error::msg("failed")) } else { Ok("held") }
}

/// Says so many letters.
#[tool(inline)]
fn fill(letters: usize, crowd: State<Arc<Crowd>>) -> String {
    crowd.began.add_permits(1);
    "x".repeat(letters)
}

/// A note.
#[resource("note://one")]
fn note() -> &'static str {
    "one"
}

/// Starts a server for many calls.
pub(super) async fn start(limits: Limits) -> (Running, Arc<Crowd>) {
    let none = || Semaphore::new(0);
    let crowd = Arc::new(Crowd { began: none(), ended: none(), open: none() });
    let server = Server::new("crowd").tools(toolset![hold, fill, note]).state(Arc::clone(&crowd));
    let service = server.limits(limits).build().unwrap();
    (serve(&service, Http::new("127.0.0.1:0")).await, crowd)
}

/// Waits until so many have come.
pub(super) async fn all(counted: &Semaphore, count: usize) {
    counted.acquire_many(count.try_into().unwrap()).await.unwrap().forget();
}

/// What calls the tool that waits.
pub(super) fn holding() -> Value {
    json!({"name": "hold", "arguments": {}})
}

/// What calls the tool that says much.
pub(super) fn filling(letters: usize) -> Value {
    json!({"name": "fill", "arguments": {"letters": letters}})
}

/// A client that does no harm, and asks all the time.
pub(super) struct Good {
    enough: oneshot::Sender<()>,
    asking: JoinHandle<()>,
}

impl Good {
    pub(super) async fn begin(running: &Running) -> Self {
        let mut client = running.connect().await;
        let (enough, mut stop) = oneshot::channel();
        let asking = tokio::spawn(async move {
            while stop.try_recv().is_err() {
                assert_eq!(client.modern("tools/list", json!({})).await.status, 200);
            }
            assert_eq!(client.modern("tools/list", json!({})).await.status, 200);
        });
        Self { enough, asking }
    }

    /// It was answered all along, and still is.
    pub(super) async fn was_answered(self) {
        let _ = self.enough.send(());
        self.asking.await.unwrap();
    }
}
