//! Errors by reader: what the model is shown, what stays with the operator.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Any error, boxed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// The result of a handler: any error goes in with `?`.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// An error that a model is shown in full, so that it can correct its call.
///
/// Make one with [`tool_error!`](crate::tool_error).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolError(String);

impl ToolError {
    /// An error with a message for the model.
    pub fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string())
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ToolError {}

/// Makes an [`Error`] from a format string: a [`ToolError`] that the model is shown.
///
/// ```
/// use toolwright::prelude::*;
///
/// fn halve(n: u32) -> Result<u32> {
///     if n % 2 == 1 {
///         return Err(tool_error!("{n} is odd; give an even number"));
///     }
///     Ok(n / 2)
/// }
/// assert_eq!(halve(3).unwrap_err().to_string(), "3 is odd; give an even number");
/// ```
#[macro_export]
macro_rules! tool_error {
    ($($arg:tt)*) => {
        $crate::error::Error::from($crate::error::ToolError::new(::std::format_args!($($arg)*)))
    };
}

/// Says that a thing with this name does not exist: a resource read answers with the protocol's code for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFound(pub String);

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} not found", self.0)
    }
}

impl std::error::Error for NotFound {}

/// The client did not declare what the work needs: a capability such as `sampling` (rule S14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingCapability(pub String);

impl fmt::Display for MissingCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this needs a client with the capability `{}`", self.0)
    }
}

impl std::error::Error for MissingCapability {}

/// Any error of a handler.
///
/// A [`ToolError`], [`MissingCapability`] or [`NotFound`] inside is shown to the model; every other error is logged in full
/// under a reference, and the model sees only the reference.
///
/// ```
/// use toolwright::prelude::*;
///
/// fn read() -> Result<String> {
///     Ok(std::fs::read_to_string("/does/not/exist")?)
/// }
/// assert!(!read().unwrap_err().is_shown());
/// assert!(Error::not_found("order ORD-1").is_shown());
/// ```
pub struct Error(BoxError);

impl Error {
    /// An error for the operator: the model sees only a reference to it.
    pub fn msg(message: impl fmt::Display) -> Self {
        Self(message.to_string().into())
    }

    /// An error that says that `what` does not exist.
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self(Box::new(NotFound(what.to_string())))
    }

    /// An error that says that the client would have to be able to do something, such as `sampling`.
    ///
    /// ```
    /// use toolwright::prelude::*;
    ///
    /// /// Summarises a text with the client's model.
    /// #[tool]
    /// fn summarise(text: String, ctx: &Context) -> Result<String> {
    ///     if ctx.client_capabilities().sampling.is_none() {
    ///         return Err(Error::missing_capability("sampling"));
    ///     }
    ///     Ok(text)
    /// }
    /// # let _ = toolset![summarise];
    /// ```
    pub fn missing_capability(name: impl Into<String>) -> Self {
        Self(Box::new(MissingCapability(name.into())))
    }

    /// Whether the model is shown the message.
    pub fn is_shown(&self) -> bool {
        self.0.is::<ToolError>() || self.0.is::<NotFound>() || self.0.is::<MissingCapability>()
    }

    /// The error inside, if it is an `E`.
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl From<Error> for BoxError {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The message with its causes: what `main` prints when it returns this error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Causes(&*self.0).fmt(f)
    }
}

/// An error and its sources, on one line.
struct Causes<'a>(&'a (dyn std::error::Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What the other side is told of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// The message itself.
    Shown(String),
    /// That this does not exist.
    NotFound(String),
    /// That the client lacks this capability.
    MissingCapability { name: String, text: String },
    /// A reference to the operator's log.
    Masked(String),
}

impl Told {
    /// Decides what is told, and logs what is not.
    pub(crate) fn of(error: BoxError, doing: &str) -> Self {
        if let Some(ToolError(message)) = error.downcast_ref() {
            return Self::Shown(message.clone());
        }
        if let Some(missing @ NotFound(_)) = error.downcast_ref() {
            return Self::NotFound(missing.to_string());
        }
        if let Some(missing @ MissingCapability(name)) = error.downcast_ref() {
            return Self::MissingCapability { name: name.clone(), text: missing.to_string() };
        }
        let reference = reference();
        tracing::error!(%reference, error = %Causes(&*error), "{doing} failed");
        Self::Masked(format!("internal error (reference {reference})"))
    }

    /// The text for the model or the client.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Shown(text)
            | Self::NotFound(text)
            | Self::MissingCapability { text, .. }
            | Self::Masked(text) => text,
        }
    }
}

/// A short id that is unique in this process and unlikely in another.
pub(crate) fn reference() -> String {
    static PROCESS: LazyLock<u32> = LazyLock::new(|| RandomState::new().build_hasher().finish() as u32);
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{:08x}", PROCESS.wrapping_add(n.wrapping_mul(0x9E37_79B1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_error_is_shown_alone_or_inside_an_error() {
        let carriers: [BoxError; 2] = [Box::new(ToolError::new("too big")), tool_error!("too big").into()];
        for error in carriers {
            assert_eq!(Told::of(error, "test"), Told::Shown("too big".into()));
        }
    }

    #[test]
    fn any_other_error_is_masked() {
        let told = Told::of("password=hunter2".into(), "test");
        assert!(!told.text().contains("hunter2"), "{told:?}");
        assert!(told.text().starts_with("internal error (reference "));
    }

    #[test]
    fn references_differ() {
        assert_ne!(reference(), reference());
    }

    #[test]
    fn debug_shows_the_causes() {
        let error = Error::from(std::io::Error::other(ToolError::new("inner")));
        assert_eq!(format!("{error:?}"), "inner");
    }
}
