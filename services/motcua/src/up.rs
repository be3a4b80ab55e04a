//! All in one: a private PostgreSQL and every service in this process.

use std::net::SocketAddr;
use std::sync::Arc;

use chassis::clock::Clock;
use chassis::config::{Settings, SettingsError};
use chassis::keys::Keys;
use chassis::postgres::{self, Postgres};
use chassis::server;
use chassis::service::BoxError;
use chassis::telemetry::Metrics;
use tokio::net::TcpListener;

use crate::mesh::{self, Mesh, Plan, Planned};
use crate::place::Place;
use crate::{SERVICES, settings};

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
    /// is touched.
    ///
    /// # Errors
    /// A port is taken, PostgreSQL is missing or its data are not ours or not whole, a setting is wrong.
    pub async fn start(settings: Arc<Settings>) -> Result<Self, BoxError> {
        let listeners = bind(&settings).await?;
        let telephone = match settings.get(&settings::TELEPHONE_LISTEN)? {
            Some(address) => Some(server::bind(address, "sandbox.telephone.listen").await?),
            None => None,
        };
        let bank = match settings.get(&settings::BANK_LISTEN)? {
            Some(address) => Some(server::bind(address, "sandbox.bank.listen").await?),
            None => None,
        };
        let carrier = match settings.get(&settings::CARRIER_LISTEN)? {
            Some(address) => Some(server::bind(address, "sandbox.carrier.listen").await?),
            None => None,
        };
        let metrics_at = settings.get(&settings::METRICS_LISTEN)?;
        let metrics_listener = server::bind(metrics_at, "metrics.listen").await?;
        let place = Place::of(&settings)?;
        let postgres = Postgres::start(&postgres_settings(&settings, &place)?).await?;
        let keys = Keys::in_folder(&place.keys)?;
        let settings = Arc::new(mesh::with_own_secrets(&settings, &keys)?);
        if let Some(listener) = telephone {
            let secret = settings.require(&mailing::settings::SMS_SECRET)?;
            tokio::spawn(sandbox::telephone::serve(listener, secret));
        }
        if let Some(listener) = bank {
            tokio::spawn(sandbox::bank::serve(listener, bank_settings(&settings)?));
        }
        if let Some(listener) = carrier {
            tokio::spawn(sandbox::carrier::serve(listener, carrier_settings(&settings)?));
        }
        match start_mesh(settings, keys, &postgres, listeners, metrics_listener).await {
            Ok((mesh, metrics)) => Ok(Self { mesh, metrics, postgres }),
            Err(error) => {
                postgres.stop().await?;
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

async fn bind(settings: &Settings) -> Result<Vec<TcpListener>, BoxError> {
    let mut listeners = Vec::new();
    for service in &settings::SERVICES {
        let address = settings.get(&service.listen)?;
        listeners.push(server::bind(address, service.listen.declaration().name).await?);
    }
    Ok(listeners)
}

fn bank_settings(settings: &Settings) -> Result<sandbox::bank::Settings, BoxError> {
    let callback = settings.get(&payment::settings::CALLBACK_LISTEN)?;
    let secrets = payment::settings::bank_secrets(settings)?;
    Ok(sandbox::bank::Settings {
        callback_url: format!("http://{callback}{}", payment::callback::PATH),
        secret: secrets.into_iter().next().ok_or("payment.bank.secret holds none")?,
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

fn postgres_settings(
    settings: &Settings,
    place: &Place,
) -> Result<postgres::Settings, SettingsError> {
    let services = u32::try_from(SERVICES.len()).unwrap_or_default();
    Ok(postgres::Settings {
        bin_dir: settings.get(&settings::POSTGRES_BIN)?,
        shared_buffers_mb: settings.get(&settings::POSTGRES_BUFFERS_MB)?,
        max_connections: settings.get(&settings::DATABASE_CONNECTIONS)? * services + 20,
        ..postgres::Settings::new(&place.data)
    })
}

async fn start_mesh(
    settings: Arc<Settings>,
    keys: Keys,
    postgres: &Postgres,
    listeners: Vec<TcpListener>,
    metrics_listener: TcpListener,
) -> Result<(Mesh, SocketAddr), BoxError> {
    let mut services = Vec::new();
    for (kind, listener) in SERVICES.into_iter().zip(listeners) {
        let database = postgres.ensure_database(kind.name).await?;
        services.push(Planned { kind, listener, database });
    }
    let metrics = Metrics::new();
    let mesh = Mesh::start(Plan {
        services,
        clock: Clock::system(),
        keys,
        metrics: metrics.clone(),
        reflection: settings.get(&settings::REFLECTION)?,
        connections: settings.get(&settings::DATABASE_CONNECTIONS)?,
        brokers: settings.get(&settings::KAFKA_BROKERS)?,
        settings,
    })
    .await?;
    let address = metrics_listener.local_addr()?;
    tokio::spawn(serve_metrics(metrics_listener, metrics));
    Ok((mesh, address))
}

/// Serves measures for as long as the process lives.
pub async fn serve_metrics(listener: TcpListener, metrics: Metrics) {
    let page = axum::routing::get(move || async move { metrics.render() });
    let router = axum::Router::new().route("/metrics", page);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "measures are no longer served");
    }
}
