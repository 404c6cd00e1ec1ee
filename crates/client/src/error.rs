//! What can go wrong between a client and its server.

use std::fmt;
use std::time::Duration;

use toolwright_types::content::Content;
use toolwright_types::jsonrpc::ErrorObject;
use toolwright_types::tools::CallToolResult;

/// The result of a client's operation.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// Why an operation has no result.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The server refused the request with an error of the protocol.
    Refused(ErrorObject),
    /// The tool failed; its result says how.
    Tool(Box<CallToolResult>),
    /// No answer came in time; the server was told that it is no longer wanted.
    TimedOut(Duration),
    /// The server cannot be reached, or ended before it answered.
    Gone(String),
    /// The server has forgotten the session, more than once; it did nothing of what was asked.
    Expired,
    /// The server wants to see an authorization, and there is none.
    Unauthorized(String),
    /// The task that the call became was cancelled, by somebody else or by the server, which may say why.
    Cancelled(String),
    /// The server said what the protocol does not allow, or what was not expected of it.
    Invalid(String),
}

impl Error {
    /// The protocol's code, if the server refused.
    pub fn code(&self) -> Option<i32> {
        match self {
            Self::Refused(error) => Some(error.code),
            _ => None,
        }
    }

    /// The same error, where the text can say of which server it is.
    pub(crate) fn of(self, server: &str) -> Self {
        match self {
            Self::Gone(why) => Self::Gone(format!("the server `{server}`: {why}")),
            Self::Invalid(why) => Self::Invalid(format!("of the server `{server}`: {why}")),
            Self::Refused(mut error) => {
                error.message = format!("the server `{server}`: {}", error.message).into();
                Self::Refused(error)
            }
            other => other,
        }
    }

    pub(crate) fn invalid(what: &str, error: impl fmt::Display) -> Self {
        Self::Invalid(format!("{what}: {error}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => write!(f, "the server refused: {} ({})", error.message, error.code),
            Self::Tool(result) => match said(result) {
                "" => f.write_str("the tool failed and did not say why"),
                text => f.write_str(text),
            },
            Self::TimedOut(time) => write!(f, "no answer within {time:?}"),
            Self::Gone(why) => f.write_str(why),
            Self::Expired => f.write_str("the server has forgotten the session; connect again"),
            Self::Unauthorized(why) => write!(f, "not authorized: {why}"),
            Self::Cancelled(why) => match why.as_str() {
                "" => f.write_str("the task was cancelled"),
                why => write!(f, "the task was cancelled: {why}"),
            },
            Self::Invalid(why) => write!(f, "the server's answer is not understood: {why}"),
        }
    }
}

impl std::error::Error for Error {}

/// The first text of a result.
pub(crate) fn said(result: &CallToolResult) -> &str {
    let texts = result.content.iter().filter_map(|content| match content {
        Content::Text(text) => Some(text.text.as_str()),
        _ => None,
    });
    texts.into_iter().next().unwrap_or_default()
}

/// An error with its causes: the first alone says little.
#[cfg(feature = "http")]
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
