//! Hearing of changes, from servers of either era, for as long as somebody wants to.

use std::pin::pin;

use serde_json::{Value, json, value::RawValue};
use tokio::sync::mpsc;
use tokio::time::Instant;
use toolwright_types::method::Method;

use crate::change::Change;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::inbox::Heard;
use crate::pause::{HEALTHY, pause};
use crate::wire::{Ask, Begun, Wire, object};

/// How many changes may be unheard before more are lost.
const ROOM: usize = 256;

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

    /// The same, but for the resources.
    pub(crate) fn without_uris(&self) -> Self {
        Self { lists: self.lists, uris: Vec::new() }
    }

    pub(crate) fn uris(&self) -> &[String] {
        &self.uris
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
    /// When it last began to listen.
    since: Instant,
    failures: u32,
    /// Nothing will ever be heard again.
    ended: bool,
}

struct Held(Begun);

impl Held {
    async fn wait(&mut self) -> Result<Box<RawValue>> {
        self.0.wait().await
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").field("number", &self.0.number).finish_non_exhaustive()
    }
}

impl Subscription {
    pub(crate) async fn begin(client: Client, interest: Interest) -> Result<Self> {
        let (_, heard) = mpsc::channel(1);
        let since = Instant::now();
        let mut subscription = Self { client, interest, heard, held: None, since, failures: 0, ended: false };
        subscription.listen().await?;
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
                if self.is_modern() {
                    // Whoever awaited this before gave up in the middle of it.
                    self.listen_again().await?;
                    continue;
                }
                // A legacy server tells whoever is there.
                match self.heard.recv().await {
                    Some(Heard::Change(change)) if self.interest.wants(&change) => return Ok(Some(change)),
                    Some(_) => {}
                    None => self.lost().await?,
                }
                continue;
            };
            let ended = tokio::select! {
                biased;
                heard = self.heard.recv() => match heard {
                    Some(Heard::Change(change)) => return Ok(Some(change)),
                    Some(Heard::Acknowledged(_) | Heard::Task(_)) => continue,
                    // Its answer is there, and says why.
                    None => held.wait().await,
                },
                ended = held.wait() => ended,
            };
            if matches!(ended, Err(Error::Gone(_))) && self.client.0.line.comes_back() {
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

    fn is_modern(&self) -> bool {
        self.client.wire().is_modern()
    }

    /// A legacy server tells no more: in this conversation, or at all.
    async fn lost(&mut self) -> Result {
        self.ended = true;
        if let Some(why) = self.client.wire().inbox.deaf() {
            return Err(Error::Invalid(why));
        }
        if self.client.0.line.comes_back() {
            self.listen_again().await?;
            self.ended = false;
        }
        Ok(())
    }

    /// Begins to listen; ready when the server says that it does.
    async fn listen(&mut self) -> Result {
        let timeout = self.client.timeout();
        let ready = tokio::time::timeout(timeout, self.client.ready());
        let wire = ready.await.map_err(|_| Error::TimedOut(timeout))??;
        if wire.is_modern() {
            return self.hold(&wire).await;
        }
        let (sender, heard) = mpsc::channel(ROOM);
        wire.inbox.hear(sender)?;
        (self.heard, self.since) = (heard, Instant::now());
        for uri in &self.interest.uris {
            self.client.ask_for::<Value>(Method::Subscribe, &json!({ "uri": uri })).await?;
        }
        Ok(())
    }

    /// Holds a request open, over whose stream changes come.
    async fn hold(&mut self, wire: &Wire) -> Result {
        let client = &self.client;
        let ask = Ask {
            method: Method::Listen.name(),
            params: object(&json!({ "notifications": self.interest.filter() }))?,
            timeout: client.timeout(),
            ..Ask::default()
        };
        let mut begun = wire.begin(&ask)?;
        let (sender, heard) = mpsc::channel(ROOM);
        wire.inbox.listen(begun.number, sender);
        self.heard = heard;
        let acknowledged = async {
            begun.send().await?;
            tokio::select! {
                biased;
                heard = self.heard.recv() => match heard {
                    Some(Heard::Acknowledged(_)) => Ok(()),
                    // Rule S40: nothing may come before.
                    Some(Heard::Change(_) | Heard::Task(_)) => Err(Error::Invalid("a change before its acknowledgement".into())),
                    None => begun.wait().await.and_then(|_| unacknowledged()),
                },
                ended = begun.wait() => ended.and_then(|_| unacknowledged()),
            }
        };
        client.0.line.wire().within(client.timeout(), pin!(acknowledged)).await?;
        (self.held, self.since) = (Some(Held(begun)), Instant::now());
        Ok(())
    }

    async fn listen_again(&mut self) -> Result {
        self.held = None;
        if self.since.elapsed() >= HEALTHY {
            self.failures = 0;
        }
        loop {
            tokio::time::sleep(pause(self.failures)).await;
            self.failures = self.failures.saturating_add(1);
            match self.listen().await {
                Err(Error::Gone(_) | Error::TimedOut(_)) if self.client.0.line.comes_back() => {}
                other => return other,
            }
        }
    }
}

/// Rule S40: the acknowledgement comes first.
fn unacknowledged() -> Result {
    Err(Error::Invalid("a subscription that ended before it was acknowledged".into()))
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let (client, uris) = (self.client.clone(), std::mem::take(&mut self.interest.uris));
        let runtime = tokio::runtime::Handle::try_current();
        let (false, Ok(runtime)) = (client.wire().is_modern() || uris.is_empty(), runtime) else { return };
        runtime.spawn(async move {
            for uri in uris {
                // In this conversation, and in no other.
                let Ok(ask) = client.ask(Method::Unsubscribe, &json!({ "uri": uri })) else { return };
                let _ = client.wire().request(&ask).await;
            }
        });
    }
}
