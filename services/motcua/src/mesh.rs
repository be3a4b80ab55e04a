//! Services raised and started in this process: all of them, or one.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use chassis::access::{Issuer, Rules, SigningKey, Verifier};
use chassis::clock::Clock;
use chassis::config::Settings;
use chassis::events::{Carrier, KafkaCarrier, Log, LogCarrier, Sink};
use chassis::keys::Keys;
use chassis::peers::Peers;
use chassis::server::DRAIN;
use chassis::service::{BoxError, Kind, Process, Standing};
use chassis::telemetry::Metrics;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The name of the key that signs tokens.
const TOKENS: &str = "tokens";

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
    /// Measures.
    pub metrics: Metrics,
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
    stop: CancellationToken,
    tasks: JoinSet<Result<(), BoxError>>,
}

/// Signs tokens with the key of an installation.
///
/// # Errors
/// The key cannot be read or made.
pub fn issuer(keys: &Keys, clock: &Clock) -> Result<Issuer, BoxError> {
    let key = SigningKey::from_bytes(&*keys.secret(TOKENS)?);
    Ok(Issuer::new(&key, clock.clone())?)
}

/// The settings of an installation that raises the sandbox too: secrets that both sides need and nobody set are its own, kept with its
/// keys.
///
/// # Errors
/// A key cannot be read or made.
pub fn with_own_secrets(settings: &Settings, keys: &Keys) -> Result<Settings, BoxError> {
    let settings = settings.completed(&mailing::settings::own_secrets(keys)?)?;
    Ok(settings.completed(&payment::settings::own_secrets(keys)?)?)
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
        let issuer = issuer(&plan.keys, &plan.clock)?;
        let process = process(&plan, &addresses, &issuer)?;
        let mut standing = Vec::new();
        for Planned { kind, listener, database } in plan.services {
            let raised = Standing::raise(kind, process.clone(), database, plan.connections).await?;
            standing.push((raised, listener));
        }
        let logs = standing.iter().map(|(service, _)| service.log.clone()).collect();
        let carrier = carrier(plan.brokers.as_deref(), logs);
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let mut sinks = Vec::new();
        for (service, listener) in standing {
            let brokers = plan.brokers.as_deref();
            sinks.extend(service.start(listener, &*carrier, brokers, &stop, &mut tasks));
        }
        Ok(Self { addresses, issuer, sinks, stop, tasks })
    }

    /// Returns when a task of a service ends although nobody stopped it.
    pub async fn failed(&mut self) -> BoxError {
        match self.tasks.join_next().await {
            Some(Ok(Err(error))) => error,
            Some(Err(panic)) => panic.into(),
            Some(Ok(Ok(()))) | None => "a service ended by itself".into(),
        }
    }

    /// Lets running calls finish, then stops everything.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN * 2, ended).await.is_err() {
            tracing::warn!("some tasks did not end and were cut off");
        }
    }
}

/// The one place that decides who carries events.
fn carrier(brokers: Option<&str>, logs: Vec<Log>) -> Box<dyn Carrier> {
    match brokers {
        Some(brokers) => Box::new(KafkaCarrier::new(brokers)),
        None => Box::new(LogCarrier::new(logs)),
    }
}

fn process(
    plan: &Plan,
    here: &BTreeMap<&'static str, SocketAddr>,
    issuer: &Issuer,
) -> Result<Process, BoxError> {
    let addresses = here.iter().map(|(name, address)| (*name, format!("http://{address}")));
    let key = SigningKey::from_bytes(&*plan.keys.secret(TOKENS)?);
    Ok(Process {
        clock: plan.clock.clone(),
        metrics: plan.metrics.clone(),
        keys: plan.keys.clone(),
        settings: plan.settings.clone(),
        verifier: Verifier::new(&[key.verifying_key()], plan.clock.clone())?,
        rules: Arc::new(Rules::of_contract(proto::DESCRIPTORS)?),
        peers: Peers::new(addresses.collect(), issuer.clone()),
        issuer: issuer.clone(),
        reflection: plan.reflection,
    })
}
