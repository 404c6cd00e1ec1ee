//! Hearing of changes, from servers of either era, for as long as somebody wants to.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;
use toolwright_types::method::Method;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::inbox::{Change, Heard};
use crate::wire::{Ask, Begun, object};

/// How many changes may be unheard before more are lost.
const ROOM: usize = 256;
/// How long to wait before listening again: at first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));
/// A stream that lasted so long was a good one: the next failure is a new one.
const HEALTHY: Duration = Duration::from_secs(60);

/// What a client wants to hear of.
///
/// ```
/// use toolwright_client::Interest;
///
/// let interest = Interest::lists().resource("orders://ORD-101");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Interest {
    lists: bool,
    uris: Vec<String>,
}

impl Interest {
    /// Changes of the lists of tools, prompts and resources.
    pub fn lists() -> Self {
        Self { lists: true, uris: Vec::new() }
    }

    /// Changes of this resource, and of nothing else.
    pub fn only(uri: impl Into<String>) -> Self {
        Self { lists: false, uris: vec![uri.into()] }
    }

    /// Changes of this resource, too.
    pub fn resource(mut self, uri: impl Into<String>) -> Self {
        self.uris.push(uri.into());
        self
    }

    fn filter(&self) -> Value {
        let mut filter = json!({ "resourceSubscriptions": self.uris });
        if self.lists {
            for list in ["toolsListChanged", "promptsListChanged", "resourcesListChanged"] {
                filter[list] = true.into();
            }
        }
        filter
    }

    fn wants(&self, change: &Change) -> bool {
        match change {
            // A server may name a part of what was subscribed to.
            Change::Resource(uri) => self.uris.iter().any(|wanted| uri.starts_with(wanted.as_str())),
            _ => self.lists,
        }
    }
}

/// Changes as they come. Dropping it tells the server that nobody listens any more.
///
/// A stream that is lost is opened again, after a pause that grows; what changed meanwhile is not told.
#[derive(Debug)]
pub struct Subscription {
    client: Client,
    interest: Interest,
    heard: mpsc::Receiver<Heard>,
    /// The request that is held open: since 2026-07-28.
    held: Option<Held>,
    failures: u32,
    /// Nothing will ever be heard again.
    ended: bool,
}

struct Held {
    begun: Begun,
    since: Instant,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").field("since", &self.since).finish_non_exhaustive()
    }
}

impl Subscription {
    pub(crate) async fn begin(client: Client, interest: Interest) -> Result<Self> {
        let (sender, heard) = mpsc::channel(ROOM);
        let mut subscription = Self { client, interest, heard, held: None, failures: 0, ended: false };
        if subscription.client.0.wire.is_modern() {
            subscription.listen().await?;
            return Ok(subscription);
        }
        let wire = &subscription.client.0.wire;
        wire.inbox.hear(sender)?;
        for uri in &subscription.interest.uris {
            subscription.client.ask_for::<Value>(Method::Subscribe, &json!({ "uri": uri })).await?;
        }
        Ok(subscription)
    }

    /// The next change; none when the server has ended the subscription or the conversation.
    ///
    /// # Errors
    ///
    /// When the server refuses to be listened to any longer.
    pub async fn next(&mut self) -> Result<Option<Change>> {
        loop {
            if self.ended {
                return Ok(None);
            }
            let Some(held) = &mut self.held else {
                if self.client.0.wire.is_modern() {
                    // Whoever awaited this before gave up in the middle of it.
                    self.listen_again().await?;
                    continue;
                }
                // A legacy server tells whoever is there.
                match self.heard.recv().await {
                    Some(Heard::Change(change)) if self.interest.wants(&change) => return Ok(Some(change)),
                    Some(_) => continue,
                    None => return Ok(None),
                }
            };
            let ended = tokio::select! {
                biased;
                heard = self.heard.recv() => match heard {
                    Some(Heard::Change(change)) => return Ok(Some(change)),
                    Some(Heard::Acknowledged) => continue,
                    // Its answer is there, and says why.
                    None => held.begun.wait().await,
                },
                ended = held.begun.wait() => ended,
            };
            if matches!(ended, Err(Error::Gone(_))) && self.client.0.wire.link.survives() {
                self.listen_again().await?;
                continue;
            }
            (self.held, self.ended) = (None, true);
            match ended {
                Ok(_) | Err(Error::Gone(_)) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// Begins to listen; ready when the server says that it does.
    async fn listen(&mut self) -> Result {
        let client = &self.client;
        let ask = Ask {
            method: Method::Listen.name(),
            params: object(&json!({ "notifications": self.interest.filter() }))?,
            timeout: client.timeout(),
            ..Ask::default()
        };
        let mut begun = client.0.wire.begin(ask)?;
        let (sender, heard) = mpsc::channel(ROOM);
        client.0.wire.inbox.listen(begun.number, sender);
        self.heard = heard;
        let acknowledged = async {
            begun.send().await?;
            tokio::select! {
                biased;
                heard = self.heard.recv() => match heard {
                    Some(Heard::Acknowledged) => Ok(()),
                    // Rule S40: nothing may come before.
                    Some(Heard::Change(_)) => Err(Error::Invalid("a change before its acknowledgement".into())),
                    None => begun.wait().await.and_then(|_| unacknowledged()),
                },
                ended = begun.wait() => ended.and_then(|_| unacknowledged()),
            }
        };
        client.0.wire.within(client.timeout(), acknowledged).await?;
        self.held = Some(Held { begun, since: Instant::now() });
        Ok(())
    }

    async fn listen_again(&mut self) -> Result {
        if self.held.take().is_some_and(|held| held.since.elapsed() >= HEALTHY) {
            self.failures = 0;
        }
        loop {
            tokio::time::sleep(pause(self.failures)).await;
            self.failures = self.failures.saturating_add(1);
            match self.listen().await {
                Err(Error::Gone(_) | Error::TimedOut(_)) => {}
                other => return other,
            }
        }
    }
}

/// Rule S40: the acknowledgement comes first.
fn unacknowledged() -> Result {
    Err(Error::Invalid("a subscription that ended before it was acknowledged".into()))
}

/// Grows with the failures, and differs among clients, so that they do not all come back at once.
fn pause(failures: u32) -> Duration {
    let longest = (PAUSE.0 * 2u32.saturating_pow(failures.min(16))).min(PAUSE.1);
    let chance = RandomState::new().build_hasher().finish() % 1000;
    longest / 2 + longest.mul_f64(chance as f64 / 2000.0)
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let (client, uris) = (self.client.clone(), std::mem::take(&mut self.interest.uris));
        let runtime = tokio::runtime::Handle::try_current();
        let (false, Ok(runtime)) = (client.0.wire.is_modern() || uris.is_empty(), runtime) else { return };
        runtime.spawn(async move {
            for uri in uris {
                let _ = client.ask_for::<Value>(Method::Unsubscribe, &json!({ "uri": uri })).await;
            }
        });
    }
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
