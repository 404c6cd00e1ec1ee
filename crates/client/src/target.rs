//! What a client can be connected to.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use toolwright_server::{Server, Service};

use crate::error::{Error, Result};
#[cfg(feature = "http")]
use crate::http::{Address, Http};
use crate::inbox::Inbox;
use crate::link::Link;
use crate::memory::Memory;
use crate::options::Options;
use crate::pipe::Pipe;
use crate::process::{Command, Process};

/// A server to connect to: made from a URL, a command line, a [`Command`], or a server in this process.
pub struct Target(pub(crate) Kind);

pub(crate) enum Kind {
    Command(Command),
    #[cfg(feature = "http")]
    Url(Address),
    Service(Service),
    Streams(Pin<Box<dyn AsyncRead + Send>>, Pin<Box<dyn AsyncWrite + Send>>),
    /// It cannot be understood.
    Wrong(String),
}

/// A target that can be opened more than once.
pub(crate) enum Again {
    Command(Command),
    #[cfg(feature = "http")]
    Url(Address),
}

impl Again {
    pub(crate) fn target(&self) -> Target {
        match self {
            Self::Command(command) => command.clone().into(),
            #[cfg(feature = "http")]
            Self::Url(url) => Target(Kind::Url(url.clone())),
        }
    }

    /// How often it may be, one time after the other.
    pub(crate) fn restarts(&self) -> u32 {
        match self {
            Self::Command(command) => command.restarts(),
            // Others bring it back.
            #[cfg(feature = "http")]
            Self::Url(_) => u32::MAX,
        }
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Kind::Command(command) => command.fmt(f),
            #[cfg(feature = "http")]
            Kind::Url(address) => address.url.fmt(f),
            Kind::Service(service) => service.fmt(f),
            Kind::Streams(..) => f.write_str("two streams"),
            Kind::Wrong(why) => f.write_str(why),
        }
    }
}

impl Target {
    /// A server behind this URL.
    pub fn url(url: impl Into<String>) -> Self {
        #[cfg(feature = "http")]
        return Self(Kind::Url(Address { url: url.into(), headers: Vec::new() }));
        #[cfg(not(feature = "http"))]
        {
            let _ = url.into();
            Self(Kind::Wrong("this client was built without the feature `http`".into()))
        }
    }

    /// Says this in a header of every request to a URL, as some servers want it.
    ///
    /// ```
    /// use toolwright_client::Target;
    ///
    /// let target = Target::url("https://orders.example/mcp").header("X-Api-Key", "secret");
    /// ```
    #[must_use]
    #[cfg_attr(not(feature = "http"), expect(unused_variables, reason = "only HTTP has headers"))]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        match &mut self.0 {
            #[cfg(feature = "http")]
            Kind::Url(address) => address.headers.push((name, value.into())),
            Kind::Wrong(_) => {}
            _ => self.0 = Kind::Wrong(format!("the header {name} for a server that is not behind a URL")),
        }
        self
    }

    /// Any two byte streams, one message a line.
    pub fn streams(
        reader: impl AsyncRead + Send + 'static,
        writer: impl AsyncWrite + Send + 'static,
    ) -> Self {
        Self(Kind::Streams(Box::pin(reader), Box::pin(writer)))
    }

    /// The way to the server after this one has ended, if there is one.
    pub(crate) fn again(&self) -> Option<Again> {
        match &self.0 {
            Kind::Command(command) => {
                Some(Again::Command(command.clone())).filter(|_| command.restarts() > 0)
            }
            #[cfg(feature = "http")]
            Kind::Url(url) => Some(Again::Url(url.clone())),
            Kind::Service(_) | Kind::Streams(..) | Kind::Wrong(_) => None,
        }
    }

    #[cfg_attr(not(feature = "http"), expect(unused_variables, reason = "only HTTP has options of its own"))]
    pub(crate) fn open(self, inbox: &Arc<Inbox>, options: &Options) -> Result<Arc<dyn Link>> {
        Ok(match self.0 {
            Kind::Command(command) => Process::start(&command, inbox)?,
            #[cfg(feature = "http")]
            Kind::Url(url) => Http::open(&url, inbox, options)?,
            Kind::Service(service) => Memory::open(service, inbox),
            Kind::Streams(reader, writer) => Pipe::open(reader, writer, inbox),
            Kind::Wrong(why) => return Err(Error::Gone(why)),
        })
    }
}

impl From<Command> for Target {
    fn from(command: Command) -> Self {
        Self(Kind::Command(command))
    }
}

impl From<Service> for Target {
    /// The server goes on with whoever asks it, so that most answers need no other task; it lives where it was
    /// connected. A tool that blocks its thread blocks the caller, too, whatever time that would wait.
    fn from(service: Service) -> Self {
        Self(Kind::Service(service))
    }
}

impl From<Server> for Target {
    fn from(server: Server) -> Self {
        match server.build() {
            Ok(service) => service.into(),
            Err(invalid) => Self(Kind::Wrong(invalid.to_string())),
        }
    }
}

impl From<&Service> for Target {
    fn from(service: &Service) -> Self {
        service.clone().into()
    }
}

impl From<&Path> for Target {
    /// The program at this path, without arguments.
    fn from(path: &Path) -> Self {
        Command::new(path).into()
    }
}

impl From<&str> for Target {
    /// A URL, if it begins with `http://` or `https://`; else a command line.
    fn from(text: &str) -> Self {
        if text.starts_with("http://") || text.starts_with("https://") {
            return Self::url(text);
        }
        match Command::parse(text) {
            Some(command) => command.into(),
            None => Self(Kind::Wrong(format!("{text:?} is neither a URL nor a command line"))),
        }
    }
}

impl From<String> for Target {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}
