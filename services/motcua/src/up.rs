//! All in one: a private PostgreSQL and every service in this process.

use std::net::SocketAddr;
use std::sync::Arc;

use chassis::clock::Clock;
use chassis::config::{Setting, Settings, SettingsError};
use chassis::keys::Keys;
use chassis::postgres::{self, Postgres};
use chassis::server::{self, Gate, Ports, http};
use chassis::service::BoxError;
use chassis::telemetry::Metrics;
use tokio::net::TcpListener;

use crate::mesh::{self, Mesh, Plan, Planned};
use crate::place::Place;
use crate::{SERVICES, open_files, settings};

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
    telephone: Option<TcpListener>,
    bank: Option<TcpListener>,
    carrier: Option<TcpListener>,
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
            telephone: bind_if_set(settings, &settings::TELEPHONE_LISTEN).await?,
            bank: bind_if_set(settings, &settings::BANK_LISTEN).await?,
            carrier: bind_if_set(settings, &settings::CARRIER_LISTEN).await?,
            metrics: bind(settings, &settings::METRICS_LISTEN).await?,
        })
    }
}

async fn bind(settings: &Settings, listen: &Setting<SocketAddr>) -> Result<TcpListener, BoxError> {
    Ok(server::bind(settings.get(listen)?, listen.declaration().name).await?)
}

async fn bind_if_set(
    settings: &Settings,
    listen: &Setting<Option<SocketAddr>>,
) -> Result<Option<TcpListener>, BoxError> {
    let Some(address) = settings.get(listen)? else { return Ok(None) };
    Ok(Some(server::bind(address, listen.declaration().name).await?))
}

fn bank_settings(settings: &Settings) -> Result<sandbox::bank::Settings, BoxError> {
    let callback = settings.get(&payment::settings::CALLBACK_LISTEN)?;
    let secrets = payment::settings::bank_secrets(settings)?;
    Ok(sandbox::bank::Settings {
        callback_url: format!("http://{callback}{}", payment::callback::PATH),
        secret: secrets.into_iter().next().ok_or("payment.bank.secret holds none")?,
        bearer: settings.require(&payment::settings::BANK_BEARER)?,
        clock: Clock::system(),
    })
}

fn carrier_settings(settings: &Settings) -> Result<sandbox::carrier::Settings, BoxError> {
    let callback = settings.get(&mailing::settings::CALLBACK_LISTEN)?;
    let secrets = mailing::settings::callback_secrets(settings)?;
    Ok(sandbox::carrier::Settings {
        secret: settings.require(&mailing::settings::CARRIER_SECRET)?,
        callback_url: format!("http://{callback}{}", mailing::callback::PATH),
        callback_secret: secrets
            .into_iter()
            .next()
            .ok_or("mailing.carrier.callback.secret holds none")?,
        clock: Clock::system(),
        pace: settings.get(&settings::CARRIER_PACE)?,
    })
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
    let connections = settings.get(&server::CONNECTIONS)?;
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
    if let Some(listener) = ports.telephone {
        let secret = settings.require(&mailing::settings::SMS_SECRET)?;
        mesh.beside(async { Ok(sandbox::telephone::serve(listener, secret).await?) });
    }
    if let Some(listener) = ports.bank {
        let bank = bank_settings(&settings)?;
        mesh.beside(async { Ok(sandbox::bank::serve(listener, bank).await?) });
    }
    if let Some(listener) = ports.carrier {
        let carrier = carrier_settings(&settings)?;
        mesh.beside(async { Ok(sandbox::carrier::serve(listener, carrier).await?) });
    }
    let gate = Gate::new("measures", ports.metrics, connections, metrics.clone());
    mesh.beside(serve_metrics(gate, metrics));
    Ok(mesh)
}

/// Serves measures for as long as it is polled.
async fn serve_metrics(gate: Gate, metrics: Metrics) -> Result<(), BoxError> {
    let page = axum::routing::get(move || async move { metrics.render() });
    http::serve(gate, axum::Router::new().route("/metrics", page)).await;
    Ok(())
}
