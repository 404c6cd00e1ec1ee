//! Which era a request belongs to, and the facts of its caller: the one place where an era is chosen.
//!
//! A request that describes itself in `_meta` is modern; `initialize` begins a legacy session. Both may be
//! interleaved on one connection (protocol.md 1.7).

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use serde::Deserialize;
use serde_json::{json, value::RawValue};
use toolwright_core::change::Change;
use toolwright_types::dialect::{Dialect, Era};
use toolwright_types::jsonrpc::{ErrorObject, code};
use toolwright_types::logging::LogLevel;
use toolwright_types::meta::{CLIENT_CAPABILITIES, PROTOCOL_VERSION, Params, RequestMeta};
use toolwright_types::method::{Facts, Feature};
use toolwright_types::version::ProtocolVersion;

const FEATURES_THAT_CHANGE: [Feature; 3] = [Feature::Tools, Feature::Prompts, Feature::Resources];

/// What a legacy client said when it began, and since.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) dialect: &'static Dialect,
    client_info: Option<Box<RawValue>>,
    client_capabilities: Option<Box<RawValue>>,
    /// The place of a level in `LogLevel::ALL`: calls at once read it without a lock.
    log_level: AtomicU8,
    /// The client may be told of changes.
    ready: AtomicBool,
    /// The features with lists that the client was told of.
    announced: Vec<Feature>,
}

/// Who calls, and how to answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) dialect: &'static Dialect,
    pub(crate) log_level: Option<LogLevel>,
    pub(crate) client_info: Option<&'a RawValue>,
    pub(crate) client_capabilities: Option<&'a RawValue>,
    /// Who it is, where that is found out.
    pub(crate) principal: Option<&'a str>,
}

impl Session {
    /// Begins a session from the parameters of `initialize`.
    pub(crate) fn begin(params: &Params<'_>, has: impl Fn(Feature) -> bool) -> Result<Self, ErrorObject> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Begin {
            protocol_version: String,
            #[serde(default)]
            capabilities: Option<Box<RawValue>>,
            #[serde(default)]
            client_info: Option<Box<RawValue>>,
        }
        let params: Begin = read(params)?;
        Ok(Self::new(&params.protocol_version, params.client_info, params.capabilities, has))
    }

    /// A session that begins, or is gone on with, by what its client said of itself.
    pub(crate) fn new(
        version: &str,
        client_info: Option<Box<RawValue>>,
        client_capabilities: Option<Box<RawValue>>,
        has: impl Fn(Feature) -> bool,
    ) -> Self {
        Self {
            ready: AtomicBool::new(false),
            announced: FEATURES_THAT_CHANGE.into_iter().filter(|feature| has(*feature)).collect(),
            dialect: Dialect::negotiated(version),
            client_info,
            client_capabilities,
            log_level: AtomicU8::new(LogLevel::Info as u8),
        }
    }

    /// The client said that it is ready, or behaves as if it were.
    pub(crate) fn become_ready(&self) {
        self.ready.store(true, Ordering::Relaxed);
    }

    /// Whether the client ever said so.
    #[cfg(feature = "http")]
    pub(crate) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    pub(crate) fn set_log_level(&self, level: LogLevel) {
        self.log_level.store(level as u8, Ordering::Relaxed);
    }

    fn log_level(&self) -> LogLevel {
        LogLevel::ALL[usize::from(self.log_level.load(Ordering::Relaxed))]
    }

    /// Whether the client is told of such a change, if it subscribed where it has to.
    pub(crate) fn hears(&self, change: &Change) -> bool {
        let feature = match change {
            Change::Tools => Feature::Tools,
            Change::Prompts => Feature::Prompts,
            Change::Resources => Feature::Resources,
            _ => return self.ready.load(Ordering::Relaxed),
        };
        self.ready.load(Ordering::Relaxed) && self.announced.contains(&feature)
    }
}

impl<'a> Caller<'a> {
    /// The caller of a request, by its `_meta` or else by its session.
    pub(crate) fn of(meta: &RequestMeta<'a>, session: Option<&'a Session>) -> Result<Self, ErrorObject> {
        if meta.is_self_contained() {
            return Self::modern(meta);
        }
        session.map(Self::legacy).ok_or_else(missing_meta)
    }

    /// The caller of a request in a session.
    pub(crate) fn legacy(session: &'a Session) -> Self {
        Self {
            dialect: session.dialect,
            log_level: Some(session.log_level()),
            client_info: session.client_info.as_deref(),
            client_capabilities: session.client_capabilities.as_deref(),
            principal: None,
        }
    }

    /// A caller of whom nothing is known but how to answer.
    #[cfg(feature = "http")]
    pub(crate) fn unknown(dialect: &'static Dialect) -> Self {
        Self { dialect, log_level: None, client_info: None, client_capabilities: None, principal: None }
    }

    /// Rules S13 and S21: what must be in `_meta`.
    pub(crate) fn modern(meta: &RequestMeta<'a>) -> Result<Self, ErrorObject> {
        let invalid = |message: String| ErrorObject::new(code::INVALID_PARAMS, message);
        let Some(version) = &meta.protocol_version else {
            return Err(invalid(format!("`_meta` lacks `{PROTOCOL_VERSION}`")));
        };
        let dialect = Dialect::stateless(version).ok_or_else(|| unsupported_version(version))?;
        let Some(capabilities) = meta.client_capabilities.filter(|raw| raw.get().starts_with('{')) else {
            return Err(invalid(format!("`_meta` lacks `{CLIENT_CAPABILITIES}`, an object")));
        };
        let level =
            |raw: &RawValue| serde_json::from_str(raw.get()).map_err(|_| invalid("unknown log level".into()));
        Ok(Self {
            dialect,
            log_level: meta.log_level.map(level).transpose()?,
            client_info: meta.client_info,
            client_capabilities: Some(capabilities),
            principal: None,
        })
    }
}

/// The method, if it exists for the caller's era.
pub(crate) fn method(name: &str, era: Era) -> Option<&'static Facts> {
    Facts::of(name).filter(|facts| facts.exists_in(era))
}

/// The parameters as what a method takes.
pub(crate) fn read<'a, T: Deserialize<'a>>(params: &Params<'a>) -> Result<T, ErrorObject> {
    params
        .read()
        .map_err(|error| ErrorObject::new(code::INVALID_PARAMS, format!("invalid parameters: {error}")))
}

pub(crate) fn missing_meta() -> ErrorObject {
    let message = "begin with `initialize`, or describe the request in `_meta`";
    ErrorObject::new(code::INVALID_PARAMS, message)
        .with_data(json!({"missing": [PROTOCOL_VERSION, CLIENT_CAPABILITIES], "supported": supported(true)}))
}

pub(crate) fn unsupported_version(requested: &str) -> ErrorObject {
    // A client that names a legacy version here would only come back with another one of them.
    let with_legacy = requested.parse::<ProtocolVersion>().is_err();
    ErrorObject::new(code::UNSUPPORTED_VERSION, "unsupported protocol version")
        .with_data(json!({"supported": supported(with_legacy), "requested": requested}))
}

/// The versions spoken here, newest first.
pub(crate) fn supported(with_legacy: bool) -> Vec<&'static str> {
    let versions = ProtocolVersion::ALL.into_iter();
    versions
        .filter(|version| with_legacy || Dialect::of(*version).stateless)
        .map(ProtocolVersion::as_str)
        .collect()
}
