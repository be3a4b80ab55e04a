//! What a submission costs, beside what PostgreSQL alone does in the same minutes on the same machine.
//!
//! A figure alone says as much about the disk as about the program. So the mesh and `pgbench` take turns on one private, durable
//! PostgreSQL, a checkpoint before each turn, and what counts is the ratio. Everything runs on this machine, the load generator in the
//! same process as the services: its share of the processors is in the mesh's figures.

mod cost;
mod drafts;
mod ground;
mod measures;
mod pgbench;
mod proof;
mod report;
mod submitting;

use std::path::PathBuf;
use std::process::ExitCode;

use chassis::config::{Settings, Sources};
use chassis::postgres::Postgres;
use chassis::service::BoxError;
use chassis::telemetry::{Telemetry, TelemetrySettings};
use clap::Parser;

use crate::drafts::Draft;
use crate::ground::{Ground, Scratch};
use crate::pgbench::{Form, Pgbench};
use crate::report::{Rounds, Table};

/// Measures SubmitDossier to a durable commit, beside pgbench in the same minutes.
#[derive(Clone, Parser)]
#[command(version)]
struct Cli {
    /// Dossiers submitted in all, shared by the rounds
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=200_000))]
    dossiers: u32,
    /// Submissions in flight, over two HTTP/2 connections
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..=512))]
    in_flight: u16,
    /// Rounds; in each pgbench runs first, then the mesh
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=20))]
    rounds: u16,
    /// Seconds each pgbench runs
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: u16,
    /// Folder, on the disk to be measured, under which data lie while this runs
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    place: PathBuf,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = tokio::runtime::Runtime::new()
        .map_err(BoxError::from)
        .and_then(|runtime| runtime.block_on(run(&cli)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("load: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the command line speaks to a person")]
fn tell(text: &str) {
    eprintln!("{text}");
}

/// Everything it starts ends before it returns, also when it fails or is interrupted.
async fn run(cli: &Cli) -> Result<(), BoxError> {
    // As the services run everywhere else: spans are made and carry ids, a collector has to be named.
    let quiet =
        Sources::of_process(None, vec!["telemetry.log.filter=warn,sqlx::query=error".into()]);
    let settings = Settings::load(&TelemetrySettings::TABLE, &quiet)?;
    let _telemetry = Telemetry::start(&TelemetrySettings::read(&settings, "load")?)?;
    let scratch = Scratch::on_disk(&cli.place)?;
    let postgres = Postgres::start(&scratch.postgres_settings()).await?;
    let outcome = tokio::select! {
        outcome = measure(cli, &scratch, &postgres) => outcome,
        error = postgres.died() => Err(error.into()),
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    postgres.stop().await?;
    outcome
}

async fn measure(cli: &Cli, scratch: &Scratch, postgres: &Postgres) -> Result<(), BoxError> {
    let ground = Ground::lay(scratch, postgres).await?;
    println!("{}", ground.described(cli).await?);
    let pgbench = Pgbench::prepare(&ground, cli.dossiers).await?;
    let mut drafts = drafts::prepare(&ground, cli.dossiers, cli.in_flight).await?;
    ground.settle().await?;

    let mut rounds = Rounds::default();
    let each = drafts.len().div_ceil(cli.rounds.into());
    while !drafts.is_empty() {
        let rest = drafts.split_off(each.min(drafts.len()));
        let share = std::mem::replace(&mut drafts, rest);
        round(cli, &ground, &pgbench, share, &mut rounds).await?;
    }
    println!("{}", Table::of(&rounds, cli));
    println!("{}", proof::of(&ground, rounds.submitted()).await?);
    ground.stop().await;
    Ok(())
}

/// PostgreSQL alone in every form, then the mesh.
async fn round(
    cli: &Cli,
    ground: &Ground<'_>,
    pgbench: &Pgbench,
    drafts: Vec<Draft>,
    rounds: &mut Rounds,
) -> Result<(), BoxError> {
    for form in Form::ALL {
        ground.checkpoint().await?;
        rounds.add_pgbench(form, pgbench.run(ground, form, cli.seconds).await?);
    }
    ground.checkpoint().await?;
    rounds.mesh.push(submitting::run(ground, drafts, cli.in_flight).await?);
    Ok(())
}
