//! HTTP+SSE, as servers of 2024-11-05 speak it: one stream for all they say, a POST for each message (rule G14).

use futures_util::StreamExt as _;
use reqwest::{Response, Url};
use tokio::sync::oneshot;

use super::{CONNECT, Http, is_stream};
use crate::error::{Error, Result, causes};
use crate::events::Events;
use crate::link::{LONGEST, too_long};

impl Http {
    /// Opens the stream, and learns from its first event where messages go; false when there is none.
    pub(super) async fn open_stream(&self) -> Result<bool> {
        let response = self.get(None).await?;
        if !response.status().is_success() || !is_stream(&response) {
            return Ok(false);
        }
        let (told, endpoint) = oneshot::channel();
        if let Some(http) = self.me.upgrade() {
            let reading = tokio::spawn(async move {
                let why = match http.hear(response, told).await {
                    Ok(()) => "the server has ended its stream".into(),
                    Err(error) => error.to_string(),
                };
                http.inbox.close(&why);
            });
            self.lock().listening = Some(reading.abort_handle());
        }
        let endpoint = tokio::time::timeout(CONNECT, endpoint).await;
        let missing = || Error::Invalid("a stream that does not say where messages go".into());
        let endpoint = endpoint.map_err(|_| missing())?.map_err(|_| missing())?;
        self.lock().endpoint = Some(self.of_same_origin(&endpoint)?);
        Ok(true)
    }

    /// All that is said would go there: to no other than who was chosen (rule G14).
    fn of_same_origin(&self, endpoint: &str) -> Result<Url> {
        let url = self.url.join(endpoint).map_err(|error| Error::invalid("where messages go", error))?;
        if url.origin() != self.url.origin() {
            let why = format!("messages would go to {url}, which is not of the origin of {}", self.url);
            return Err(Error::Invalid(why));
        }
        Ok(url)
    }

    async fn hear(&self, response: Response, told: oneshot::Sender<String>) -> Result {
        let (mut events, mut told) = (Events::default(), Some(told));
        let mut bytes = response.bytes_stream();
        while let Some(piece) = bytes.next().await {
            let piece = piece.map_err(|error| Error::Gone(causes(&error)))?;
            for event in events.take(&piece) {
                match (event.name.as_str(), &mut told) {
                    ("endpoint", told) => {
                        let _ = told.take().map(|told| told.send(event.data));
                    }
                    (_, None) if !event.data.is_empty() => self.take(event.data.as_bytes()),
                    _ => {}
                }
            }
            if events.waiting() > LONGEST {
                return Err(Error::Invalid(too_long()));
            }
        }
        Ok(())
    }
}
