//! What a browser is told, so that pages of an allowed origin can use the server.
//!
//! <https://fetch.spec.whatwg.org/#http-cors-protocol>

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, HeaderMap,
    HeaderValue, VARY,
};
use http::request::Parts;
use http::{Response, StatusCode};

use super::body::Body;
use super::reply;

/// Lets a page of this origin read the answer.
pub(super) fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Mcp-Session-Id, WWW-Authenticate, Retry-After"),
    );
}

/// What a page may send: whatever it asks for of what we read.
pub(super) fn preflight(parts: &Parts) -> Response<Body> {
    const READ: [&str; 8] = [
        "accept",
        "authorization",
        "content-type",
        "last-event-id",
        "mcp-method",
        "mcp-name",
        "mcp-protocol-version",
        "mcp-session-id",
    ];
    let mut response = reply::empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    let wanted = parts.headers.get(ACCESS_CONTROL_REQUEST_HEADERS).and_then(|wanted| wanted.to_str().ok());
    let granted = wanted.unwrap_or_default().split(',').map(str::trim).filter(|name| {
        let name = name.to_ascii_lowercase();
        READ.contains(&name.as_str()) || name.starts_with("mcp-param-")
    });
    if let Ok(granted) = HeaderValue::from_str(&granted.collect::<Vec<_>>().join(", ")) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, granted);
    }
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
    response
}
