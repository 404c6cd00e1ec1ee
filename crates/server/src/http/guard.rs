//! Who may ask: the `Host` and the `Origin` of every request, before anything else is looked at (rule H2).

use http::header::{HOST, HeaderMap, HeaderValue, ORIGIN};
use http::request::Parts;

use super::options::Http;

/// The hosts and origins that are let in.
#[derive(Debug)]
pub(super) struct Guard {
    hosts: Vec<Host>,
    any_host: bool,
    origins: Vec<String>,
    /// What is meant by a host without a port.
    port: u16,
}

/// A name, and a port if only that one is meant.
#[derive(Debug, PartialEq, Eq)]
struct Host {
    name: String,
    port: Option<u16>,
}

/// Why a request is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// There is no host, or more than one.
    NoHost,
    Host,
    Origin,
}

impl Guard {
    /// Loopback names may have any port: no page can make them its own, and tunnels change the port.
    pub(super) fn new(options: &Http) -> Self {
        let loopback = ["localhost", "127.0.0.1", "[::1]"].map(|name| Host { name: name.into(), port: None });
        let listed = options.hosts.iter().map(|host| {
            let (name, port) = split(host);
            Host { name: name.to_ascii_lowercase(), port: port.and_then(|port| port.parse().ok()) }
        });
        Self {
            hosts: loopback.into_iter().chain(listed).collect(),
            any_host: options.any_host,
            origins: options.origins.iter().map(|origin| origin.trim_end_matches('/').to_owned()).collect(),
            port: if options.scheme() == "https" { 443 } else { 80 },
        }
    }

    /// Gives the origin to let read the answer, if the request names one.
    pub(super) fn check<'a>(&self, parts: &'a Parts) -> Result<Option<&'a HeaderValue>, Refused> {
        let host = host(parts)?;
        if !self.any_host && !self.knows(host) {
            return Err(Refused::Host);
        }
        let Some(origin) = only(&parts.headers, &ORIGIN).map_err(|()| Refused::Origin)? else {
            return Ok(None);
        };
        let text = origin.to_str().map_err(|_| Refused::Origin)?;
        let is_own = ["http://", "https://"]
            .iter()
            .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| rest.eq_ignore_ascii_case(host)));
        let is_listed = text != "null" && self.origins.iter().any(|listed| listed.eq_ignore_ascii_case(text));
        if is_own || is_listed { Ok(Some(origin)) } else { Err(Refused::Origin) }
    }

    fn knows(&self, host: &str) -> bool {
        let (name, port) = split(host);
        let port = match port.map(str::parse::<u16>) {
            None => None,
            Some(Ok(port)) => Some(port),
            Some(Err(_)) => return false,
        };
        self.hosts.iter().any(|known| {
            known.name.eq_ignore_ascii_case(name)
                && known.port.is_none_or(|wanted| wanted == port.unwrap_or(self.port))
        })
    }
}

/// The one host of a request: of its target, its header, or both if they agree.
fn host(parts: &Parts) -> Result<&str, Refused> {
    let header = only(&parts.headers, &HOST).map_err(|()| Refused::NoHost)?;
    let header = header.map(|host| host.to_str().map_err(|_| Refused::Host)).transpose()?;
    match (parts.uri.authority(), header) {
        (None, Some(host)) => Ok(host),
        (Some(target), None) => Ok(target.as_str()),
        (Some(target), Some(host)) if target.as_str().eq_ignore_ascii_case(host) => Ok(host),
        (Some(_), Some(_)) => Err(Refused::Host),
        (None, None) => Err(Refused::NoHost),
    }
}

/// A header's one value.
pub(super) fn only<'a>(
    headers: &'a HeaderMap,
    name: &http::header::HeaderName,
) -> Result<Option<&'a HeaderValue>, ()> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() { Err(()) } else { Ok(first) }
}

/// The name and the port of a host; an IPv6 address keeps its brackets.
fn split(host: &str) -> (&str, Option<&str>) {
    match host.rfind(':') {
        Some(at) if !host[at..].contains(']') => (&host[..at], Some(&host[at + 1..])),
        _ => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ported(text: &str) -> String {
        text.replace("PORT", "8000")
    }

    /// `PORT` stands for one that is as good as any.
    fn check(options: &Http, host: &str, origin: Option<&str>) -> Result<bool, Refused> {
        let (host, origin) = (ported(host), origin.map(ported));
        let mut request = http::Request::post("/mcp").header(HOST, host);
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        let parts = request.body(()).unwrap().into_parts().0;
        Guard::new(options).check(&parts).map(|origin| origin.is_some())
    }

    /// Rule H2, security.md H1.
    #[test]
    fn only_loopback_names_are_let_in_by_default() {
        let options = Http::default();
        for host in ["localhost:PORT", "127.0.0.1:PORT", "[::1]:PORT", "LOCALHOST:PORT", "localhost", "[::1]"]
        {
            assert_eq!(check(&options, host, None), Ok(false), "{host}");
        }
        let foreign = [
            "evil.example",
            "evil.example:PORT",
            "localhost.:PORT",
            "localhost.evil.example",
            "user@localhost:PORT",
            "localhost:PORTx",
            "127.0.0.2:PORT",
            "[::2]:PORT",
            "",
            "::1",
        ];
        for host in foreign {
            assert_eq!(check(&options, host, None), Err(Refused::Host), "{host}");
        }
    }

    /// Rule H2, security.md H1.
    #[test]
    fn only_our_own_origin_and_listed_ones_are_let_in() {
        let options = Http::default().allow_origin("https://app.example");
        for origin in ["http://localhost:PORT", "https://localhost:PORT", "https://app.example"] {
            assert_eq!(check(&options, "localhost:PORT", Some(origin)), Ok(true), "{origin}");
        }
        let foreign = [
            "null",
            "http://evil.example",
            "http://localhost:1PORT",
            "http://app.example",
            "localhost:PORT",
            "",
            "https://app.example.evil",
            "http://127.0.0.1:PORT",
        ];
        for origin in foreign {
            assert_eq!(check(&options, "localhost:PORT", Some(origin)), Err(Refused::Origin), "{origin}");
        }
        let null = Http::default().allow_origin("null");
        assert_eq!(check(&null, "localhost:PORT", Some("null")), Err(Refused::Origin), "never listed");
    }

    #[test]
    fn a_listed_host_may_name_its_port() {
        let options = Http::default().allow_host("mcp.example").allow_host("other.example:9");
        for host in ["mcp.example", "mcp.example:443", "MCP.example", "other.example:9"] {
            assert!(check(&options, host, None).is_ok(), "{host}");
        }
        assert_eq!(check(&options, "other.example:10", None), Err(Refused::Host));
    }

    #[test]
    fn two_hosts_are_none() {
        let request =
            http::Request::post("/mcp").header(HOST, "localhost:PORT").header(HOST, "localhost:PORT");
        let parts = request.body(()).unwrap().into_parts().0;
        assert_eq!(Guard::new(&Http::default()).check(&parts), Err(Refused::NoHost));
        let request = http::Request::post("http://evil.example/mcp").header(HOST, "localhost:PORT");
        let parts = request.body(()).unwrap().into_parts().0;
        assert_eq!(Guard::new(&Http::default()).check(&parts), Err(Refused::Host));
    }
}
