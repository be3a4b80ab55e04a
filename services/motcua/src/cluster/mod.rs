//! A whole mesh on one machine, each service in processes of its own: for trying what a cluster does, with a private PostgreSQL, generated
//! keys and the sandbox around it. Kafka is given.

mod certificates;
mod child;
mod layout;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chassis::access::Issuer;
use chassis::clock::Clock;
use chassis::config::Settings;
use chassis::events::Kafka;
use chassis::keys::Keys;
use chassis::postgres::{self, Postgres};
use chassis::replicas::{self, Manner};
use chassis::service::BoxError;
use chassis::tls::Authority;
use futures::future::{join_all, select_all};
use tokio::time::{sleep, timeout};
use tonic::transport::ClientTlsConfig;

use self::child::{Child, Planned};
use self::layout::Layout;
use crate::journey::Endpoints;
use crate::place::Place;
use crate::{SERVICES, keyring, mesh, serve, settings};

/// How long all processes together may take to be ready: a consumer group that a killed process has left behind waits 45 s for it.
const READY_WITHIN: Duration = Duration::from_secs(180);

/// Between two looks whether a process is ready.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What the command line said, for those who are started by it.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The settings file.
    pub config: Option<PathBuf>,
    /// Settings, `name=value`.
    pub set: Vec<String>,
}

/// Processes that run.
pub struct Cluster {
    layout: Layout,
    authority: Authority,
    given: Given,
    /// What each process is started with, in the order of `children`.
    planned: Vec<Planned>,
    children: Vec<Child>,
    postgres: Postgres,
}

impl Cluster {
    /// Starts everything and waits until every process says that it serves. What fails takes the rest down with it.
    ///
    /// # Errors
    /// Kafka is not set, PostgreSQL does not start, a migration fails, or a process ends or is not ready in time: told with its log.
    pub async fn start(
        settings: &Settings,
        given: &Given,
        replicas: u16,
    ) -> Result<Self, BoxError> {
        let root = root(settings)?;
        let first = settings.get(&settings::CLUSTER_PORT)?;
        let layout = Layout::of(root, kafka(settings)?, replicas, first)?;
        keyring::make(&layout.keys())?;
        certificates::make(&layout.certificates())?;
        let authority = Authority::read(&layout.certificates().join(certificates::AUTHORITY))?;
        layout.write_settings()?;
        let postgres = Postgres::start(&postgres_settings(settings, &layout)?).await?;
        for kind in SERVICES {
            serve::migrate(kind, postgres.ensure_owned_database(kind.name).await?).await?;
        }
        let planned = layout.processes(postgres.socket_directory())?;
        let children = planned.iter().map(|process| Child::start(process, given));
        let children = children.collect::<Result<Vec<_>, _>>()?;
        let given = given.clone();
        let mut cluster = Self { layout, authority, given, planned, children, postgres };
        match cluster.until_ready().await {
            Ok(()) => Ok(cluster),
            Err(error) => {
                cluster.stop().await?;
                Err(error)
            }
        }
    }

    /// Where a walk goes: to all processes of each service in turn.
    pub fn endpoints(&self) -> Endpoints {
        self.layout.endpoints(self.authority.clone())
    }

    /// Signs as identity does.
    ///
    /// # Errors
    /// Its key cannot be read.
    pub fn issuer(&self) -> Result<Issuer, BoxError> {
        let keys = Keys::given(self.layout.keys().join(identity::SERVICE.name));
        mesh::issuer(&keys, &Clock::system())
    }

    /// Where everything lies and listens, for a person.
    pub fn told(&self) -> String {
        self.layout.told()
    }

    /// Returns when PostgreSQL or a process ends although nobody stopped it.
    pub async fn failed(&mut self) -> BoxError {
        let ends = self.children.iter_mut().map(|child| Box::pin(child.ended()));
        tokio::select! {
            error = self.postgres.died() => error.into(),
            (error, ..) = select_all(ends) => error,
        }
    }

    /// Replaces every process, as an upgrade does: one of each service at a time is told to stop, started anew and awaited.
    ///
    /// # Errors
    /// One does not come back.
    pub async fn roll(&mut self) -> Result<(), BoxError> {
        for replica in 1..=self.layout.replicas() {
            let of_turn = |planned: &Planned| planned.is_replica(replica);
            let turn: Vec<_> = self.planned.iter().map(of_turn).collect();
            let mut stopping = Vec::new();
            for (child, _) in self.children.iter_mut().zip(&turn).filter(|(_, now)| **now) {
                stopping.push(child.stop());
            }
            join_all(stopping).await;
            let all = self.children.iter_mut().zip(&self.planned).zip(&turn);
            for ((child, planned), _) in all.filter(|(_, now)| **now) {
                *child = Child::start(planned, &self.given)?;
            }
            self.until_ready().await?;
        }
        Ok(())
    }

    /// Lets every process finish what it does, then stops PostgreSQL.
    ///
    /// # Errors
    /// PostgreSQL did not stop by itself.
    pub async fn stop(mut self) -> Result<(), BoxError> {
        join_all(self.children.iter_mut().map(Child::stop)).await;
        Ok(self.postgres.stop().await?)
    }

    async fn until_ready(&mut self) -> Result<(), BoxError> {
        let addresses = self.layout.addresses();
        let authority = self.authority.clone();
        let each = addresses.iter().map(|(service, at)| until_serves(at, authority.of(service)));
        let ready = timeout(READY_WITHIN, join_all(each));
        tokio::select! {
            ready = ready => ready.map(drop).map_err(|_| {
                let logs = self.layout.logs();
                format!("not every process was ready in time; their logs are in {}", logs.display())
                    .into()
            }),
            error = self.children_failed() => Err(error),
        }
    }

    async fn children_failed(&mut self) -> BoxError {
        let ends = self.children.iter_mut().map(|child| Box::pin(child.ended()));
        select_all(ends).await.0
    }
}

async fn until_serves(address: &str, tls: ClientTlsConfig) {
    let manner = Manner { patience: READY_WITHIN, tls: Some(tls) };
    while !replicas::serves(address, &manner).await {
        sleep(LOOK_EVERY).await;
    }
}

/// Beside the data of `motcua up`, whose databases have the same names.
fn root(settings: &Settings) -> Result<PathBuf, BoxError> {
    let data = Place::of(settings)?.data;
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push("-cluster");
    Ok(data.with_file_name(name))
}

/// Under names of its own: another mesh may be about.
fn kafka(settings: &Settings) -> Result<Kafka, BoxError> {
    let brokers = settings.require(&settings::KAFKA_BROKERS)?;
    let prefix = format!("{}-cluster", settings.get(&settings::KAFKA_PREFIX)?);
    Ok(Kafka { brokers, prefix })
}

fn postgres_settings(settings: &Settings, layout: &Layout) -> Result<postgres::Settings, BoxError> {
    let connections = settings.get(&settings::DATABASE_CONNECTIONS)?;
    Ok(postgres::Settings {
        bin_dir: settings.get(&settings::POSTGRES_BIN)?,
        shared_buffers_mb: settings.get(&settings::POSTGRES_BUFFERS_MB)?,
        // Two more each: it hears of the others' commits on one, and holds the relay's turn on the other.
        max_connections: (connections + 2) * layout.services() + 20,
        owners: SERVICES.iter().map(|kind| kind.name.to_owned()).collect(),
        ..postgres::Settings::new(layout.root())
    })
}

/// A path as text, which it is unless its name is no UTF-8.
fn text(path: &Path) -> Result<String, BoxError> {
    let text = path.to_str().map(str::to_owned);
    Ok(text.ok_or_else(|| format!("{} is no UTF-8", path.display()))?)
}
