//! Changes of several servers, heard as one.

use futures_util::future::{select_all, try_join_all};

use super::{Clients, with_name};
use crate::change::Change;
use crate::error::Result;
use crate::subscription::{Interest, Subscription};

/// Changes of several servers as they come, each with the name of its server. Dropping it ends them all.
#[derive(Debug)]
pub struct Subscriptions {
    all: Vec<(String, Subscription)>,
}

impl Clients {
    /// Hears of changes: of all servers' lists, and of the resources that are named, each at its own server.
    ///
    /// ```no_run
    /// # async fn example(clients: toolwright_client::Clients) -> toolwright_client::Result {
    /// use toolwright_client::Interest;
    ///
    /// let mut changes = clients.subscribe(Interest::lists().resource("orders://shop/late")).await?;
    /// while let Some((server, change)) = changes.next().await? {
    ///     println!("{server}: {change:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When no server's name stands in a URI, or one of the servers does not tell of changes; the text names it.
    pub async fn subscribe(&self, interest: Interest) -> Result<Subscriptions> {
        let mut wanted: Vec<(&str, Interest)> =
            self.all().map(|(name, _)| (name, interest.without_uris())).collect();
        for uri in interest.uris() {
            let (named, _, uri) = self.placed(uri)?;
            if let Some((_, interest)) = wanted.iter_mut().find(|(name, _)| *name == named) {
                *interest = std::mem::take(interest).resource(uri);
            }
        }
        wanted.retain(|(_, interest)| *interest != Interest::default());
        let begun = wanted.into_iter().map(|(name, interest)| async move {
            let Some(client) = self.get(name) else { return Ok(None) };
            let subscription = client.subscribe(interest).await.map_err(|error| error.of(name))?;
            Ok(Some((name.to_owned(), subscription)))
        });
        Ok(Subscriptions { all: try_join_all(begun).await?.into_iter().flatten().collect() })
    }
}

impl Subscriptions {
    /// The next change, and the name of its server; none when the last of them has ended the subscription. URIs have the
    /// server's name in them, as everywhere.
    ///
    /// # Errors
    ///
    /// When a server refuses to be listened to any longer; the text names it, and the others are still heard.
    pub async fn next(&mut self) -> Result<Option<(String, Change)>> {
        while !self.all.is_empty() {
            let each = self.all.iter_mut().map(|(_, subscription)| Box::pin(subscription.next()));
            let (next, index, _) = select_all(each).await;
            let change = match next {
                Ok(Some(Change::Resource(uri))) => Change::Resource(with_name(&uri, &self.all[index].0)),
                Ok(Some(change)) => change,
                Ok(None) => {
                    self.all.swap_remove(index);
                    continue;
                }
                Err(error) => {
                    let (name, _) = self.all.swap_remove(index);
                    return Err(error.of(&name));
                }
            };
            return Ok(Some((self.all[index].0.clone(), change)));
        }
        Ok(None)
    }
}
