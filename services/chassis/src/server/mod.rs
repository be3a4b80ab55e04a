//! A gRPC server: health, reflection, access, limits, and a drain that lets calls finish.

mod calls;
mod frames;
mod gate;
mod greeting;
pub mod http;
mod ports;
mod shares;

use std::future::{pending, ready};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;

use self::calls::Calls;
pub use self::calls::{ANSWER_WITHIN, REQUEST_WITHIN};
pub use self::gate::{CONNECTIONS, CONNECTIONS_OF_ONE, Connection, Gate, Places};
pub use self::greeting::FIRST_WORDS;
pub(crate) use self::greeting::greeted;
pub use self::ports::Ports;
use crate::access::{AccessLayer, Rules, Verifier};
use crate::config::Setting;
use crate::health::Health;
use crate::service::BoxError;
use crate::telemetry::Metrics;
use crate::tls::Shown;

/// The longest a call may take, whatever its caller allows.
const LONGEST_CALL: Duration = Duration::from_secs(30);

/// Calls of one connection that run at once.
const CALLS_PER_CONNECTION: usize = 256;

/// How often a connection is asked whether it lives, and how long it may take to say so.
const ALIVE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));

/// How long a connection lives before it takes its leave: running calls and watches end as they would, the next call finds a fresh connection,
/// and through a load balancer perhaps another replica. One that is kept and not used gives its place back.
const LIFE: Duration = Duration::from_secs(30 * 60);

/// Largest request that a service reads, in bytes; a larger one is refused by gRPC itself, as OUT_OF_RANGE.
pub const LARGEST_REQUEST: usize = 1024 * 1024;

/// How long calls may take to finish once the server stops.
pub const DRAIN: Duration = Duration::from_secs(15);

/// How long it goes on once it has said that it goes: a caller on a busy machine, whose looks at it twice find no time, sees that after six
/// seconds (`replicas`), and has begun to connect for one more call.
pub const LEAVE: Setting<Duration> = Setting::new(
    "server.leave",
    "7s",
    "How long a service of serve that is told to stop still takes calls, while its health says that it does not serve: until callers have turned to its \
     other replicas; at most 10s.",
);

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
    /// Where it tells whether it serves.
    pub health: Health,
    /// Whether strangers may ask what methods there are.
    pub reflection: bool,
    /// Connections at once; one more is closed.
    pub connections: Places,
    /// How long it goes on once it has said that it goes: until callers have turned to other replicas, where there are any.
    pub leave: Duration,
    /// Cancelled when it begins to stop.
    pub stopping: CancellationToken,
    /// What it shows to those who connect; none: it is spoken to in plain.
    pub tls: Option<Shown>,
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
    /// Serves until `stop` is cancelled, then says so by health and takes its leave. After that it tells those who listen to `stopping`,
    /// takes no more calls, and lets running ones finish within [`DRAIN`]. A connection on which nothing runs but streams, and that does not
    /// take its leave, is closed a second after the last call.
    ///
    /// # Errors
    /// The reflection service cannot be built, or the transport fails.
    pub async fn on(self, listener: TcpListener, stop: CancellationToken) -> Result<(), BoxError> {
        self.when(ready(()), listener, stop).await
    }

    /// The same; health tells that it serves only when `ready` has come to its end. Calls are answered before that too.
    ///
    /// # Errors
    /// As [`Serving::on`].
    pub async fn when<R>(
        self,
        ready: impl Future<Output = R>,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> Result<(), BoxError> {
        let (service, health, stopping) = (self.service, self.health, self.stopping);
        let mut routes = self.routes.add_service(health.answers());
        if self.reflection {
            routes = routes.add_service(
                tonic_reflection::server::Builder::configure()
                    .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
                    .build_v1()?,
            );
        }
        let gate = Gate::new(service, listener, self.connections, self.metrics.clone());
        let (calls, shut) = (Calls::of(self.rules.clone()), gate.shut());
        let access = AccessLayer::new(service, self.rules, self.verifier, self.metrics);
        let is_ready = async {
            ready.await;
            if !stop.is_cancelled() {
                health.serves(true).await;
            }
            pending::<()>().await
        };
        let takes_leave = async {
            stop.cancelled().await;
            health.serves(false).await;
            sleep(self.leave).await;
            stopping.cancel();
            pending::<()>().await
        };
        let serving = limited()
            .layer(access)
            .layer(calls.clone())
            .add_routes(routes)
            .serve_with_incoming_shutdown(
                greeted(gate, self.tls),
                stopping.clone().cancelled_owned(),
            );
        let mut serving = pin!(serving);
        tokio::select! {
            served = &mut serving => return Ok(served?),
            () = drained(service, &stopping, calls) => shut.cancel(),
            () = is_ready => {}
            () = takes_leave => {}
        }
        Ok(serving.await?)
    }
}

/// A server that bounds what one connection may ask, and closes those that are dead.
pub(crate) fn limited() -> Server {
    let (interval, patience) = ALIVE;
    Server::builder()
        .timeout(LONGEST_CALL)
        .concurrency_limit_per_connection(CALLS_PER_CONNECTION)
        .max_concurrent_streams(u32::try_from(CALLS_PER_CONNECTION).ok())
        .max_connection_age(LIFE)
        .http2_keepalive_interval(Some(interval))
        .http2_keepalive_timeout(Some(patience))
}

/// Returns when, once it is `stopping`, the last call has been answered or has used up its time.
async fn drained(service: &'static str, stopping: &CancellationToken, calls: Calls) {
    stopping.cancelled().await;
    if tokio::time::timeout(DRAIN, calls.over()).await.is_err() {
        tracing::warn!(service, "calls were cut off after the drain");
    }
}
