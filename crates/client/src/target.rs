//! What a client can be connected to.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use toolwright_server::Service;

use crate::error::{Error, Result};
use crate::inbox::Inbox;
use crate::link::Link;
use crate::options::Options;
use crate::pipe::Pipe;
use crate::process::{Command, Process};

/// How many bytes are on their way to and from a server in this process.
const ROOM: usize = 64 * 1024;

/// A server to connect to: made from a URL, a command line, a [`Command`], or a server in this process.
pub struct Target(pub(crate) Kind);

pub(crate) enum Kind {
    Command(Command),
    #[cfg(feature = "http")]
    Url(String),
    Service(Service),
    Streams(Pin<Box<dyn AsyncRead + Send>>, Pin<Box<dyn AsyncWrite + Send>>),
    /// It cannot be understood.
    Wrong(String),
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Kind::Command(command) => command.fmt(f),
            #[cfg(feature = "http")]
            Kind::Url(url) => url.fmt(f),
            Kind::Service(service) => service.fmt(f),
            Kind::Streams(..) => f.write_str("two streams"),
            Kind::Wrong(why) => f.write_str(why),
        }
    }
}

impl Target {
    /// Any two byte streams, one message a line.
    pub fn streams(
        reader: impl AsyncRead + Send + 'static,
        writer: impl AsyncWrite + Send + 'static,
    ) -> Self {
        Self(Kind::Streams(Box::pin(reader), Box::pin(writer)))
    }

    #[cfg_attr(not(feature = "http"), expect(unused_variables, reason = "only HTTP has options of its own"))]
    pub(crate) fn open(self, inbox: &Arc<Inbox>, options: &Options) -> Result<Arc<dyn Link>> {
        Ok(match self.0 {
            Kind::Command(command) => Process::start(&command, inbox)?,
            #[cfg(feature = "http")]
            Kind::Url(url) => crate::http::Http::open(&url, inbox, options)?,
            Kind::Service(service) => {
                let (ours, theirs) = tokio::io::duplex(ROOM);
                let (reader, writer) = tokio::io::split(theirs);
                tokio::spawn(async move { service.serve(reader, writer).await });
                let (reader, writer) = tokio::io::split(ours);
                Pipe::open(reader, writer, inbox)
            }
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
    fn from(service: Service) -> Self {
        Self(Kind::Service(service))
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
            #[cfg(feature = "http")]
            return Self(Kind::Url(text.to_owned()));
            #[cfg(not(feature = "http"))]
            return Self(Kind::Wrong("this client was built without the feature `http`".into()));
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
