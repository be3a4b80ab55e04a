//! Commands that run one part of a mesh as a process of its own, or get ready for it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chassis::access::{INSTALLATION, Issuer};
use chassis::config::Settings;
use chassis::running::Running;
use chassis::service::{BoxError, Kind};
use chassis::telemetry::{Telemetry, TelemetrySettings};
use clap::Subcommand;
use motcua::cluster::{Cluster, Given};
use motcua::journey::{self, Endpoints, Route};
use motcua::outside::Outside;
use motcua::serve::Served;
use motcua::{SERVICES, keyring, serve};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::stop::StopSignals;

/// A part of a mesh.
#[derive(Subcommand)]
pub enum Part {
    /// Run one service in this process, over its own database and Kafka, until it is told to stop
    ///
    /// Needs <service>.database, kafka.brokers, keys.directory, keys.trusted, and peers.<other> for each it asks. Waits while its
    /// database lacks migrations; its health tells that it serves once it hears the others' facts too.
    Serve {
        /// identity, dossier, workflow, mailing, payment or feedback
        service: String,
        /// Bring its database to the present form first; else `motcua migrate` does
        #[arg(long)]
        migrate: bool,
    },
    /// Bring the database of a service to the form this program needs, and end
    Migrate {
        /// A service, or all
        service: String,
    },
    /// Run the world outside for trying: telephone, bank and carrier
    Sandbox,
    /// Run a whole mesh on this machine, each service in processes of its own, walk a dossier through it each way there is, and stay up
    ///
    /// Over a private PostgreSQL, the Kafka at kafka.brokers, generated keys and the sandbox. On SIGUSR1 every process is replaced, as in an
    /// upgrade: one of each service, then the next.
    Cluster {
        /// Processes of each service
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=10))]
        replicas: u16,
        /// End with the verdict of the walks
        #[arg(long)]
        once: bool,
    },
    /// Make the keys of a mesh that are missing: a folder for each service, and one of public keys for all
    Keys {
        /// Where
        folder: PathBuf,
    },
}

impl Part {
    /// Does it, for as long as it lasts.
    ///
    /// # Errors
    /// It cannot stand, or ended by itself.
    pub async fn run(self, settings: &Arc<Settings>, given: &Given) -> Result<ExitCode, BoxError> {
        match self {
            Self::Serve { service, migrate } => {
                serve_one(settings, serve::kind(&service)?, migrate).await?;
            }
            Self::Migrate { service } => migrate(settings, &service).await?,
            Self::Sandbox => sandbox(settings).await?,
            Self::Cluster { replicas, once } => {
                return cluster(settings, given, replicas, once).await;
            }
            Self::Keys { folder } => {
                keyring::make(&folder)?;
                println!("The keys of every service are in {}.", folder.display());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn serve_one(settings: &Arc<Settings>, kind: Kind, migrates: bool) -> Result<(), BoxError> {
    let name = format!("motcua-{}", kind.name);
    let _telemetry = Telemetry::start(&TelemetrySettings::read(settings, &name)?)?;
    let mut stop = StopSignals::expected()?;
    let mut served = tokio::select! {
        () = stop.came() => return Ok(()),
        served = Served::start(kind, settings.clone(), migrates) => served?,
    };
    let ended = tokio::select! {
        () = stop.came() => Ok(()),
        error = served.failed() => Err(error),
    };
    served.stop().await;
    ended
}

async fn migrate(settings: &Settings, service: &str) -> Result<(), BoxError> {
    let kinds = if service == "all" { SERVICES.to_vec() } else { vec![serve::kind(service)?] };
    for kind in kinds {
        serve::migrate(kind, serve::database_of(kind, settings)?).await?;
        println!("The database of {} has the form this program needs.", kind.name);
    }
    Ok(())
}

async fn sandbox(settings: &Settings) -> Result<(), BoxError> {
    let _telemetry = Telemetry::start(&TelemetrySettings::read(settings, "motcua-sandbox")?)?;
    let mut stop = StopSignals::expected()?;
    let mut running = Running::default();
    Outside::bind(settings).await?.start(settings, &mut running)?;
    let ended = tokio::select! {
        () = stop.came() => Ok(()),
        error = running.failed() => Err(error),
    };
    running.stop().await;
    ended
}

async fn cluster(
    settings: &Settings,
    given: &Given,
    replicas: u16,
    once: bool,
) -> Result<ExitCode, BoxError> {
    let _telemetry = Telemetry::start(&TelemetrySettings::read(settings, "motcua-cluster")?)?;
    let mut stop = StopSignals::expected()?;
    let mut replace = signal(SignalKind::user_defined1())?;
    let mut cluster = tokio::select! {
        () = stop.came() => return Ok(ExitCode::FAILURE),
        cluster = Cluster::start(settings, given, replicas) => cluster?,
    };
    println!("Every process serves:\n{}", cluster.told());
    let (endpoints, issuer) = (cluster.endpoints(), cluster.issuer()?);
    let ended = tokio::select! {
        whole = walked_whole(&endpoints, &issuer) => whole,
        () = stop.came() => Ok(false),
        error = cluster.failed() => Err(error),
    };
    let ended = match ended {
        Ok(whole) if !once => stays_up(&mut cluster, &mut stop, &mut replace).await.map(|()| whole),
        ended => ended,
    };
    cluster.stop().await?;
    Ok(if ended? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Until it is told to stop; whenever `replace` comes every process is replaced.
async fn stays_up(
    cluster: &mut Cluster,
    stop: &mut StopSignals,
    replace: &mut Signal,
) -> Result<(), BoxError> {
    loop {
        tokio::select! {
            () = stop.came() => return Ok(()),
            error = cluster.failed() => return Err(error),
            _ = replace.recv() => {}
        }
        tokio::select! {
            () = stop.came() => return Ok(()),
            rolled = cluster.roll() => rolled?,
        }
        println!("Every process was replaced by a new one.");
    }
}

/// Whether a dossier came to its end each way there is.
async fn walked_whole(endpoints: &Endpoints, issuer: &Issuer) -> Result<bool, BoxError> {
    let mut broken = Vec::<&Route>::new();
    for route in Route::all() {
        println!("\nThe journey {route}:\n");
        let operator = issuer.issue_to("identity", INSTALLATION)?;
        let journey = journey::walk(endpoints, &operator, *route).await;
        println!("{}", journey::as_timeline(&journey));
        broken.extend(journey.failure.is_some().then_some(route));
    }
    let all = Route::all().len();
    println!("{} of {all} journeys came to their proper end.", all - broken.len());
    for route in &broken {
        println!("  {route} did not");
    }
    Ok(broken.is_empty())
}
