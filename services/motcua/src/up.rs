//! All in one: a private PostgreSQL and every service in this process.

use std::net::SocketAddr;
use std::sync::Arc;

use chassis::clock::Clock;
use chassis::config::{Setting, Settings, SettingsError};
use chassis::keys::Keys;
use chassis::postgres::{self, Postgres};
use chassis::server::{self, Ports};
use chassis::service::BoxError;
use chassis::telemetry::Metrics;
use tokio::net::TcpListener;

use crate::mesh::{self, Mesh, Plan, Planned};
use crate::outside::Outside;
use crate::place::Place;
use crate::{SERVICES, measures, open_files, settings};

/// Everything that runs, all in one.
pub struct AllInOne {
    /// The services.
    pub mesh: Mesh,
    /// Where measures are served.
    pub metrics: SocketAddr,
    postgres: Postgres,
}

impl AllInOne {
    /// Binds every port, starts PostgreSQL in the place of this installation, then the mesh. What cannot work is told before anything
    /// is touched; what fails later takes PostgreSQL down with it.
    ///
    /// # Errors
    /// A port is taken, PostgreSQL is missing or its data are not ours or not whole, a setting is wrong.
    pub async fn start(settings: Arc<Settings>) -> Result<Self, BoxError> {
        open_files::raise(files_needed(&settings)?);
        let ports = Bound::of(&settings).await?;
        let place = Place::of(&settings)?;
        let metrics = ports.metrics.local_addr()?;
        let postgres = Postgres::start(&postgres_settings(&settings, &place)?).await?;
        match over(&postgres, &settings, &place, ports).await {
            Ok(mesh) => Ok(Self { mesh, metrics, postgres }),
            Err(error) => {
                if let Err(too) = postgres.stop().await {
                    tracing::error!(error = %too, "PostgreSQL did not stop in order");
                }
                Err(error)
            }
        }
    }

    /// Returns when PostgreSQL or a service ends although nobody stopped it.
    pub async fn failed(&mut self) -> BoxError {
        tokio::select! {
            error = self.postgres.died() => error.into(),
            error = self.mesh.failed() => error,
        }
    }

    /// Lets running calls finish, stops the services, then PostgreSQL.
    ///
    /// # Errors
    /// PostgreSQL did not stop by itself.
    pub async fn stop(self) -> Result<(), BoxError> {
        self.mesh.stop().await;
        Ok(self.postgres.stop().await?)
    }
}

/// Every port of an installation.
struct Bound {
    services: Vec<TcpListener>,
    beside: Ports,
    outside: Outside,
    metrics: TcpListener,
}

impl Bound {
    async fn of(settings: &Settings) -> Result<Self, BoxError> {
        let mut services = Vec::new();
        for service in &settings::SERVICES {
            services.push(bind(settings, &service.listen).await?);
        }
        Ok(Self {
            services,
            beside: mesh::ports(settings).await?,
            outside: Outside::bind(settings).await?,
            metrics: measures::bind(settings).await?,
        })
    }
}

async fn bind(settings: &Settings, listen: &Setting<SocketAddr>) -> Result<TcpListener, BoxError> {
    Ok(server::bind(settings.get(listen)?, listen.declaration().name).await?)
}

/// Open files when every server has all its connections, and each service all of its own to the database.
fn files_needed(settings: &Settings) -> Result<u64, SettingsError> {
    /// Those of the sandbox, logs, keys, the runtime.
    const OTHERS: u64 = 200;
    /// Servers beside those of gRPC: the callbacks of bank and carrier, the measures.
    const BESIDE: u64 = 3;
    let services = u64::try_from(SERVICES.len()).unwrap_or_default();
    let connections = u64::from(settings.get(&server::CONNECTIONS)?);
    let database = u64::from(settings.get(&settings::DATABASE_CONNECTIONS)?);
    Ok((services + BESIDE) * connections + services * database + OTHERS)
}

fn postgres_settings(
    settings: &Settings,
    place: &Place,
) -> Result<postgres::Settings, SettingsError> {
    let services = u32::try_from(SERVICES.len()).unwrap_or_default();
    Ok(postgres::Settings {
        bin_dir: settings.get(&settings::POSTGRES_BIN)?,
        shared_buffers_mb: settings.get(&settings::POSTGRES_BUFFERS_MB)?,
        max_connections: settings.get(&settings::DATABASE_CONNECTIONS)? * services + 20,
        owners: SERVICES.iter().map(|kind| kind.name.to_owned()).collect(),
        ..postgres::Settings::new(&place.data)
    })
}

/// The mesh over a running PostgreSQL, with the sandbox and the measures beside it.
async fn over(
    postgres: &Postgres,
    settings: &Settings,
    place: &Place,
    ports: Bound,
) -> Result<Mesh, BoxError> {
    let keys = Keys::in_folder(&place.keys)?;
    let settings = Arc::new(mesh::beside_sandbox(settings, &keys)?);
    let mut services = Vec::new();
    for (kind, listener) in SERVICES.into_iter().zip(ports.services) {
        let database = postgres.ensure_owned_database(kind.name).await?;
        services.push(Planned { kind, listener, database });
    }
    let metrics = Metrics::new();
    let mut mesh = Mesh::start(Plan {
        services,
        clock: Clock::system(),
        keys,
        data: place.data.clone(),
        metrics: metrics.clone(),
        ports: ports.beside,
        reflection: settings.get(&settings::REFLECTION)?,
        connections: settings.get(&settings::DATABASE_CONNECTIONS)?,
        brokers: settings.get(&settings::KAFKA_BROKERS)?,
        settings: settings.clone(),
    })
    .await?;
    ports.outside.start(&settings, mesh.running())?;
    measures::start(ports.metrics, metrics, &settings, mesh.running())?;
    Ok(mesh)
}
