//! What is measured: a durable private PostgreSQL and the mesh over it, in a folder that goes with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chassis::clock::Clock;
use chassis::config::{self, Sources};
use chassis::keys::Keys;
use chassis::postgres::{Postgres, Settings};
use chassis::service::{BoxError, Kind};
use chassis::telemetry::Metrics;
use motcua::mesh::{self, Mesh, Plan, Planned};
use motcua::settings;
use sqlx::{Connection, PgConnection, PgPool};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::Cli;
use crate::cost::Cpu;

/// What is measured: where a submission comes in, and where its case is opened; and whom those ask: identity, and mailing behind it.
const SERVICES: [Kind; 4] =
    [dossier::SERVICE, workflow::SERVICE, identity::SERVICE, mailing::SERVICE];

/// Connections of each service to its database, as `up` has them.
const CONNECTIONS: u32 = 16;

/// File systems in memory (`f_type` of statfs(2)): nothing is durable there, and a sync costs nothing.
const IN_MEMORY: [i64; 2] = [0x0102_1994, 0x8584_58f6];

/// A folder that is removed when dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new folder in `place`.
    ///
    /// # Errors
    /// It cannot be made, or lies in memory.
    pub fn on_disk(place: &Path) -> Result<Self, BoxError> {
        if IN_MEMORY.contains(&rustix::fs::statfs(place)?.f_type) {
            let place = place.display();
            return Err(format!("{place} lies in memory; name a disk with --place").into());
        }
        Ok(Self(place.join(format!("motcua-load-{}", Uuid::now_v7()))))
    }

    /// As `up` starts it, durable.
    pub fn postgres_settings(&self) -> Settings {
        Settings { max_connections: 100, ..Settings::new(&self.0) }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind is seen by its name.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// PostgreSQL and the mesh, running.
pub struct Ground<'a> {
    /// The server.
    pub postgres: &'a Postgres,
    /// Files of this run.
    pub folder: &'a Path,
    /// The services.
    pub mesh: Mesh,
    /// What they count.
    pub metrics: Metrics,
    /// The database of dossiers, to look into.
    pub dossiers: PgPool,
    /// The database of workflow.
    pub cases: PgPool,
    server: u32,
}

impl<'a> Ground<'a> {
    /// Starts the mesh.
    ///
    /// # Errors
    /// It cannot stand.
    pub async fn lay(scratch: &'a Scratch, postgres: &'a Postgres) -> Result<Self, BoxError> {
        let folder = scratch.0.as_path();
        let mut services = Vec::new();
        for kind in SERVICES {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let database = postgres.ensure_database(kind.name).await?;
            services.push(Planned { kind, listener, database });
        }
        let metrics = Metrics::new();
        let keys = Keys::in_folder(folder.join("keys"))?;
        let settings = config::Settings::load(&settings::table(), &Sources::default())?;
        let settings = mesh::beside_sandbox(&settings, &keys)?;
        let mesh = Mesh::start(Plan {
            services,
            clock: Clock::system(),
            keys,
            ports: mesh::ports(&settings).await?,
            settings: Arc::new(settings),
            data: folder.to_owned(),
            metrics: metrics.clone(),
            reflection: false,
            connections: CONNECTIONS,
            brokers: None,
        })
        .await?;
        let dossiers = PgPool::connect_with(postgres.options("dossier")).await?;
        let cases = PgPool::connect_with(postgres.options("workflow")).await?;
        let server = server_id(folder)?;
        Ok(Self { postgres, folder, mesh, metrics, dossiers, cases, server })
    }

    /// Processor time used so far.
    ///
    /// # Errors
    /// A process cannot be looked at.
    pub fn cpu(&self) -> Result<Cpu, BoxError> {
        Ok(Cpu::until_now(self.server)?)
    }

    /// The folder of the server's programs, which the kernel knows.
    ///
    /// # Errors
    /// It does not tell us.
    pub fn programs(&self) -> Result<PathBuf, BoxError> {
        let program = fs::read_link(format!("/proc/{}/exe", self.server))?;
        Ok(program.parent().unwrap_or(Path::new("/")).to_owned())
    }

    /// Machine, server and what is about to be done.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn described(&self, cli: &Cli) -> Result<String, BoxError> {
        let cores = std::thread::available_parallelism()?;
        let (version, fsync, commit, method): (String, String, String, String) = sqlx::query_as(
            "select current_setting('server_version'), current_setting('fsync'),
                    current_setting('synchronous_commit'), current_setting('wal_sync_method')",
        )
        .fetch_one(&self.dossiers)
        .await?;
        Ok(format!(
            "cores       {cores}, shared by services, load generator and PostgreSQL\n\
             PostgreSQL  {version}\n\
             durability  fsync {fsync}, synchronous_commit {commit}, wal_sync_method {method}\n\
             data        {}\n\
             plan        {} rounds over {} dossiers, {} in flight; pgbench with 32 clients, {} s each",
            cli.place.display(),
            cli.rounds,
            cli.dossiers,
            cli.in_flight,
            cli.seconds,
        ))
    }

    /// Writes out what earlier work left dirty, so that nobody pays for the turn before theirs.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn checkpoint(&self) -> Result<(), BoxError> {
        sqlx::query("checkpoint").execute(&self.dossiers).await?;
        Ok(())
    }

    /// Does at once what the server would do by itself in the middle of the measurement.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn settle(&self) -> Result<(), BoxError> {
        for database in ["dossier", crate::pgbench::DATABASE] {
            let options = self.postgres.options(database);
            let mut connection = PgConnection::connect_with(&options).await?;
            sqlx::query("vacuum (analyze)").execute(&mut connection).await?;
            connection.close().await?;
        }
        Ok(())
    }

    /// Stops the mesh.
    pub async fn stop(self) {
        self.dossiers.close().await;
        self.cases.close().await;
        self.mesh.stop().await;
    }
}

/// The process id of PostgreSQL, as it writes it itself.
fn server_id(folder: &Path) -> Result<u32, BoxError> {
    let file = fs::read_to_string(folder.join("pgdata/postmaster.pid"))?;
    Ok(file.lines().next().unwrap_or_default().trim().parse()?)
}
