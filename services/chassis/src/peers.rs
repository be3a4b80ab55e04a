//! The other services: where they are, and how to ask them a question in this service's name.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Request, Status};

use crate::access::Issuer;
use crate::refusal::Failure;
use crate::replicas::{self, Manner, Replicas};
use crate::status::reason;
use crate::telemetry::current_traceparent;
use crate::tls::Authority;

/// How long a question to another service may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The addresses of all services.
#[derive(Clone)]
pub struct Peers {
    addresses: Arc<HashMap<&'static str, Vec<String>>>,
    issuer: Issuer,
    authority: Option<Authority>,
}

/// A channel on which every question carries who asks and the trace it belongs to.
pub type PeerChannel = InterceptedService<Replicas, Asking>;

impl Peers {
    /// Services by name at addresses `http://host:port`; `issuer` speaks for those who ask.
    pub fn new(addresses: HashMap<&'static str, String>, issuer: Issuer) -> Self {
        let one = |(service, address)| (service, vec![address]);
        Self::replicated(addresses.into_iter().map(one).collect(), issuer, None)
    }

    /// Services by name at all their addresses, where a host may be a name that several replicas share; those at `https://` show
    /// certificates of `authority`.
    pub fn replicated(
        addresses: HashMap<&'static str, Vec<String>>,
        issuer: Issuer,
        authority: Option<Authority>,
    ) -> Self {
        Self { addresses: Arc::new(addresses), issuer, authority }
    }

    /// The channel on which `asker` puts questions to `service`; it connects with the first one. To be called within a runtime.
    ///
    /// # Errors
    /// No address is known, or one is none.
    pub fn channel(
        &self,
        asker: &'static str,
        service: &'static str,
    ) -> Result<PeerChannel, Failure> {
        let unknown =
            |why: String| Failure::Broken(format!("where {service} is (peers.{service}): {why}"));
        let addresses = self.addresses.get(service).map(Vec::as_slice).unwrap_or_default();
        let tls = self.authority.as_ref().map(|authority| authority.of(service));
        let manner = Manner { patience: PATIENCE, tls };
        let channel = replicas::channel(addresses, manner).map_err(unknown)?;
        let name = format!("services/{asker}");
        let asking = Asking { name, service, issuer: self.issuer.clone() };
        Ok(InterceptedService::new(channel, asking))
    }
}

/// A question that `service` did not answer as it should, to be put again: what another service lacks today it may have tomorrow. Its reason is
/// told, or what befell the call on its way; its words are not, for they may speak of a person.
pub fn unanswered(service: &str, status: &Status) -> Failure {
    let code = status.code();
    Failure::Unavailable(match (reason(status), status.source()) {
        (Some(reason), _) => format!("{service} answered {code:?} {reason}"),
        (None, Some(source)) => format!("{service} did not answer: {code:?}, {}", chain(source)),
        (None, None) => format!("{service} answered {code:?}"),
    })
}

/// An error and its causes.
fn chain(error: &(dyn Error + 'static)) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}

/// Puts token and trace on a question.
#[derive(Clone)]
pub struct Asking {
    name: String,
    service: &'static str,
    issuer: Issuer,
}

impl Interceptor for Asking {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let unavailable = |_| Status::unavailable("no token for a service could be made");
        let token = self
            .issuer
            .issue_to(self.service, &self.name)
            .map_err(|error| Status::unavailable(error.to_string()))?;
        let bearer = MetadataValue::try_from(format!("Bearer {token}")).map_err(unavailable)?;
        request.metadata_mut().insert("authorization", bearer);
        if let Some(trace) = current_traceparent().and_then(|trace| trace.parse().ok()) {
            request.metadata_mut().insert("traceparent", trace);
        }
        Ok(request)
    }
}
