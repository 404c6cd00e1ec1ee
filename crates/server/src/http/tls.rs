//! TLS: the certificate is read again when its files have changed.

use std::fmt;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio::net::TcpStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;
use toolwright_core::error::{Error, Result};

/// A certificate chain and its private key, in PEM files.
#[derive(Debug, Clone)]
pub(super) struct Files {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// What tells one state of the two files from another.
type State = [Option<(SystemTime, u64)>; 2];

/// The certificate that is shown to clients.
pub(super) struct Tls {
    files: Files,
    loaded: Mutex<Loaded>,
}

struct Loaded {
    /// Of the files when they were last read, whether they could be used or not.
    state: State,
    config: Arc<ServerConfig>,
}

impl Tls {
    pub(super) fn load(files: Files) -> Result<Self> {
        let state = files.state();
        let config = files.read()?;
        Ok(Self { files, loaded: Mutex::new(Loaded { state, config }) })
    }

    /// Shakes hands, with the certificate as it is now.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        tokio_rustls::TlsAcceptor::from(self.current()).accept(stream).await
    }

    /// Two files are looked at for each connection: little beside a handshake, and no clock is needed.
    fn current(&self) -> Arc<ServerConfig> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self.files.state();
        if state != loaded.state {
            loaded.state = state;
            match self.files.read() {
                Ok(config) => loaded.config = config,
                Err(error) => {
                    tracing::warn!("the certificate in use is kept, the new one is not usable: {error}");
                }
            }
        }
        Arc::clone(&loaded.config)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Files {
    fn state(&self) -> State {
        let state = |metadata: Metadata| Some((metadata.modified().ok()?, metadata.len()));
        [&self.certificate, &self.key].map(|path| std::fs::metadata(path).ok().and_then(state))
    }

    fn read(&self) -> Result<Arc<ServerConfig>> {
        let failed = |what: &str, path: &Path, error: &dyn fmt::Display| {
            Error::msg(format!("cannot read the {what} in {}: {error}", path.display()))
        };
        let certificates: Vec<_> = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect)
            .map_err(|error| failed("certificate", &self.certificate, &error))?;
        if certificates.is_empty() {
            return Err(failed("certificate", &self.certificate, &"there is none"));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| failed("private key", &self.key, &error))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .map_err(|error: rustls::Error| {
                Error::msg(format!(
                    "the certificate in {} cannot be used with the key in {}: {error}",
                    self.certificate.display(),
                    self.key.display()
                ))
            })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}
