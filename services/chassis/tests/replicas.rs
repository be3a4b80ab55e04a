//! Questions go to the replicas that serve, by name, and a replica that went is asked no more.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chassis::access::{Issuer, Rules, SigningKey, Verifier};
use chassis::clock::Clock;
use chassis::health::Health;
use chassis::peers::{PeerChannel, Peers};
use chassis::server::{Places, Serving};
use chassis::service::BoxError;
use chassis::telemetry::Metrics;
use support::{PATIENCE, eventually, nobody};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

struct Replica {
    address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<Result<(), BoxError>>,
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

impl Replica {
    /// One that is ready when `ready` has come to its end.
    async fn start(ready: impl Future<Output = ()> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (address, stop) =
            (listener.local_addr().expect("its address"), CancellationToken::new());
        let serving = Serving {
            service: "identity",
            routes: Routes::default(),
            rules: Arc::new(Rules::of_contract(proto::DESCRIPTORS).expect("a whole contract")),
            verifier: Verifier::new(&[key().verifying_key()], Clock::system()).expect("a key"),
            metrics: Metrics::new(),
            health: Health::of("identity").await,
            reflection: false,
            connections: Places { all: 100, of_one: 100 },
            leave: Duration::ZERO,
            stopping: CancellationToken::new(),
            tls: None,
        };
        let serving = tokio::spawn(serving.when(ready, listener, stop.clone()));
        Self { address, stop, serving }
    }

    async fn stopped(self) {
        self.stop.cancel();
        self.serving.await.expect("no panic").expect("in order");
    }
}

fn channel(addresses: &[String]) -> PeerChannel {
    let issuer = Issuer::of_service("dossier", &key(), Clock::system()).expect("a key");
    let peers = Peers::replicated(HashMap::from([("identity", addresses.to_vec())]), issuer, None);
    peers.channel("dossier", "identity").expect("an address")
}

async fn health(channel: &PeerChannel) -> Option<ServingStatus> {
    let asked = HealthCheckRequest { service: "identity".into() };
    let answer = HealthClient::new(channel.clone()).check(asked).await;
    answer.ok().map(|answer| answer.get_ref().status())
}

/// Whether many questions in a row are answered by a replica that serves.
async fn serves(channel: &PeerChannel) -> bool {
    for _ in 0..30 {
        if health(channel).await != Some(ServingStatus::Serving) {
            return false;
        }
    }
    true
}

#[tokio::test]
async fn a_replica_that_is_gone_or_not_ready_is_asked_no_more() {
    let (first, second) = (Replica::start(async {}).await, Replica::start(async {}).await);
    let not_ready = Replica::start(std::future::pending()).await;
    let mut addresses = vec![nobody()];
    addresses.extend(
        [&first, &second, &not_ready].map(|it| format!("http://localhost:{}", it.address.port())),
    );
    let channel = channel(&addresses);
    eventually(PATIENCE, async || serves(&channel).await).await;
    first.stopped().await;
    eventually(PATIENCE, async || serves(&channel).await).await;
    second.stopped().await;
    // Nobody serves: the one that is there is asked all the same, and nothing waits for ever.
    eventually(PATIENCE, async || {
        health(&channel).await.is_none_or(|it| it != ServingStatus::Serving)
    })
    .await;
    not_ready.stopped().await;
}
