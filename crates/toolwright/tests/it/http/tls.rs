//! HTTP over TLS: what is negotiated, renewed, refused and cut.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use toolwright::{Http, Limits};

use super::client::{Client, Running, service, start};

/// A folder with a certificate and its key, removed at the end.
struct Files(PathBuf);

impl Files {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("toolwright-tls-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn certificate(&self) -> PathBuf {
        self.0.join("chain.pem")
    }

    fn key(&self) -> PathBuf {
        self.0.join("key.pem")
    }

    /// Writes a new certificate for `localhost`; gives what trusts it alone.
    fn renew(&self) -> RootCertStore {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(self.certificate(), made.cert.pem()).unwrap();
        std::fs::write(self.key(), made.signing_key.serialize_pem()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        roots
    }

    fn http(&self) -> Http {
        Http::new("127.0.0.1:0").tls(self.certificate(), self.key())
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn shake(
    running: &Running,
    roots: &RootCertStore,
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    let mut config = config.with_root_certificates(roots.clone()).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(&running.address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn calls(stream: TlsStream<TcpStream>) -> bool {
    let mut client = Client::over(stream, "localhost");
    let answer = client.modern("tools/call", json!({"name": "echo", "arguments": {"text": "hi"}})).await;
    crate::peer::text(&answer.json()) == "hi"
}

#[tokio::test]
async fn both_versions_of_http_are_negotiated() {
    let files = Files::new("alpn");
    let roots = files.renew();
    let running = start(files.http(), Limits::default()).await;
    assert!(calls(shake(&running, &roots, &["http/1.1"]).await.unwrap()).await);
    assert!(calls(shake(&running, &roots, &[]).await.unwrap()).await);
    let mut stream = shake(&running, &roots, &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4, "the server begins with its settings");
    assert!(shake(&running, &roots, &["spdy/1"]).await.is_err());
}

#[tokio::test]
async fn the_url_and_the_page_say_https() {
    let files = Files::new("url");
    let roots = files.renew();
    let (service, _) = service(Limits::default());
    assert!(service.bind_http(files.http()).await.unwrap().url().starts_with("https://127.0.0.1:"));
    let running = start(files.http(), Limits::default()).await;
    let mut client = Client::over(shake(&running, &roots, &[]).await.unwrap(), "localhost");
    client.request("GET", "/", &[("accept", "text/html")], "").await;
    assert!(client.answer().await.body.contains("https://localhost/mcp"));
}

/// From the next connection on; a pair that does not fit together changes nothing.
#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart() {
    let files = Files::new("renew");
    let first = files.renew();
    let running = start(files.http(), Limits::default()).await;
    let open = shake(&running, &first, &[]).await.unwrap();
    let key = std::fs::read(files.key()).unwrap();
    let second = files.renew();
    let new_key = std::fs::read(files.key()).unwrap();
    std::fs::write(files.key(), [key.as_slice(), b"\n"].concat()).unwrap();
    assert!(calls(shake(&running, &first, &[]).await.unwrap()).await, "half renewed, the old one stays");
    std::fs::write(files.key(), new_key).unwrap();
    assert!(calls(shake(&running, &second, &[]).await.unwrap()).await);
    assert!(shake(&running, &first, &[]).await.is_err());
    assert!(calls(open).await, "who is connected stays so");
    std::fs::remove_file(files.certificate()).unwrap();
    assert!(calls(shake(&running, &second, &[]).await.unwrap()).await);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_told_before_anything_is_served() {
    let files = Files::new("broken");
    let (service, _) = service(Limits::default());
    let refused = async || service.bind_http(files.http()).await.unwrap_err().to_string();
    assert!(refused().await.contains("chain.pem"), "there is none");
    files.renew();
    let key = std::fs::read(files.key()).unwrap();
    files.renew();
    std::fs::write(files.key(), key).unwrap();
    assert!(refused().await.contains("cannot be used with the key"));
    std::fs::write(files.key(), "no key").unwrap();
    assert!(refused().await.contains("key.pem"));
    std::fs::write(files.certificate(), "").unwrap();
    assert!(refused().await.contains("there is none"));
}

/// `Limits::header_time` holds for the handshake, too; plain HTTP is none.
#[tokio::test]
async fn who_does_not_shake_hands_is_cut() {
    let files = Files::new("slow");
    let roots = files.renew();
    let limits = Limits { header_time: Duration::from_millis(50), ..Limits::default() };
    let running = start(files.http(), limits).await;
    assert!(running.connect().await.is_cut().await);
    let mut plain = running.connect().await;
    plain.request("GET", "/healthz", &[], "").await;
    let rest = plain.rest().await;
    assert!(!rest.starts_with(b"HTTP"), "an alert at most: {rest:?}");
    assert!(calls(shake(&running, &roots, &[]).await.unwrap()).await);
}
