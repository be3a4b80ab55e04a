//! Where a mesh is found by whoever calls it from the command line: this installation's own, or one of processes elsewhere.

use std::time::Duration;

use chassis::config::Settings;
use chassis::replicas::Manner;
use chassis::service::BoxError;
use chassis::tls::Authority;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::codegen::http::Uri;
use tonic::transport::Channel;

use crate::{settings, wire};

/// How long a call may take before it is given up: many times what most need, and as long as a server lets one run.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a process that listens may take to say so.
const LISTENS_WITHIN: Duration = Duration::from_secs(2);

/// Where every service is.
pub struct Reach {
    found: Vec<(&'static str, Vec<String>)>,
    authority: Option<Authority>,
    elsewhere: bool,
}

impl Reach {
    /// As the settings say: at `peers.<service>` where those are set, else where this installation's own listens; under TLS where
    /// there is an authority to judge it by.
    ///
    /// # Errors
    /// The authority's certificate cannot be read, or an address is one that a token must not be sent to.
    pub fn of(settings: &Settings) -> Result<Self, BoxError> {
        let authority = settings.get(&settings::TLS_AUTHORITY)?;
        let authority = authority.map(|file| Authority::read(&file)).transpose()?;
        let off = settings.get(&settings::TLS_OFF)?;
        let scheme = if authority.is_some() { "https" } else { "http" };
        let (mut found, mut elsewhere) = (Vec::new(), false);
        for of in &settings::SERVICES {
            let mut addresses = settings.get(&of.peers)?;
            elsewhere |= !addresses.is_empty();
            if let Some(other) = addresses.iter().find(|it| !wire::may_be_trusted(it, off)) {
                let name = of.peers.declaration().name;
                return Err(format!(
                    "{name} holds {other}: a token goes to https://host:port, or set tls.off"
                )
                .into());
            }
            if addresses.is_empty() {
                addresses.push(format!("{scheme}://{}", settings.get(&of.listen)?));
            }
            found.push((of.service, addresses));
        }
        Ok(Self { found, authority, elsewhere })
    }

    /// Whether it is a mesh of other processes: nothing is started here in its place.
    pub fn is_elsewhere(&self) -> bool {
        self.elsewhere
    }

    /// Who signs the certificates of its services, where they speak TLS.
    pub fn authority(&self) -> Option<&Authority> {
        self.authority.as_ref()
    }

    /// Every service with the addresses of its processes.
    pub fn services(&self) -> &[(&'static str, Vec<String>)] {
        &self.found
    }

    /// The addresses of the processes of a service; none of one that there is not.
    pub fn addresses(&self, service: &str) -> &[String] {
        let found = self.found.iter().find(|(name, _)| *name == service);
        found.map(|(_, addresses)| addresses.as_slice()).unwrap_or_default()
    }

    /// A channel to the first process of a service that listens. Health is not asked: what does not serve yet can be looked into too.
    ///
    /// # Errors
    /// An address is none.
    pub async fn channel(&self, service: &str) -> Result<Option<Channel>, BoxError> {
        for address in self.addresses(service) {
            if listens(address).await {
                let tls = self.authority.as_ref().map(|authority| authority.of(service));
                let manner = Manner { patience: PATIENCE, tls };
                return Ok(Some(manner.endpoint(address)?.connect_lazy()));
            }
        }
        Ok(None)
    }
}

/// Whether something listens at `scheme://host:port`.
async fn listens(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let Some(at) = uri.authority() else { return false };
    matches!(timeout(LISTENS_WITHIN, TcpStream::connect(at.as_str())).await, Ok(Ok(_)))
}
