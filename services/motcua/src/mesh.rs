//! All services raised and started in this process.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chassis::access::{Issuer, Rules, SigningKey, Verifier};
use chassis::clock::Clock;
use chassis::config::{Setting, Settings};
use chassis::events::{Carrier, Kafka, KafkaCarrier, Log, LogCarrier, Sink};
use chassis::health::Health;
use chassis::keys::Keys;
use chassis::peers::Peers;
use chassis::running::Running;
use chassis::server::{Places, Ports};
use chassis::service::{BoxError, Kind, Process, Standing};
use chassis::telemetry::Metrics;
use payment::settings::SANDBOX_ACCOUNT;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;

use crate::settings;

/// The name of the key that signs tokens of everybody.
pub(crate) const TOKENS: &str = "tokens";

/// One service to run here.
pub struct Planned {
    /// Which.
    pub kind: Kind,
    /// Where it listens.
    pub listener: TcpListener,
    /// Its database.
    pub database: PgConnectOptions,
}

/// What a process that runs services is told.
pub struct Plan {
    /// Services to run here.
    pub services: Vec<Planned>,
    /// The clock.
    pub clock: Clock,
    /// The keys.
    pub keys: Keys,
    /// What the operator chose.
    pub settings: Arc<Settings>,
    /// The folder for what services keep outside their databases.
    pub data: PathBuf,
    /// Measures.
    pub metrics: Metrics,
    /// Ports beside those of gRPC.
    pub ports: Ports,
    /// Whether servers answer reflection.
    pub reflection: bool,
    /// Connections of each service to its database.
    pub connections: u32,
    /// Kafka, `host:port,…`; none: services read each other's logs.
    pub brokers: Option<String>,
}

/// Services that run in this process.
pub struct Mesh {
    /// Where each listens.
    pub addresses: BTreeMap<&'static str, SocketAddr>,
    /// Signs tokens in the name of identity.
    pub issuer: Issuer,
    /// What each service does about the facts of others, for replaying dead letters.
    pub sinks: Vec<Sink>,
    running: Running,
}

/// Signs tokens with the key of an installation.
///
/// # Errors
/// The key cannot be read or made.
pub fn issuer(keys: &Keys, clock: &Clock) -> Result<Issuer, BoxError> {
    Ok(Issuer::new(&token_key(keys)?, clock.clone())?)
}

fn token_key(keys: &Keys) -> Result<SigningKey, BoxError> {
    Ok(SigningKey::from_bytes(&*keys.secret(TOKENS)?))
}

/// Services that listen on a port beside that of gRPC, and the setting that says which.
const BESIDE: [(&str, &Setting<SocketAddr>); 2] = [
    ("mailing", &mailing::settings::CALLBACK_LISTEN),
    ("payment", &payment::settings::CALLBACK_LISTEN),
];

/// Takes the ports that services listen on beside gRPC.
///
/// # Errors
/// One is taken: told with the setting to change.
pub async fn ports(settings: &Settings) -> Result<Ports, BoxError> {
    Ports::bind(settings, &BESIDE.map(|(_, setting)| setting)).await
}

/// The same for one service.
///
/// # Errors
/// One is taken: told with the setting to change.
pub async fn ports_of(service: &str, settings: &Settings) -> Result<Ports, BoxError> {
    let own = BESIDE.into_iter().filter(|(of, _)| *of == service).map(|(_, setting)| setting);
    Ports::bind(settings, &own.collect::<Vec<_>>()).await
}

/// The settings of an installation that raises the sandbox too. What both sides need and nobody set is its own: secrets, kept with its
/// keys, and where the sandbox listens.
///
/// # Errors
/// A key cannot be read or made.
pub fn beside_sandbox(settings: &Settings, keys: &Keys) -> Result<Settings, BoxError> {
    let completed = settings.completed(&mailing::settings::own_secrets(keys)?)?;
    let mut completed = completed.completed(&payment::settings::own_secrets(keys)?)?;
    let outside = [
        (&mailing::settings::SMS_URL, &settings::TELEPHONE_LISTEN),
        (&mailing::settings::CARRIER_URL, &settings::CARRIER_LISTEN),
        (&payment::settings::BANK_URL, &settings::BANK_LISTEN),
    ];
    for (url, listen) in outside {
        if let Some(address) = settings.get(listen)? {
            let name = url.declaration().name;
            completed = completed.completed(&[(name, format!("http://{address}").into())])?;
        }
    }
    if settings.get(&settings::BANK_LISTEN)?.is_some() {
        completed =
            completed.completed(&SANDBOX_ACCOUNT.map(|(name, text)| (name, text.into())))?;
    }
    Ok(completed)
}

impl Mesh {
    /// Raises every service (connect, migrate, assemble), then starts them all.
    ///
    /// # Errors
    /// Any of them cannot stand; then none was started.
    pub async fn start(plan: Plan) -> Result<Self, BoxError> {
        let mut addresses = BTreeMap::new();
        for service in &plan.services {
            addresses.insert(service.kind.name, service.listener.local_addr()?);
        }
        let process = process(&plan, &addresses)?;
        let issuer = process.issuer.clone();
        let mut standing = Vec::new();
        for Planned { kind, listener, database } in plan.services {
            let raised = Standing::raise(kind, process.clone(), database, plan.connections).await?;
            standing.push((raised, listener));
        }
        let logs = standing.iter().map(|(service, _)| service.log.clone()).collect();
        let prefix = plan.settings.get(&settings::KAFKA_PREFIX)?;
        let kafka = plan.brokers.map(|brokers| Kafka { brokers, prefix });
        let carrier = carrier(kafka.clone(), logs);
        let (mut running, mut sinks) = (Running::default(), Vec::new());
        for (service, listener) in standing {
            let health = Health::of(service.kind.name).await;
            sinks.extend(service.start(listener, health, &*carrier, kafka.clone(), &mut running));
        }
        Ok(Self { addresses, issuer, sinks, running })
    }

    /// What runs, for what is to run beside the services until they have stopped.
    pub fn running(&mut self) -> &mut Running {
        &mut self.running
    }

    /// Returns when a task of a service ends although nobody stopped it.
    pub async fn failed(&mut self) -> BoxError {
        self.running.failed().await
    }

    /// Lets running calls finish, then stops everything.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}

/// The one place that decides who carries events.
fn carrier(kafka: Option<Kafka>, logs: Vec<Log>) -> Box<dyn Carrier> {
    match kafka {
        Some(kafka) => Box::new(KafkaCarrier::new(kafka)),
        None => Box::new(LogCarrier::new(logs)),
    }
}

fn process(plan: &Plan, here: &BTreeMap<&'static str, SocketAddr>) -> Result<Process, BoxError> {
    let addresses = here.iter().map(|(name, address)| (*name, format!("http://{address}")));
    let key = token_key(&plan.keys)?;
    let issuer = Issuer::new(&key, plan.clock.clone())?;
    Ok(Process {
        clock: plan.clock.clone(),
        metrics: plan.metrics.clone(),
        keys: plan.keys.clone(),
        settings: plan.settings.clone(),
        data: plan.data.clone(),
        verifier: Verifier::new(&[key.verifying_key()], plan.clock.clone())?,
        rules: Arc::new(Rules::of_contract(proto::DESCRIPTORS)?),
        peers: Peers::new(addresses.collect(), issuer.clone()),
        issuer,
        reflection: plan.reflection,
        connections: Places::of(&plan.settings)?,
        leave: Duration::ZERO,
        ports: plan.ports.clone(),
        tls: None,
    })
}
