//! One service on its feet, without the others.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use chassis::access::{Issuer, Rules, SigningKey, Verifier};
use chassis::clock::Clock;
use chassis::config::{Declaration, Setting, Settings, Sources};
use chassis::events::{LogCarrier, Sink};
use chassis::keys::Keys;
use chassis::peers::Peers;
use chassis::running::Running;
use chassis::server::Ports;
use chassis::service::{Kind, Process, Standing};
use chassis::telemetry::Metrics;
use tokio::net::TcpListener;
use tonic::transport::{Channel, Endpoint};

use crate::TestDatabase;

/// Connections of the service to its database.
const CONNECTIONS: u32 = 8;

/// Connections that the service takes.
const CALLERS: u32 = 100;

/// What surrounds the service.
#[derive(Default)]
pub struct Surroundings {
    /// Addresses of those it asks, `http://host:port`.
    pub peers: HashMap<&'static str, String>,
    /// Its settings.
    pub table: Vec<Declaration>,
    /// What an operator sets, `name=value`.
    pub set: Vec<String>,
    /// The settings of ports that it listens on beside gRPC.
    pub ports: Vec<&'static Setting<SocketAddr>>,
}

/// A running service with its own database, keys and clock; it ends with the value.
pub struct Alone {
    /// Where it answers.
    pub channel: Channel,
    /// Its database.
    pub database: TestDatabase,
    /// Its clock, which stands still until it is moved.
    pub clock: Clock,
    /// Signs tokens it trusts.
    pub issuer: Issuer,
    /// Verifies tokens it gives.
    pub verifier: Verifier,
    /// Where facts of others come in.
    pub sinks: Vec<Sink>,
    keys: PathBuf,
    _running: Running,
}

impl Drop for Alone {
    fn drop(&mut self) {
        // A folder that stays is no failure of the test.
        let _ = std::fs::remove_dir_all(&self.keys);
    }
}

impl Alone {
    /// Raises and starts the service on a fresh database.
    pub async fn raise(kind: Kind, clock: Clock, around: Surroundings) -> Self {
        let database = TestDatabase::new(kind.name, kind.migrations, &clock).await;
        let keys = std::env::temp_dir().join(format!("motcua-{}-{}", kind.name, fresh_name()));
        let key = SigningKey::from_bytes(&[7; 32]);
        let issuer = Issuer::new(&key, clock.clone()).expect("a key");
        let verifier = Verifier::new(&[key.verifying_key()], clock.clone()).expect("a key");
        let command_line = around.set.into_iter().map(Into::into).collect();
        let sources = Sources { command_line, ..Sources::default() };
        let settings = Settings::load(&around.table, &sources).expect("settings");
        let ports = Ports::bind(&settings, &around.ports).await.expect("free ports");
        let process = Process {
            clock: clock.clone(),
            metrics: Metrics::new(),
            keys: Keys::in_folder(&keys).expect("a folder for keys"),
            settings: Arc::new(settings),
            data: keys.join("data"),
            verifier: verifier.clone(),
            rules: Arc::new(Rules::of_contract(proto::DESCRIPTORS).expect("a whole contract")),
            peers: Peers::new(around.peers, issuer.clone()),
            issuer: issuer.clone(),
            reflection: false,
            connections: CALLERS,
            ports,
        };
        let standing = Standing::raise(kind, process, database.options(), CONNECTIONS).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let (standing, mut running) = (standing.expect("the service stands"), Running::default());
        let sinks = standing.start(listener, &LogCarrier::default(), None, &mut running);
        let channel = Endpoint::from_shared(address).expect("an address").connect_lazy();
        Self { channel, database, clock, issuer, verifier, sinks, keys, _running: running }
    }
}

/// Unlike any other of this or another process.
fn fresh_name() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
