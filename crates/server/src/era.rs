//! Which era a request belongs to, and the facts of its caller: the one place where an era is chosen.
//!
//! A request that describes itself in `_meta` is modern; `initialize` begins a legacy session. Both may be
//! interleaved on one connection (protocol.md 1.7).

use serde::Deserialize;
use serde_json::{json, value::RawValue};
use toolwright_types::dialect::{Dialect, Era};
use toolwright_types::jsonrpc::{ErrorObject, code};
use toolwright_types::logging::LogLevel;
use toolwright_types::meta::{CLIENT_CAPABILITIES, PROTOCOL_VERSION, Params, RequestMeta};
use toolwright_types::method::{Facts, Method};
use toolwright_types::version::ProtocolVersion;

/// What a legacy client said when it began.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) dialect: &'static Dialect,
    pub(crate) client_info: Option<Box<RawValue>>,
    pub(crate) client_capabilities: Option<Box<RawValue>>,
    pub(crate) log_level: LogLevel,
}

/// Who calls, and how to answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) dialect: &'static Dialect,
    pub(crate) log_level: Option<LogLevel>,
    pub(crate) client_info: Option<&'a RawValue>,
    pub(crate) client_capabilities: Option<&'a RawValue>,
}

impl Session {
    /// Begins a session from the parameters of `initialize`.
    pub(crate) fn begin(params: &Params<'_>) -> Result<Self, ErrorObject> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Begin {
            protocol_version: String,
            #[serde(default)]
            capabilities: Option<Box<RawValue>>,
            #[serde(default)]
            client_info: Option<Box<RawValue>>,
        }
        let params: Begin = params.read().map_err(|error| {
            ErrorObject::new(code::INVALID_PARAMS, format!("invalid parameters: {error}"))
        })?;
        Ok(Self {
            dialect: Dialect::negotiated(&params.protocol_version),
            client_info: params.client_info,
            client_capabilities: params.capabilities,
            log_level: LogLevel::Info,
        })
    }
}

impl<'a> Caller<'a> {
    /// The caller of a request, by its `_meta` or else by its session.
    pub(crate) fn of(meta: &RequestMeta<'a>, session: Option<&'a Session>) -> Result<Self, ErrorObject> {
        if meta.is_self_contained() {
            return Self::modern(meta);
        }
        let session = session.ok_or_else(missing_meta)?;
        Ok(Self {
            dialect: session.dialect,
            log_level: Some(session.log_level),
            client_info: session.client_info.as_deref(),
            client_capabilities: session.client_capabilities.as_deref(),
        })
    }

    /// Rules S13 and S21: what must be in `_meta`.
    fn modern(meta: &RequestMeta<'a>) -> Result<Self, ErrorObject> {
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
        })
    }
}

/// The method, if it exists for the caller's era.
pub(crate) fn method(name: &str, era: Era) -> Option<&'static Facts> {
    Facts::of(name).filter(|facts| facts.exists_in(era))
}

/// What a request may be that comes before any session, and is not modern.
pub(crate) fn needs_no_session(facts: Option<&Facts>) -> bool {
    facts.is_some_and(|facts| matches!(facts.method, Method::Initialize | Method::Ping))
}

fn missing_meta() -> ErrorObject {
    let message = "begin with `initialize`, or describe the request in `_meta`";
    ErrorObject::new(code::INVALID_PARAMS, message)
        .with_data(json!({"missing": [PROTOCOL_VERSION, CLIENT_CAPABILITIES], "supported": supported(true)}))
}

fn unsupported_version(requested: &str) -> ErrorObject {
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
