//! One service in this process: its own database, its own keys, the others at the addresses that are told, events by Kafka.
//!
//! Everything that must be set is read before anything is touched. Migrations are a step of their own: a process waits for a database
//! that lacks some, and works with one that has more than it knows, for a release only adds what the one before it can live with.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chassis::access::{Issuer, Rules, SigningKey, SpeaksFor, Trusted, Verifier, trusted_in};
use chassis::clock::Clock;
use chassis::config::{Settings, SettingsError};
use chassis::database;
use chassis::events::{Kafka, KafkaCarrier};
use chassis::health::Health;
use chassis::keys::Keys;
use chassis::peers::Peers;
use chassis::running::Running;
use chassis::server::{self, Places};
use chassis::service::{BoxError, Kind, Process, Standing};
use chassis::telemetry::Metrics;
use secrecy::ExposeSecret;
use sqlx::PgPool;
use sqlx::migrate::MigrateError;
use sqlx::postgres::PgConnectOptions;

use crate::keyring::OWN;
use crate::mesh::TOKENS;
use crate::place::Place;
use crate::wire::Wire;
use crate::{SERVICES, measures, mesh, open_files, probes, settings};

/// The longest a service may go on once it has said that it goes.
const LONGEST_LEAVE: Duration = Duration::from_secs(10);

/// The first pause before a database is looked at again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// A service that runs.
pub struct Served(Running);

impl Served {
    /// Serves `kind` once its database is migrated, which it sees to itself only if `migrates`.
    ///
    /// # Errors
    /// A setting or a key is missing, a port is taken, or a migration that was applied has changed since.
    pub async fn start(
        kind: Kind,
        settings: Arc<Settings>,
        migrates: bool,
    ) -> Result<Self, BoxError> {
        let told = Told::of(kind, &settings)?;
        let listens = &settings::of(kind.name)?.listen;
        let (metrics, mut running) = (Metrics::new(), Running::default());
        open_files::raise(told.files_needed);
        let measured = measures::bind(&settings).await?;
        let probed = probes::bind(&settings).await?;
        measures::start(measured, metrics.clone(), &settings, &mut running)?;
        let health = Health::of(kind.name).await;
        if let Some(probed) = probed {
            probes::start(probed, health.clone(), metrics.clone(), &settings, &mut running)?;
        }
        let pool = database::pool(told.database.clone(), kind.name, told.connections);
        if migrates {
            database::migrate(&pool, kind.migrations, &Clock::system()).await?;
        }
        until_migrated(kind, &pool).await?;
        let process = told.process(kind, settings, metrics).await?;
        let standing = Standing::on(kind, process, pool)?;
        let listener = server::bind(told.listen, listens.declaration().name).await?;
        let carrier = KafkaCarrier::new(told.kafka.clone());
        standing.start(listener, health, &carrier, Some(told.kafka), &mut running);
        Ok(Self(running))
    }

    /// Returns when a part of it ends although nobody stopped it.
    pub async fn failed(&mut self) -> BoxError {
        self.0.failed().await
    }

    /// Lets running calls finish, then stops everything.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}

/// The service of a name.
///
/// # Errors
/// There is none: told with those that there are.
pub fn kind(name: &str) -> Result<Kind, BoxError> {
    let kind = SERVICES.into_iter().find(|kind| kind.name == name);
    let names = || SERVICES.map(|kind| kind.name).join(", ");
    Ok(kind.ok_or_else(|| format!("there is no service {name}; there are {}", names()))?)
}

/// Brings the database of a service to the form this program needs.
///
/// # Errors
/// It cannot be reached, or a migration fails.
pub async fn migrate(kind: Kind, database: PgConnectOptions) -> Result<(), BoxError> {
    let pool = database::pool(database, kind.name, 1);
    let migrated = database::migrate(&pool, kind.migrations, &Clock::system()).await;
    pool.close().await;
    Ok(migrated.map_err(|error| format!("the database of {}: {error}", kind.name))?)
}

/// Where the database of a service is, as its setting says.
///
/// # Errors
/// It is not set, or no address.
pub fn database_of(kind: Kind, settings: &Settings) -> Result<PgConnectOptions, BoxError> {
    let setting = &settings::of(kind.name)?.database;
    let url = settings.require(setting)?;
    let name = setting.declaration().name;
    // The parser's own words may hold a part of the secret.
    let options = url.expose_secret().parse();
    Ok(options.map_err(|_| format!("{name} is no address postgres://user:password@host/name"))?)
}

/// What an operator says about one service.
struct Told {
    listen: SocketAddr,
    database: PgConnectOptions,
    connections: u32,
    kafka: Kafka,
    keys: Keys,
    own: SigningKey,
    trusted: Vec<Trusted>,
    wire: Wire,
    peers: HashMap<&'static str, Vec<String>>,
    files_needed: u64,
}

impl Told {
    fn of(kind: Kind, settings: &Settings) -> Result<Self, BoxError> {
        let of = settings::of(kind.name)?;
        let wire = Wire::of(of, settings)?;
        let database = database_of(kind, settings)?;
        let brokers = settings.require(&settings::KAFKA_BROKERS)?;
        let kafka = Kafka { brokers, prefix: settings.get(&settings::KAFKA_PREFIX)? };
        let keys = Keys::given(settings.require(&settings::KEYS_DIRECTORY)?);
        let folder = settings.require(&settings::KEYS_TRUSTED)?;
        let (own, trusted) = (signing_key(&keys, OWN)?, trusted_in(&folder)?);
        all_are_there(&trusted, &folder)?;
        is_trusted(&own, &SpeaksFor::Service(kind.name.into()), &trusted, &folder)?;
        if kind.name == identity::SERVICE.name {
            let tokens = signing_key(&keys, TOKENS)?;
            is_trusted(&tokens, &SpeaksFor::Everybody, &trusted, &folder)?;
        }
        Ok(Self {
            listen: settings.get(&of.listen)?,
            database,
            connections: settings.get(&settings::DATABASE_CONNECTIONS)?,
            kafka,
            keys,
            own,
            trusted,
            peers: wire.peers(settings)?,
            wire,
            files_needed: files_needed(settings)?,
        })
    }

    async fn process(
        &self,
        kind: Kind,
        settings: Arc<Settings>,
        metrics: Metrics,
    ) -> Result<Process, BoxError> {
        let clock = Clock::system();
        let own = Issuer::of_service(kind.name, &self.own, clock.clone())?;
        Ok(Process {
            verifier: Verifier::of(&self.trusted, clock.clone())?,
            rules: Arc::new(Rules::of_contract(proto::DESCRIPTORS)?),
            peers: Peers::replicated(self.peers.clone(), own.clone(), self.wire.authority.clone()),
            issuer: self.issuer(kind, own, &clock)?,
            reflection: settings.get(&settings::REFLECTION)?,
            connections: Places::of(&settings)?,
            leave: leave(&settings)?,
            ports: mesh::ports_of(kind.name, &settings).await?,
            keys: self.keys.clone(),
            data: Place::of(&settings)?.data,
            tls: self.wire.shown.clone(),
            metrics,
            clock,
            settings,
        })
    }

    /// Only identity signs for everybody; the others have no key for it.
    fn issuer(&self, kind: Kind, own: Issuer, clock: &Clock) -> Result<Issuer, BoxError> {
        if kind.name == identity::SERVICE.name { mesh::issuer(&self.keys, clock) } else { Ok(own) }
    }
}

/// How long a service goes on once it has said that it goes.
///
/// # Errors
/// The setting is out of bounds.
fn leave(settings: &Settings) -> Result<Duration, BoxError> {
    let leave = settings.get(&server::LEAVE)?;
    if leave > LONGEST_LEAVE {
        return Err("server.leave must be at most 10s".into());
    }
    Ok(leave)
}

fn signing_key(keys: &Keys, name: &str) -> Result<SigningKey, BoxError> {
    Ok(SigningKey::from_bytes(&*keys.secret(name)?))
}

/// A service without a key here would be refused all it asks, and identity's key could speak for it.
fn all_are_there(trusted: &[Trusted], folder: &Path) -> Result<(), BoxError> {
    let services = SERVICES.iter().map(|kind| SpeaksFor::Service(kind.name.into()));
    for wanted in services.chain([SpeaksFor::Everybody]) {
        if !trusted.iter().any(|it| it.speaks_for == wanted) {
            return Err(
                format!("{} (keys.trusted) holds no {}", folder.display(), wanted.file()).into()
            );
        }
    }
    Ok(())
}

/// A service whose own word nobody takes would start, and then be refused everywhere.
fn is_trusted(
    key: &SigningKey,
    speaks_for: &SpeaksFor,
    trusted: &[Trusted],
    folder: &Path,
) -> Result<(), BoxError> {
    let key = key.verifying_key();
    if trusted.iter().any(|it| it.key == key && it.speaks_for == *speaks_for) {
        return Ok(());
    }
    let (folder, file) = (folder.display(), speaks_for.file());
    Err(format!("{file} in {folder} (keys.trusted) is of another key than that in keys.directory")
        .into())
}

/// Connections of callers, of callbacks, of collectors and of probes, those to the database, and the rest.
fn files_needed(settings: &Settings) -> Result<u64, SettingsError> {
    let connections = u64::from(settings.get(&server::CONNECTIONS)?);
    Ok(4 * connections + u64::from(settings.get(&settings::DATABASE_CONNECTIONS)?) + 200)
}

/// Waits for as long as the database is away or lacks migrations, and says so.
async fn until_migrated(kind: Kind, pool: &PgPool) -> Result<(), BoxError> {
    let (service, (mut pause, longest)) = (kind.name, PAUSES);
    loop {
        match database::lacking(pool, service, kind.migrations).await {
            Ok(0) => return Ok(()),
            Ok(lacking) => tracing::warn!(
                service,
                lacking,
                "the database is older than this program: run `motcua migrate {service}`; waiting"
            ),
            Err(MigrateError::Execute(error)) => {
                tracing::warn!(service, %error, "the database cannot be asked yet; waiting");
            }
            Err(error) => return Err(format!("the database of {service}: {error}").into()),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}
