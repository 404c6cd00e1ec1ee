//! What a legacy client is asked by us, until it answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json, value::RawValue};
use tokio::sync::oneshot;
use toolwright_core::request::{Asking, Peer, Unanswered};
use toolwright_types::jsonrpc::Id;
use toolwright_types::method::notification;

use crate::envelope;

type Answer = Result<Box<RawValue>, Unanswered>;

/// The open questions to one client.
#[derive(Debug)]
pub(crate) struct Questions {
    open: Mutex<Open>,
    most: usize,
}

#[derive(Debug)]
struct Open {
    asked: u64,
    by_number: HashMap<u64, oneshot::Sender<Answer>>,
    /// The client is gone: nothing is asked any more.
    closed: bool,
}

impl Questions {
    /// At most so many are open at once; they are numbered behind `first`.
    pub(crate) fn new(most: usize, first: u64) -> Arc<Self> {
        let open = Open { asked: first, by_number: HashMap::new(), closed: false };
        Arc::new(Self { open: Mutex::new(open), most })
    }

    /// Asks, with a request that `send` must not drop; `peer` is told when nobody waits for the answer any more.
    pub(crate) fn ask(
        self: &Arc<Self>,
        method: &str,
        params: &Value,
        peer: Arc<dyn Peer>,
        send: impl FnOnce(&[u8]),
    ) -> Option<Asking> {
        let (sender, receiver) = oneshot::channel();
        let number = {
            let mut open = self.lock();
            if open.closed || open.by_number.len() >= self.most {
                return None;
            }
            open.asked += 1;
            let number = open.asked;
            open.by_number.insert(number, sender);
            number
        };
        send(
            json!({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
                .to_string()
                .as_bytes(),
        );
        let waited_for = WaitedFor { number, questions: Arc::clone(self), peer };
        Some(Box::pin(async move {
            let _waited_for = waited_for;
            receiver.await.unwrap_or(Err(Unanswered::Gone))
        }))
    }

    /// The client answered; false when that was not asked here.
    pub(crate) fn answered(&self, id: Option<Id<'_>>, outcome: Result<&RawValue, &RawValue>) -> bool {
        let Some(number) = id.and_then(|id| id.as_json().parse().ok()) else { return false };
        let Some(asker) = self.lock().by_number.remove(&number) else { return false };
        let answer = match outcome {
            Ok(result) => Ok(result.to_owned()),
            Err(error) => {
                Err(serde_json::from_str(error.get()).map_or(Unanswered::Gone, Unanswered::Refused))
            }
        };
        // Who asked may have given up just now.
        let _ = asker.send(answer);
        true
    }

    /// The client is gone.
    #[cfg(feature = "http")]
    pub(crate) fn close(&self) {
        let mut open = self.lock();
        open.closed = true;
        open.by_number.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that somebody waits for.
struct WaitedFor {
    number: u64,
    questions: Arc<Questions>,
    peer: Arc<dyn Peer>,
}

impl Drop for WaitedFor {
    fn drop(&mut self) {
        if self.questions.lock().by_number.remove(&self.number).is_some() {
            let params = json!({"requestId": self.number});
            let mut message = Vec::new();
            envelope::notification(&mut message, notification::CANCELLED, &params);
            self.peer.notify(message);
        }
    }
}
