//! Finding out how a server is spoken to (protocol.md 1.7).

use std::pin::pin;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use toolwright_types::capability::ServerCapabilities;
use toolwright_types::dialect::Dialect;
use toolwright_types::icon::Implementation;
use toolwright_types::jsonrpc::code;
use toolwright_types::lifecycle::{DiscoverResult, InitializeParams, InitializeResult};
use toolwright_types::meta::SERVER_INFO;
use toolwright_types::method::notification;
use toolwright_types::version::ProtocolVersion;

use crate::error::{Error, Result};
use crate::options::Options;
use crate::wire::{Ask, Wire, object, read};

/// What a server says of itself.
#[derive(Debug, Clone)]
pub struct ServerFacts {
    /// How it is spoken to.
    pub version: ProtocolVersion,
    /// Which program it is, if it says so: for display, never for trust.
    pub server: Implementation,
    /// What it can do.
    pub capabilities: ServerCapabilities,
    /// How to use it, for the model.
    pub instructions: Option<String>,
}

/// Meets a server: as the options say, or else by asking it.
pub(crate) async fn meet(wire: Wire, options: &Options) -> Result<(Wire, ServerFacts)> {
    match options.version {
        Some(version) if Dialect::of(version).stateless => {
            let (wire, found) = discover(&wire, options, version, options.timeout).await?;
            Ok((wire, facts(version, found)))
        }
        Some(version) => initialize(wire, options, version).await,
        None => probe(wire, options).await,
    }
}

/// Rule C8: a server that does not know the question is a legacy one, whatever it answers.
async fn probe(wire: Wire, options: &Options) -> Result<(Wire, ServerFacts)> {
    let time = options.probe.min(options.timeout);
    match discover(&wire, options, ProtocolVersion::LATEST, time).await {
        Ok((modern, found)) => {
            let spoken = stateless(&found.supported_versions);
            match spoken {
                Some(ProtocolVersion::LATEST) => Ok((modern, facts(ProtocolVersion::LATEST, found))),
                Some(other) => {
                    let wire = wire.introduced(other, options);
                    wire.link.settle(Dialect::of(other));
                    Ok((wire, facts(other, found)))
                }
                None => initialize(wire, options, ProtocolVersion::LATEST_LEGACY).await,
            }
        }
        // Rule C7: it is modern, and names what it speaks.
        Err(Error::Refused(error)) if error.code == code::UNSUPPORTED_VERSION => {
            #[derive(Deserialize)]
            struct Supported {
                supported: Vec<String>,
            }
            let named = error.data.clone().and_then(|data| serde_json::from_value::<Supported>(data).ok());
            match named.and_then(|named| stateless(&named.supported)) {
                Some(version) => {
                    let (wire, found) = discover(&wire, options, version, options.timeout).await?;
                    Ok((wire, facts(version, found)))
                }
                None => initialize(wire, options, ProtocolVersion::LATEST_LEGACY).await,
            }
        }
        Err(error @ (Error::Gone(_) | Error::Unauthorized(_))) => Err(error),
        Err(_) => match initialize(wire.clone(), options, ProtocolVersion::LATEST_LEGACY).await {
            // It is a modern one, and was only slow to begin.
            Err(Error::Refused(error)) if error.code == code::UNSUPPORTED_VERSION => {
                let (wire, found) =
                    discover(&wire, options, ProtocolVersion::LATEST, options.timeout).await?;
                Ok((wire, facts(ProtocolVersion::LATEST, found)))
            }
            met => met,
        },
    }
}

/// The newest version of these that needs no handshake.
fn stateless(named: &[String]) -> Option<ProtocolVersion> {
    let spoken = |version: &ProtocolVersion| {
        Dialect::of(*version).stateless && named.iter().any(|named| named == version.as_str())
    };
    ProtocolVersion::ALL.into_iter().find(spoken)
}

async fn discover(
    wire: &Wire,
    options: &Options,
    version: ProtocolVersion,
    timeout: Duration,
) -> Result<(Wire, DiscoverResult)> {
    let wire = wire.introduced(version, options);
    wire.link.settle(Dialect::of(version));
    let ask =
        Ask { method: "server/discover", params: "{}".into(), timeout, is_handshake: true, ..Ask::default() };
    let found = wire.request(&ask).await?;
    Ok((wire, read(found)?))
}

fn facts(version: ProtocolVersion, found: DiscoverResult) -> ServerFacts {
    let server = found.meta.and_then(|mut meta| meta.remove(SERVER_INFO));
    ServerFacts {
        version,
        server: server.and_then(|server| serde_json::from_value(server).ok()).unwrap_or_default(),
        capabilities: found.capabilities,
        instructions: found.instructions,
    }
}

/// Shakes hands, in an older way if the server knows only that.
async fn initialize(wire: Wire, options: &Options, version: ProtocolVersion) -> Result<(Wire, ServerFacts)> {
    match shake_hands(&wire, options, version).await {
        Ok(facts) => Ok((wire, facts)),
        Err(error) => match wire.link.fall_back().await {
            Ok(true) => shake_hands(&wire, options, version).await.map(|facts| (wire, facts)),
            Ok(false) | Err(Error::Gone(_)) => Err(error),
            Err(error) => Err(error),
        },
    }
}

async fn shake_hands(wire: &Wire, options: &Options, version: ProtocolVersion) -> Result<ServerFacts> {
    wire.link.settle(Dialect::of(version));
    let params = InitializeParams {
        protocol_version: version.to_string(),
        capabilities: wire.inbox.handlers().capabilities(),
        client_info: options.client.clone(),
        meta: None,
    };
    let ask = Ask {
        method: "initialize",
        params: object(&params)?,
        timeout: options.timeout,
        is_handshake: true,
        ..Ask::default()
    };
    let begun: InitializeResult = read(wire.request(&ask).await?)?;
    let spoken: ProtocolVersion =
        begun.protocol_version.parse().map_err(|error| Error::invalid("the server's version", error))?;
    if Dialect::of(spoken).stateless {
        return Err(Error::Invalid(format!("a handshake that settles on {spoken}")));
    }
    wire.link.settle(Dialect::of(spoken));
    let ready = json!({});
    let told = wire.notify(notification::INITIALIZED, &ready);
    wire.within(options.timeout, pin!(told)).await?;
    if let (Some(level), Some(_)) = (options.log_level, &begun.capabilities.logging) {
        let params = json!({"level": level}).to_string();
        let ask = Ask { method: "logging/setLevel", params, timeout: options.timeout, ..Ask::default() };
        wire.request(&ask).await?;
    }
    Ok(ServerFacts {
        version: spoken,
        server: begun.server_info,
        capabilities: begun.capabilities,
        instructions: begun.instructions,
    })
}
