//! Whether a service serves, and whether its process lives, in the words of the gRPC health protocol.
//!
//! A service tells it on its own port. Where that speaks TLS, probes that cannot, such as those of Kubernetes, ask on a port beside it.

use std::time::Duration;

use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

use crate::server::{Gate, greeted, limited};
use crate::service::BoxError;

/// The name under which a process tells that it makes progress. It says so whenever it answers at all, for what answers are the same
/// threads that do the work; that a database, a broker or a peer is away does not count, for no restart brings them back.
pub const LIVENESS: &str = "liveness";

/// Largest question about health, in bytes: a name.
const LARGEST_QUESTION: usize = 1024;

/// How long a connection for probes lives: each asks once and goes.
const LIFE: Duration = Duration::from_secs(10);

/// What is told of one service. Clones tell the same.
#[derive(Clone, Debug)]
pub struct Health {
    service: &'static str,
    reporter: HealthReporter,
}

impl Health {
    /// Of a service that does not serve yet, in a process that lives.
    pub async fn of(service: &'static str) -> Self {
        let health = Self { service, reporter: HealthReporter::new() };
        health.serves(false).await;
        health.reporter.set_service_status(LIVENESS, ServingStatus::Serving).await;
        health
    }

    /// Tells whether it serves, under no name and under its own.
    pub(crate) async fn serves(&self, serves: bool) {
        let status = if serves { ServingStatus::Serving } else { ServingStatus::NotServing };
        for name in ["", self.service] {
            self.reporter.set_service_status(name, status).await;
        }
    }

    /// The handlers that answer with it.
    pub(crate) fn answers(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.reporter.clone()))
            .max_decoding_message_size(LARGEST_QUESTION)
    }

    /// Answers with it, and with nothing else, whom `gate` lets in; in plain, for as long as it is polled.
    ///
    /// # Errors
    /// The transport fails.
    pub async fn serve(self, gate: Gate) -> Result<(), BoxError> {
        let server = limited().max_connection_age(LIFE).add_service(self.answers());
        Ok(server.serve_with_incoming(greeted(gate, None)).await?)
    }
}
