//! Streams of events over Streamable HTTP: the answer to one request, and what a legacy server says unasked.

use std::sync::Weak;
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{Response, StatusCode};

use super::{Http, failure};
use crate::error::{Error, Result, causes};
use crate::events::Events;
use crate::link::{LONGEST, too_long};

/// How long to wait before a lost stream is gone on with, unless the server says; and how often.
const RETRY: (Duration, u32) = (Duration::from_secs(1), 5);
/// The shortest such wait, whatever the server says.
const SHORTEST: Duration = Duration::from_millis(100);

impl Http {
    /// Reads a stream up to the answer; a legacy one that is lost is gone on with (rule G12).
    pub(super) async fn read_on(&self, number: u64, response: Response) -> Result {
        let mut events = Events::default();
        let mut read = self.read(response, &mut events).await;
        for _ in 0..RETRY.1 {
            if !self.inbox.waits_for(number) {
                return Ok(());
            }
            let Some(id) = events.last_id.clone() else { break };
            tokio::time::sleep(events.retry.unwrap_or(RETRY.0).max(SHORTEST)).await;
            let response = match self.get(Some(&id)).await {
                Ok(response) if response.status().is_success() => response,
                Ok(response) => return Err(failure(response.status(), b"")),
                Err(error @ Error::Unauthorized(_)) => return Err(error),
                Err(_) => continue,
            };
            read = self.read(response, &mut events).await;
        }
        read.and(Err(Error::Gone("the server's stream ended before its answer".into())))
    }

    /// Reads a stream to its end; its messages go to the inbox.
    async fn read(&self, response: Response, events: &mut Events) -> Result {
        events.restart();
        let mut bytes = response.bytes_stream();
        while let Some(piece) = bytes.next().await {
            let piece = piece.map_err(|error| Error::Gone(causes(&error)))?;
            for event in events.take(&piece) {
                if !event.data.is_empty() {
                    self.take(event.data.as_bytes());
                }
            }
            if events.waiting() > LONGEST {
                return Err(Error::Invalid(too_long()));
            }
        }
        Ok(())
    }

    /// Hears what a legacy server says unasked, for as long as it has a stream for that (rule G8).
    pub(super) async fn listen(me: Weak<Self>) {
        let (mut events, mut has_one) = (Events::default(), false);
        loop {
            let Some(http) = me.upgrade() else { return };
            match http.get(events.last_id.clone().as_deref()).await {
                Ok(response) if response.status().is_success() => {
                    has_one = true;
                    let _ = http.read(response, &mut events).await;
                }
                // It has none, or has one already; or the session is over.
                Ok(response) => return http.deafen(response.status(), has_one),
                Err(Error::Unauthorized(why)) => return http.inbox.deafen(why),
                Err(_) => {}
            }
            let pause = events.retry.unwrap_or(RETRY.0).max(SHORTEST);
            drop(http);
            tokio::time::sleep(pause).await;
        }
    }

    /// A server that never had a stream may say 404 of that, and not of the session.
    fn deafen(&self, status: StatusCode, had_one: bool) {
        if !had_one || !self.is_forgotten(status) {
            self.inbox.deafen(format!("HTTP {status} for the stream on which changes would be told"));
        }
    }
}
