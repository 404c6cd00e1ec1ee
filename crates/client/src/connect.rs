//! From a target to a client.

use std::sync::Arc;

use crate::client::Client;
use crate::error::Result;
use crate::handshake;
use crate::inbox::Inbox;
use crate::options::Options;
use crate::target::Target;
use crate::wire::Wire;

impl Options {
    /// Connects to a server.
    ///
    /// # Errors
    ///
    /// When it cannot be reached or started, or speaks no version that is known here.
    pub async fn connect(self, target: impl Into<Target>) -> Result<Client> {
        let inbox = Inbox::new(self.handlers.clone());
        let link = target.into().open(&inbox, &self)?;
        let met = handshake::meet(Wire::new(inbox, Arc::clone(&link)), &self).await;
        let (wire, server) = met.inspect_err(|_| link.let_go())?;
        Ok(Client::new(wire, server, self))
    }
}

impl Client {
    /// Connects to a server: a URL, a command line, a [`Command`](crate::Command), or a server in this process.
    ///
    /// # Errors
    ///
    /// When it cannot be reached or started, or speaks no version that is known here.
    pub async fn connect(target: impl Into<Target>) -> Result<Self> {
        Self::options().connect(target).await
    }

    /// A client that can do more, or behaves differently.
    pub fn options() -> Options {
        Options::default()
    }
}
