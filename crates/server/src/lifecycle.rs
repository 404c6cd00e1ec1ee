//! The requests that concern the conversation itself: beginning, discovering, listening.

use serde::Deserialize;
use serde_json::{Map, json};
use toolwright_core::core::Outcome;
use toolwright_core::request::Request;
use toolwright_core::task::check_declared;
use toolwright_types::capability::ServerCapabilities;
use toolwright_types::dialect::Dialect;
use toolwright_types::jsonrpc::{ErrorObject, code};
use toolwright_types::lifecycle::InitializeResult;
use toolwright_types::logging::LogLevel;
use toolwright_types::meta::{Params, SUBSCRIPTION_ID};
use toolwright_types::method::{Feature, Method, notification};
use toolwright_types::subscriptions::SubscriptionFilter;
use toolwright_types::version::ProtocolVersion;

use crate::envelope;
use crate::era::{Session, read, supported};
use crate::service::Service;
use crate::subscriptions::{Subscriptions, raw};

/// How such a request ended.
pub(crate) enum Answered {
    /// With a result, which stands in the buffer, or without one.
    Done(Outcome),
    /// It is held open: the acknowledgement is all there is to say now.
    Held(Vec<u8>),
}

/// `initialize`: begins a session, and writes the result with what `announce` leaves of our capabilities.
pub(crate) fn initialize(
    service: &Service,
    params: &Params<'_>,
    announce: impl FnOnce(&mut ServerCapabilities),
    out: &mut Vec<u8>,
) -> Result<Session, ErrorObject> {
    let core = service.core();
    let session = Session::begin(params, |feature| core.has(feature))?;
    let mut server = core.server().clone();
    if !session.dialect.icons {
        (server.icons, server.description, server.website_url) = (None, None, None);
    }
    if !session.dialect.titles {
        server.title = None;
    }
    let mut capabilities = core.capabilities(session.dialect);
    announce(&mut capabilities);
    let result = InitializeResult {
        protocol_version: session.dialect.version.to_string(),
        capabilities,
        server_info: server,
        instructions: service.instructions().map(str::to_owned),
        meta: None,
    };
    out.extend_from_slice(json!(result).to_string().as_bytes());
    Ok(session)
}

/// Everything else that is not asked of the core.
pub(crate) fn answer(
    service: &Service,
    request: &Request<'_>,
    session: Option<&Session>,
    subscriptions: &mut Subscriptions,
    out: &mut Vec<u8>,
) -> Result<Answered, ErrorObject> {
    let params = request.params;
    match request.method {
        Method::Listen => return listen(service, request, subscriptions).map(Answered::Held),
        Method::Discover => {
            discover(service, request.dialect, out);
            return Ok(Answered::Done(Outcome::Complete));
        }
        Method::SetLogLevel => {
            let SetLevel { level } = read(params)?;
            if let Some(session) = session {
                session.set_log_level(level);
            }
        }
        Method::Subscribe => {
            let Subscribe { uri } = read(params)?;
            subscribe(service, uri, request.dialect, subscriptions)?;
        }
        Method::Unsubscribe => {
            let Subscribe { uri } = read(params)?;
            subscriptions.resources.remove(&uri);
        }
        _ => {}
    }
    service.core().write(request.dialect, Map::new(), false, out);
    Ok(Answered::Done(Outcome::Complete))
}

/// Rule S20.
fn discover(service: &Service, dialect: &'static Dialect, out: &mut Vec<u8>) {
    let core = service.core();
    let mut result = Map::new();
    result.insert("supportedVersions".into(), supported(true).into());
    result.insert("capabilities".into(), json!(core.capabilities(dialect)));
    if let Some(instructions) = service.instructions() {
        result.insert("instructions".into(), instructions.into());
    }
    core.write(dialect, result, true, out);
}

/// Begins a subscription; gives its acknowledgement.
fn listen(
    service: &Service,
    request: &Request<'_>,
    subscriptions: &mut Subscriptions,
) -> Result<Vec<u8>, ErrorObject> {
    let Listen { mut notifications } = read(request.params)?;
    let names = notifications.resource_subscriptions.iter().chain(&notifications.task_ids).flatten();
    check_room(service, subscriptions, names.map(String::as_str).chain([request.id.as_json()]))?;
    let has = |feature| service.core().has(feature);
    let mut tasks = Vec::new();
    if let Some(ids) = notifications.task_ids.take().filter(|_| has(Feature::Tasks)) {
        check_declared(request)?;
        tasks = service.tasks().watch(ids, request.principal);
        notifications.task_ids = Some(tasks.iter().map(|task| task.id().to_owned()).collect());
    }
    let mut acknowledgement = Vec::new();
    let key = request.id.key().into();
    subscriptions.listen(request.id.as_json(), key, notifications, tasks, has, &mut acknowledgement);
    Ok(acknowledgement)
}

fn subscribe(
    service: &Service,
    uri: String,
    dialect: &Dialect,
    subscriptions: &mut Subscriptions,
) -> Result<(), ErrorObject> {
    if !service.core().has_resource(&uri) {
        return Err(dialect.not_found(&uri));
    }
    if !subscriptions.resources.contains(&uri) {
        check_room(service, subscriptions, [uri.as_str()])?;
    }
    subscriptions.resources.insert(uri);
    Ok(())
}

/// Whether these ids and URIs can be held as well.
fn check_room<'a>(
    service: &Service,
    subscriptions: &'a Subscriptions,
    more: impl IntoIterator<Item = &'a str>,
) -> Result<(), ErrorObject> {
    let (count, bytes) = more
        .into_iter()
        .chain(subscriptions.held())
        .fold((0, 0), |(count, bytes), held| (count + 1, bytes + held.len()));
    let limits = service.limits();
    let (most, most_bytes) = (limits.subscriptions, limits.buffered);
    if count > most || bytes > most_bytes {
        let why = format!("at most {most} subscriptions, of {most_bytes} bytes together");
        return Err(ErrorObject::new(code::INVALID_PARAMS, why));
    }
    Ok(())
}

/// What ends a listen request from our side on a pipe.
///
/// Rules S37 and S41 do not agree on how a server ends a subscription; saying both satisfies either reader.
pub(crate) fn end_listening(service: &Service, id: &str, out: &mut Vec<u8>) {
    let cancelled = json!({"requestId": raw(id), "_meta": {SUBSCRIPTION_ID: raw(id)}});
    envelope::notification(out, notification::CANCELLED, &cancelled);
    out.push(b'\n');
    listened(service, id, out);
}

/// The result of a listen request: the last word on its subscription (rule S41).
pub(crate) fn listened(service: &Service, id: &str, out: &mut Vec<u8>) {
    envelope::begin(out, id);
    let dialect = Dialect::of(ProtocolVersion::LATEST);
    let result = Map::from_iter([("_meta".to_owned(), json!({SUBSCRIPTION_ID: raw(id)}))]);
    service.core().write(dialect, result, false, out);
    envelope::end(out);
    out.push(b'\n');
}

#[derive(Deserialize)]
struct SetLevel {
    level: LogLevel,
}

#[derive(Deserialize)]
struct Subscribe {
    uri: String,
}

#[derive(Deserialize)]
struct Listen {
    notifications: SubscriptionFilter,
}
