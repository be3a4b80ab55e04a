//! A gRPC server: health, reflection, access, limits, and a drain that lets calls finish.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::access::{AccessLayer, Rules, Verifier};
use crate::telemetry::Metrics;

/// The longest a call may take, whatever its caller allows.
const LONGEST_CALL: Duration = Duration::from_secs(30);

/// Calls of one connection that run at once.
const CALLS_PER_CONNECTION: usize = 256;

/// Largest request that a service reads, in bytes; a larger one is refused by gRPC itself, as OUT_OF_RANGE.
pub const LARGEST_REQUEST: usize = 1024 * 1024;

/// How long calls may take to finish once the server stops.
pub const DRAIN: Duration = Duration::from_secs(15);

/// What a server is made of.
pub struct Serving {
    /// The service's name.
    pub service: &'static str,
    /// Its handlers.
    pub routes: Routes,
    /// The contract's access rules.
    pub rules: Arc<Rules>,
    /// Who is trusted to say who calls.
    pub verifier: Verifier,
    /// Where calls are counted.
    pub metrics: Metrics,
    /// Whether strangers may ask what methods there are.
    pub reflection: bool,
}

/// Binds an address.
///
/// # Errors
/// Tells the setting to change if the port is taken.
pub async fn bind(address: SocketAddr, setting: &str) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let text = format!("cannot listen on {address} ({error}); choose another with {setting}");
        std::io::Error::new(error.kind(), text)
    })
}

impl Serving {
    /// Serves until `stop` is cancelled, then lets running calls finish within [`DRAIN`].
    ///
    /// # Errors
    /// The reflection service cannot be built, or the transport fails.
    pub async fn on(
        self,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let (health, health_service) = tonic_health::server::health_reporter();
        health.set_service_status("", tonic_health::ServingStatus::Serving).await;
        let mut routes = self.routes.add_service(health_service);
        if self.reflection {
            let reflection = tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
                .build_v1()?;
            routes = routes.add_service(reflection);
        }
        let access =
            AccessLayer::new(self.service, self.rules, self.verifier, self.metrics.clone());
        let draining = stop.clone();
        let drain = async move {
            draining.cancelled().await;
            health.set_service_status("", tonic_health::ServingStatus::NotServing).await;
        };
        // Without it a small answer waits some 40 ms for the acknowledgement of the one before.
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let serving = Server::builder()
            .timeout(LONGEST_CALL)
            .concurrency_limit_per_connection(CALLS_PER_CONNECTION)
            .max_concurrent_streams(u32::try_from(CALLS_PER_CONNECTION).ok())
            .http2_keepalive_interval(Some(Duration::from_secs(30)))
            .layer(access)
            .add_routes(routes)
            .serve_with_incoming_shutdown(incoming, drain);
        tokio::select! {
            served = serving => served?,
            () = cut_off(stop) => tracing::warn!(service = self.service, "calls were cut off after the drain"),
        }
        Ok(())
    }
}

async fn cut_off(stop: CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(DRAIN).await;
}
