//! Calls that nobody on their way can read: TLS by rustls, certificates in PEM.
//!
//! A server shows that it is the service it is taken for: its certificate bears the service's name (`mailing`), whatever machine it runs on,
//! and is signed by the mesh's own authority. Who calls is told by tokens, so callers show no certificate.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};
use tonic::transport::{Certificate, ClientTlsConfig};

use crate::server::FIRST_WORDS;
use crate::service::BoxError;

/// A file that cannot be used.
#[derive(Debug, Error)]
#[error("{path}: {source}")]
pub struct TlsError {
    path: PathBuf,
    source: BoxError,
}

/// What a server shows to those who connect.
pub type Shown = TlsAcceptor;

/// Whom a caller believes to be a service of this mesh.
#[derive(Clone, Debug)]
pub struct Authority(Certificate);

impl Authority {
    /// The certificate of the authority in a file.
    ///
    /// # Errors
    /// It cannot be read. What it holds is judged with the first connection.
    pub fn read(path: &Path) -> Result<Self, TlsError> {
        Ok(Self(Certificate::from_pem(read(path)?)))
    }

    /// What a connection to `service` is held to.
    pub fn of(&self, service: &str) -> ClientTlsConfig {
        ClientTlsConfig::new()
            .ca_certificate(self.0.clone())
            .domain_name(service)
            .timeout(FIRST_WORDS)
    }
}

/// What a server shows, from the files of its certificate and of the key to it. It speaks HTTP/2 and nothing else.
///
/// # Errors
/// One cannot be read or holds no PEM, or they do not belong together.
pub fn shown(certificate: &Path, key: &Path) -> Result<Shown, TlsError> {
    let chain = CertificateDer::pem_slice_iter(&read(certificate)?).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(unusable(certificate))?;
    let own = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(unusable(key))?;
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, own))
        .map_err(unusable(certificate))?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Shown::from(Arc::new(config)))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(unusable(path))
}

fn unusable<E: Into<BoxError>>(path: &Path) -> impl FnOnce(E) -> TlsError {
    move |source| TlsError { path: path.into(), source: source.into() }
}
