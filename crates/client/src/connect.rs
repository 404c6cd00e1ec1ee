//! From a target to a client.

use crate::client::Client;
use crate::error::Result;
use crate::line::{self, Line};
use crate::options::Options;
use crate::target::Target;

impl Options {
    /// Connects to a server.
    ///
    /// # Errors
    ///
    /// When it cannot be reached or started, or speaks no version that is known here.
    pub async fn connect(self, target: impl Into<Target>) -> Result<Client> {
        let target = target.into();
        let again = target.again();
        let (wire, server) = line::open(target, &self).await?;
        Ok(Client::new(Line::new(wire, again), server, self))
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
