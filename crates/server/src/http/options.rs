//! How a server is reached over HTTP.

use std::net::{IpAddr, SocketAddr};

/// Where it listens when nobody says otherwise.
const PORT: u16 = 8000;

/// Where a server listens, who may ask it, and how it treats clients of the older protocol versions.
///
/// Made from an address, a port, or both: `Http::new("127.0.0.1:8000")`, `Http::new("8000")`.
///
/// ```
/// use toolwright::{Http, Legacy};
///
/// let http = Http::new("0.0.0.0:8000").allow_host("mcp.example.com").legacy(Legacy::Stateless);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Http {
    pub(super) address: String,
    pub(super) path: String,
    pub(super) hosts: Vec<String>,
    pub(super) any_host: bool,
    pub(super) origins: Vec<String>,
    pub(super) legacy: Legacy,
    pub(super) replicated: bool,
    #[cfg(feature = "sse")]
    pub(super) sse: bool,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<super::tls::Files>,
}

/// How clients of 2025-03-26 to 2025-11-25 are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Legacy {
    /// Not at all.
    Off,
    /// Each request alone: no session, no stream for changes.
    Stateless,
    /// With sessions, a stream for changes, and streams that can be resumed.
    #[default]
    Sessions,
}

impl Http {
    /// Listens at an address: `HOST:PORT`, or one of the two; port 0 lets the system choose.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            path: "/mcp".into(),
            hosts: Vec::new(),
            any_host: false,
            origins: Vec::new(),
            legacy: Legacy::default(),
            replicated: false,
            #[cfg(feature = "sse")]
            sse: false,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// The path of the endpoint: `/mcp` by default.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// A host by which the server may be asked, `mcp.example.com` or `mcp.example.com:8000`.
    ///
    /// Any other is refused, so that a web page cannot reach the server under a name of its own (DNS rebinding). The
    /// loopback names are always allowed.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// Answers under every host: only behind a proxy that checks it.
    pub fn allow_any_host(mut self) -> Self {
        self.any_host = true;
        self
    }

    /// A web origin whose pages may use the server, such as `https://app.example.com`.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// How clients of the older protocol versions are served.
    pub fn legacy(mut self, legacy: Legacy) -> Self {
        self.legacy = legacy;
        self
    }

    /// Several instances answer for one address: a call that asks may come back to another of them.
    ///
    /// Such a server does not start without [keys](crate::Server::keys) that they have in common. Changes, tasks and the
    /// sessions of clients before 2026-07-28 are shared by an [engine](crate::Server::engine). Without one an answer may be
    /// used once on each instance, and the proxy before them sends a session to one of them always.
    pub fn replicated(mut self) -> Self {
        self.replicated = true;
        self
    }

    /// Serves clients of 2024-11-05 as well: their stream is `/sse`, their messages are posted to `/messages`.
    #[cfg(feature = "sse")]
    pub fn sse(mut self) -> Self {
        self.sse = true;
        self
    }

    /// Speaks TLS 1.2 and 1.3 with a certificate chain and its private key, both in PEM files.
    ///
    /// The files are read again when they change, so that a renewed certificate needs no restart; as long as they
    /// cannot be used together, the certificate in use stays.
    ///
    /// ```
    /// use toolwright_server::http::Http;
    ///
    /// let http = Http::new("0.0.0.0:443").allow_host("mcp.example.com").tls("chain.pem", "key.pem");
    /// ```
    #[cfg(feature = "tls")]
    pub fn tls(
        mut self,
        certificate: impl Into<std::path::PathBuf>,
        key: impl Into<std::path::PathBuf>,
    ) -> Self {
        self.tls = Some(super::tls::Files { certificate: certificate.into(), key: key.into() });
        self
    }

    /// How a URL of the server begins.
    pub(super) fn scheme(&self) -> &'static str {
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            return "https";
        }
        "http"
    }

    /// `HOST:PORT` with what was left out.
    pub(super) fn socket_address(&self) -> String {
        let address = self.address.trim();
        if address.is_empty() {
            return format!("127.0.0.1:{PORT}");
        }
        let port = address.strip_prefix(':').unwrap_or(address);
        if port.parse::<u16>().is_ok() {
            return format!("127.0.0.1:{port}");
        }
        if address.parse::<SocketAddr>().is_ok() {
            return address.into();
        }
        match address.parse::<IpAddr>() {
            Ok(ip) => SocketAddr::new(ip, PORT).to_string(),
            Err(_) if address.contains(':') => address.into(),
            Err(_) => format!("{address}:{PORT}"),
        }
    }
}

impl Default for Http {
    /// `127.0.0.1:8000`.
    fn default() -> Self {
        Self::new("127.0.0.1:8000")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_leaves_out_is_added() {
        let cases = [
            ("", "127.0.0.1:D"),
            ("9", "127.0.0.1:9"),
            (":9", "127.0.0.1:9"),
            ("0.0.0.0", "0.0.0.0:D"),
            ("::1", "[::1]:D"),
            ("[::1]:9", "[::1]:9"),
            ("localhost", "localhost:D"),
            ("localhost:9", "localhost:9"),
        ];
        for (given, meant) in cases {
            let meant = meant.replace('D', &PORT.to_string());
            assert_eq!(Http::new(given).socket_address(), meant, "{given}");
        }
    }
}
