//! A service assembled: `up` runs every row of the table of them.

use std::fmt::Display;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::access::{Issuer, Rules, Verifier};
use crate::admin::Admin;
use crate::backlog::Backlog;
use crate::clock::Clock;
use crate::config;
use crate::database;
use crate::events::{
    Bell, Carrier, DeadLetters, Followed, Kafka, Log, Reactions, Relay, Sink, Watch, wake_across,
};
use crate::health::Health;
use crate::keys::Keys;
use crate::peers::Peers;
use crate::running::Running;
use crate::server::{Places, Ports, Serving};
use crate::telemetry::Metrics;
use crate::tls::Shown;
use crate::write::{Around, FingerprintKey, Settings};

/// What the process gives every service.
#[derive(Clone)]
pub struct Process {
    /// The clock of the process.
    pub clock: Clock,
    /// Its measures.
    pub metrics: Metrics,
    /// Its keys.
    pub keys: Keys,
    /// What the operator chose.
    pub settings: Arc<config::Settings>,
    /// The folder for what a service keeps outside its database, where no setting says otherwise.
    pub data: PathBuf,
    /// Who is trusted to say who calls.
    pub verifier: Verifier,
    /// The contract's access rules.
    pub rules: Arc<Rules>,
    /// The other services.
    pub peers: Peers,
    /// Signs tokens: in a process that holds identity's key, those of everybody; elsewhere only of the service itself.
    pub issuer: Issuer,
    /// Whether servers answer reflection.
    pub reflection: bool,
    /// Connections that each server takes at once.
    pub connections: Places,
    /// How long servers go on once they have said that they go.
    pub leave: Duration,
    /// Ports beside those of gRPC, bound already.
    pub ports: Ports,
    /// What servers show to those who connect; none: they are spoken to in plain.
    pub tls: Option<Shown>,
}

/// Where one service stands: its database and the bell of its log.
#[derive(Clone)]
pub struct Ground {
    /// The process around it.
    pub process: Process,
    /// Its database, migrated.
    pub pool: PgPool,
    /// Rung when it publishes.
    pub bell: Bell,
    /// Cancelled when its server begins to stop: an answer that would stream on for as long as it is read ends then.
    pub stopping: CancellationToken,
    fingerprints: FingerprintKey,
}

impl Ground {
    /// What its door needs.
    pub fn around(&self) -> Around {
        Around {
            clock: self.process.clock.clone(),
            metrics: self.process.metrics.clone(),
            bell: self.bell.clone(),
            settings: Settings::default(),
            fingerprints: self.fingerprints.clone(),
        }
    }
}

/// What a service is made of.
pub struct Service {
    /// Its gRPC handlers.
    pub routes: Routes,
    /// What it does about others' facts.
    pub reactions: Vec<Reactions>,
    /// What else it does as long as it runs, for example listening to the world outside.
    pub tasks: Vec<Task>,
}

/// Work that goes on until the service stops; that it ends before is a failure.
pub type Task = BoxFuture<'static, Result<(), BoxError>>;

/// Any error on the way up.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A row of the table of services.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Its name: of its database, its topic, its setting.
    pub name: &'static str,
    /// Its tables.
    pub migrations: &'static Migrator,
    /// Puts it together.
    pub build: fn(Ground) -> Result<Service, BoxError>,
}

/// A service on its feet, its tasks not yet running.
pub struct Standing {
    /// Which.
    pub kind: Kind,
    /// Its log, for those who read it.
    pub log: Log,
    ground: Ground,
    service: Service,
}

impl Standing {
    /// Connects, migrates, and puts the service together.
    ///
    /// # Errors
    /// The database cannot be reached or migrated, or the service's own data are wrong.
    pub async fn raise(
        kind: Kind,
        process: Process,
        database: PgConnectOptions,
        connections: u32,
    ) -> Result<Self, BoxError> {
        let pool = database::pool(database, kind.name, connections);
        database::migrate(&pool, kind.migrations, &process.clock).await?;
        Self::on(kind, process, pool)
    }

    /// Puts the service together over a database that is migrated.
    ///
    /// # Errors
    /// A key cannot be read, or the service's own data are wrong.
    pub fn on(kind: Kind, process: Process, pool: PgPool) -> Result<Self, BoxError> {
        let bell = Bell::new();
        let log = Log::new(kind.name, pool.clone(), bell.clone());
        let fingerprints = FingerprintKey::new(process.keys.secret("fingerprints")?);
        let stopping = CancellationToken::new();
        let ground = Ground { process, pool, bell, stopping, fingerprints };
        let service = (kind.build)(ground.clone())?;
        Ok(Self { kind, log, ground, service })
    }

    /// Starts its server, its reactions over `carrier`, its tasks, housekeeping and, over Kafka, the relay of its log. `health`
    /// tells that it serves once its reactions are carried too.
    /// Everything ends when `running` is stopped; the returned sinks are for replaying dead letters.
    pub fn start(
        self,
        listener: TcpListener,
        health: Health,
        carrier: &dyn Carrier,
        kafka: Option<Kafka>,
        running: &mut Running,
    ) -> Vec<Sink> {
        let Self { kind, log, ground, service } = self;
        let Ground { process, pool, stopping, .. } = ground;
        let letters = DeadLetters::new(pool.clone(), process.clock.clone());
        let sinks: Vec<_> = service
            .reactions
            .into_iter()
            .map(|table| Sink::new(kind.name, table, letters.clone(), process.metrics.clone()))
            .collect();
        for sink in &sinks {
            running.work(endless(carrier.carry(sink.clone(), pool.clone())));
        }
        let admin = Admin {
            log: log.clone(),
            pool: pool.clone(),
            clock: process.clock.clone(),
            letters,
            sinks: sinks.clone(),
            followed: followed(&sinks, carrier, kafka.as_ref().map(|_| &log)),
            started: process.clock.now(),
            schema: database::schema_versions(kind.migrations),
        };
        for task in service.tasks {
            running.work(task);
        }
        if let Some(kafka) = kafka {
            let watch = Watch {
                log: log.clone(),
                pool: pool.clone(),
                reader: Relay::READER,
                clock: process.clock.clone(),
                metrics: process.metrics.clone(),
            };
            running.work(endless(watch.run()));
            running.work(endless(wake_across(log.clone())));
            let relay = Relay::new(log, pool.clone(), kafka, process.metrics.clone());
            running.work(endless(relay.run()));
        }
        let backlog = Backlog {
            service: kind.name,
            pool: pool.clone(),
            clock: process.clock.clone(),
            metrics: process.metrics.clone(),
        };
        running.work(endless(backlog.run()));
        running.work(endless(database::keep_house(pool, process.clock.clone())));
        let serving = Serving {
            service: kind.name,
            routes: admin.beside(service.routes),
            rules: process.rules,
            verifier: process.verifier,
            metrics: process.metrics,
            health,
            reflection: process.reflection,
            connections: process.connections,
            leave: process.leave,
            stopping,
            tls: process.tls,
        };
        let hears = sinks.clone();
        let ready = async move { join_all(hears.iter().map(Sink::has_joined)).await };
        running.serve(|stop| serving.when(ready, listener, stop));
        sinks
    }
}

/// The logs that a service follows: others' for its reactions, its own for the relay.
fn followed(sinks: &[Sink], carrier: &dyn Carrier, relayed: Option<&Log>) -> Vec<Followed> {
    let others = sinks.iter().map(|sink| Followed {
        source: sink.source(),
        reader: sink.service(),
        log: carrier.log(sink.source()),
    });
    let own = relayed.map(|log| Followed {
        source: log.source,
        reader: Relay::READER,
        log: Some(log.clone()),
    });
    others.chain(own).collect()
}

/// Work as a [`Task`]: that it ends by itself is told by whoever runs it.
///
/// # Errors
/// None.
pub async fn endless(work: impl Future<Output = ()>) -> Result<(), BoxError> {
    work.await;
    Ok(())
}

/// Takes a step, and the next one `pause` after it ended, for as long as it is polled. One that fails is logged under the name of the
/// `work`, and the next is taken all the same.
pub async fn periodically<S, E>(work: &'static str, pause: Duration, mut step: impl FnMut() -> S)
where
    S: Future<Output = Result<(), E>>,
    E: Display,
{
    loop {
        if let Err(error) = step().await {
            tracing::warn!(work, %error, "a step failed; it is taken again after a pause");
        }
        tokio::time::sleep(pause).await;
    }
}
