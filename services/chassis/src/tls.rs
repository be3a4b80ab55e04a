//! Calls that nobody on their way can read: TLS by rustls, certificates in PEM.
//!
//! A server shows that it is the service it is taken for: its certificate bears the service's name (`mailing`), whatever machine it runs on,
//! and is signed by the mesh's own authority. Who calls is told by tokens, so callers show no certificate.

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;
use tonic::transport::{Certificate, ClientTlsConfig, Identity, ServerTlsConfig};

use crate::server::FIRST_WORDS;

/// A file that cannot be used.
#[derive(Debug, Error)]
#[error("{path}: {source}")]
pub struct TlsError {
    path: PathBuf,
    source: std::io::Error,
}

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

/// What a server shows, from the files of its certificate and of the key to it.
///
/// # Errors
/// One cannot be read.
pub fn shown(certificate: &Path, key: &Path) -> Result<ServerTlsConfig, TlsError> {
    let identity = Identity::from_pem(read(certificate)?, read(key)?);
    Ok(ServerTlsConfig::new().identity(identity).timeout(FIRST_WORDS))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError { path: path.into(), source })
}
