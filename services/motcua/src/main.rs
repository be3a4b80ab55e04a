//! The command line of Motcua.

mod ctl;
mod parts;
mod stop;

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chassis::access::{INSTALLATION, Issuer};
use chassis::config::{self, Settings, Sources};
use chassis::service::BoxError;
use chassis::telemetry::{Telemetry, TelemetrySettings};
use clap::{Args, Parser, Subcommand};
use motcua::cluster::Given;
use motcua::journey::{self, Endpoints, Journey, Route};
use motcua::place::Place;
use motcua::reach::Reach;
use motcua::settings;
use motcua::up::AllInOne;

use crate::ctl::Ctl;
use crate::parts::Part;
use crate::stop::StopSignals;

/// Motcua (một cửa, "one door"): public administration's dossiers, from the first form to the result.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Common {
    /// Settings file (TOML); `motcua config` tells what it may say
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One setting, over file and environment; may be repeated
    #[arg(long, global = true, value_name = "NAME=VALUE")]
    set: Vec<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Run every service in this process over a private PostgreSQL, until Ctrl-C
    Up {
        /// Walk one dossier through the mesh and tell the journey before serving
        #[arg(long)]
        walk: bool,
    },
    /// Walk one dossier through the running mesh, or through one started and stopped for it
    Demo {
        /// The way it goes
        #[arg(long, value_enum, default_value_t, value_name = "NAME")]
        journey: Route,
        /// Print one JSON object instead of a timeline
        #[arg(long)]
        json: bool,
        /// Let a broker carry the events of the mesh started for it
        #[arg(long, value_name = "kafka://HOST:PORT")]
        events: Option<String>,
    },
    #[command(flatten)]
    Part(Part),
    /// Print every setting with its value, source and meaning
    Config,
    /// For who holds this installation's keys: administrators, clients, tokens for trying
    #[command(subcommand)]
    Ctl(Ctl),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => failed(&*error),
    }
}

/// An error with its causes, on one line each.
fn failed(error: &dyn std::error::Error) -> ExitCode {
    let mut told = format!("motcua: {error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !told.contains(&text) {
            told.push_str(&format!("\n  because: {text}"));
        }
        cause = inner.source();
    }
    tell_error(&told);
    ExitCode::FAILURE
}

#[expect(clippy::print_stderr, reason = "the command line speaks to a person")]
fn tell_error(text: &str) {
    eprintln!("{text}");
}

async fn run(cli: Cli) -> Result<ExitCode, BoxError> {
    let mut set = cli.common.set;
    if let Command::Demo { events: Some(events), .. } = &cli.command {
        let brokers = events.strip_prefix("kafka://");
        let brokers = brokers.ok_or("--events wants kafka://HOST:PORT")?;
        set.push(format!("kafka.brokers={brokers}"));
    }
    let given = Given { config: cli.common.config, set };
    let sources = Sources::of_process(given.config.clone(), given.set.clone());
    let settings = Arc::new(Settings::load(&settings::table(), &sources)?);
    match cli.command {
        Command::Up { walk } => up(&settings, walk).await,
        Command::Demo { journey, json, events } => {
            demo(&settings, journey, json, events.is_some()).await
        }
        Command::Part(part) => part.run(&settings, &given).await,
        Command::Config => {
            print!("{}", config::render(&settings.describe()));
            Ok(ExitCode::SUCCESS)
        }
        Command::Ctl(asked) => {
            println!("{}", ctl::run(&settings, asked).await?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn up(settings: &Arc<Settings>, walk: bool) -> Result<ExitCode, BoxError> {
    let _telemetry = Telemetry::start(&TelemetrySettings::read(settings, "motcua")?)?;
    let endpoints = if walk { Some(endpoints(settings, &Reach::of(settings)?)?) } else { None };
    let how_to_go_on = how_to_go_on(settings)?;
    // From here on a signal means: stop in order, as soon as there is something to stop.
    let mut stop = StopSignals::expected()?;
    let mut running = AllInOne::start(settings.clone()).await?;
    let issuer = running.mesh.issuer.clone();
    let ended = tokio::select! {
        () = stop.came() => Ok(()),
        error = running.failed() => Err(error),
        Err(error) = welcome(endpoints, issuer, &how_to_go_on) => Err(error),
    };
    if ended.is_ok() && std::io::stdout().is_terminal() {
        println!("\nStopping: running calls may finish.");
    }
    let stopped = running.stop().await;
    ended.and(stopped)?;
    Ok(ExitCode::SUCCESS)
}

/// Walks where asked to, then tells how to go on.
async fn welcome(
    walk: Option<Endpoints>,
    issuer: Issuer,
    how_to_go_on: &str,
) -> Result<(), BoxError> {
    if let Some(endpoints) = walk {
        println!("\nOne dossier, from the first form to the result:\n");
        println!("{}", journey::as_timeline(&walked(&endpoints, &issuer, Route::Straight).await?));
    }
    println!("{how_to_go_on}");
    Ok(())
}

async fn walked(endpoints: &Endpoints, issuer: &Issuer, route: Route) -> Result<Journey, BoxError> {
    Ok(journey::walk(endpoints, &issuer.issue_to("identity", INSTALLATION)?, route).await)
}

fn how_to_go_on(settings: &Settings) -> Result<String, BoxError> {
    let place = Place::of(settings)?;
    let (data, keys) = (place.data.display(), place.keys.display());
    let mut services = String::new();
    for of in &settings::SERVICES {
        services.push_str(&format!("{} http://{}   ", of.service, settings.get(&of.listen)?));
    }
    let asked =
        if settings.get(&settings::REFLECTION)? { "health and reflection" } else { "health" };
    let telephone = match settings.get(&settings::TELEPHONE_LISTEN)? {
        Some(at) => format!(
            "  telephone http://{at}/telephones/+84…/messages   (what the sandbox's telephones show)\n"
        ),
        None => String::new(),
    };
    let metrics = settings.get(&settings::METRICS_LISTEN)?;
    let address = listens(settings, "dossier")?;
    let motcua = std::env::args().next().unwrap_or_else(|| "motcua".into());
    Ok(format!(
        "Serving until Ctrl-C.\n\
         \x20 gRPC      {services}({asked} on each)\n\
         {telephone}\
         \x20 measures  http://{metrics}/metrics\n\
         \x20 data      {data}\n\
         \x20 keys      {keys}\n\n\
         Try it from another terminal:\n\
         \x20 {motcua} demo     (walks another dossier)\n\
         \x20 TOKEN=$({motcua} ctl token citizen)     (good for five minutes)\n\
         \x20 grpcurl -plaintext -H \"authorization: Bearer $TOKEN\" {address} motcua.dossier.v1.DossierService/ListDossiers\n\
         Wipe it, when stopped: rm -r {data} {keys}\n"
    ))
}

/// Where a service of this installation listens.
fn listens(settings: &Settings, service: &str) -> Result<SocketAddr, BoxError> {
    let of = settings::SERVICES.iter().find(|of| of.service == service);
    let of = of.ok_or_else(|| format!("no settings for {service}"))?;
    Ok(settings.get(&of.listen)?)
}

/// Where the journey goes: the services, and the sandbox around them.
fn endpoints(settings: &Settings, reach: &Reach) -> Result<Endpoints, BoxError> {
    let address = |service: &str| reach.addresses(service).join(",");
    let telephone = settings.get(&settings::TELEPHONE_LISTEN)?;
    let telephone =
        telephone.ok_or("the journey needs the telephone: set sandbox.telephone.listen")?;
    let bank = settings.get(&settings::BANK_LISTEN)?;
    let bank = bank.ok_or("the journey needs the bank: set sandbox.bank.listen")?;
    Ok(Endpoints {
        identity: address("identity"),
        dossier: address("dossier"),
        workflow: address("workflow"),
        payment: address("payment"),
        mailing: address("mailing"),
        feedback: address("feedback"),
        telephone: format!("http://{telephone}"),
        bank: format!("http://{bank}"),
        authority: reach.authority().cloned(),
    })
}

async fn demo(
    settings: &Arc<Settings>,
    route: Route,
    json: bool,
    over_broker: bool,
) -> Result<ExitCode, BoxError> {
    let reach = Reach::of(settings)?;
    let endpoints = endpoints(settings, &reach)?;
    let ours = match reach.channel("dossier").await? {
        Some(_) if over_broker => {
            return Err(
                "--events is for a mesh that is started for it, and one runs already".into()
            );
        }
        Some(_) => None,
        None => Some(ctl::in_its_place(&reach, settings).await?),
    };
    let journey = match ctl::issuer(settings) {
        Ok(issuer) => walked(&endpoints, &issuer, route).await,
        Err(error) => Err(error),
    };
    if let Some(ours) = ours {
        ours.stop().await?;
    }
    let journey = journey?;
    let told = if json { journey::as_json(&journey) } else { journey::as_timeline(&journey) };
    println!("{told}");
    Ok(if journey.failure.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
