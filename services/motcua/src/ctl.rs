//! `motcua ctl`: what whoever holds this installation's keys may do. Every act is a call of the contract, under a token that is signed here.

mod administrator;
mod clients;
mod identity;
mod letters;
mod mesh;
mod story;
mod suspense;
mod token;
mod top;
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use chassis::access::{Issuer, Role};
use chassis::clock::Clock;
use chassis::config::Settings;
use chassis::keys::Keys;
use chassis::service::BoxError;
use clap::Subcommand;
use motcua::place::Place;
use motcua::reach::Reach;
use motcua::up::AllInOne;
use tonic::Status;
use uuid::Uuid;

use self::identity::Identity;
use self::letters::DeadLetters;
use self::mesh::Services;
use self::story::Named;
use self::suspense::Suspense;
use self::token::TokenFor;

/// What can be asked of it.
#[derive(Subcommand)]
pub enum Ctl {
    /// Print an access token for trying, good for five minutes; nobody of that name need exist
    Token(TokenFor),
    /// Appoint the administrator of an agency, who then appoints its other officers
    ///
    /// Asks on standard input, a line each, for the person as the identity card tells: personal ID, full name, birth date, sex, and a
    /// telephone. Makes the account if there is none; one on record with another telephone is refused. The person then signs in with
    /// StartSignIn and CompleteSignIn, naming the agency. Without a running mesh, one is started for it and stopped again.
    Administrator {
        /// Five-digit unit code of the agency; ListAgencies knows them
        #[arg(long, value_name = "CODE")]
        agency: String,
        /// Give the role of operator as well: it opens CheckLedger, whether the books of payment balance, and what `motcua ctl` asks of services: dead letters, readers, jobs, facts
        #[arg(long)]
        operator: bool,
        /// Give the role of cashier as well: it opens what waits in suspense, of every agency
        #[arg(long)]
        cashier: bool,
    },
    /// Register a program that calls in its own name: it may call what the contract opens to services, but for telephones, accounts and what `ctl` does
    Client {
        /// Its id: 3 to 40 lower case letters, digits and hyphens, the first a letter
        id: String,
        /// Its Ed25519 public key: 32 bytes in base64url, as `x` in a JSON Web Key
        #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
        public_key: String,
    },
    /// Shut out a client whose key is lost or known to others, for ever; tokens it holds live out their five minutes
    DisableClient {
        /// Its id
        id: String,
    },
    /// What services could not take: list, show, take again, give up
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// Money that fits no open invoice and waits for a person: list it, note that it was paid back
    #[command(subcommand)]
    Suspense(Suspense),
    /// How far each service is behind the facts of the others, and why one stands still
    Readers {
        /// Print a JSON array instead of a table
        #[arg(long)]
        json: bool,
    },
    /// What services have still to do: work on the world outside and timers, and what of it fails or is overdue
    Jobs {
        /// Print a JSON array instead of tables
        #[arg(long)]
        json: bool,
    },
    /// The mesh at a glance: what each service does a second, how long that takes, and what waits; on a terminal again and again until Ctrl-C
    Top {
        /// Seconds between two looks, over which rates are counted
        #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3600))]
        every: u64,
    },
    /// Have jobs that were given up and timers that were put aside taken again, once their cause is mended
    Retry {
        /// The service, as `jobs` shows it: mailing
        service: String,
        /// The kind of job or timer, as `jobs` shows it: tell_owner
        kind: String,
    },
    /// The whole story of one dossier: every fact about it, of every service, in the order of time
    Dossier {
        /// Its code, or its UUID, alone or as dossiers/{uuid}
        #[arg(value_parser = story::named)]
        dossier: Named,
        /// Print one JSON object instead of a table
        #[arg(long)]
        json: bool,
    },
}

/// Does what was asked, and returns what to print.
///
/// # Errors
/// Keys that cannot be read, a mesh that does not start, a refusal in its own words.
pub async fn run(settings: &Arc<Settings>, asked: Ctl) -> Result<String, BoxError> {
    match asked {
        Ctl::Token(whose) => whose.token(&issuer(settings)?),
        Ctl::Administrator { agency, operator, cashier } => {
            let person = administrator::ask_for_person()?;
            let also = [(operator, Role::Operator), (cashier, Role::Cashier)];
            let also = also.into_iter().filter_map(|(given, role)| given.then_some(role)).collect();
            let appoint = async |identity: &Identity| identity.appoint(person, &agency, also).await;
            identity::of(settings, appoint).await
        }
        Ctl::DeadLetters(asked) => letters::run(&Services::of(settings).await?, asked).await,
        Ctl::Suspense(asked) => suspense::run(&Services::of(settings).await?, asked).await,
        Ctl::Readers { json } => waiting::readers(&Services::of(settings).await?, json).await,
        Ctl::Jobs { json } => waiting::jobs(&Services::of(settings).await?, json).await,
        Ctl::Top { every } => top::run(settings, Duration::from_secs(every)).await,
        Ctl::Retry { service, kind } => {
            waiting::retry(&Services::of(settings).await?, &service, &kind).await
        }
        Ctl::Dossier { dossier, json } => {
            story::run(&Services::of(settings).await?, &dossier, json).await
        }
        Ctl::Client { id, public_key } => {
            let register = async |identity: &Identity| identity.register(id, public_key).await;
            identity::of(settings, register).await
        }
        Ctl::DisableClient { id } => {
            identity::of(settings, async |identity: &Identity| identity.disable(id).await).await
        }
    }
}

/// Signs in the name of this installation.
///
/// # Errors
/// Its keys cannot be read.
pub fn issuer(settings: &Settings) -> Result<Issuer, BoxError> {
    let keys = Keys::given(Place::of(settings)?.keys);
    motcua::mesh::issuer(&keys, &Clock::system())
}

/// A mesh started because none runs.
///
/// # Errors
/// It does not start, or those that should run are elsewhere.
pub async fn in_its_place(reach: &Reach, settings: &Arc<Settings>) -> Result<AllInOne, BoxError> {
    if reach.is_elsewhere() {
        return Err("the mesh that peers.… tells of does not listen".into());
    }
    AllInOne::start(settings.clone()).await
}

/// The id of a new wish.
fn wish() -> String {
    Uuid::now_v7().to_string()
}

/// A refusal in its own words, and those of the fields it names.
fn refused(status: Status) -> BoxError {
    let reason = chassis::status::reason(&status);
    let reason = reason.unwrap_or_else(|| format!("{:?}", status.code()));
    let mut told = format!("{reason}: {}", status.message());
    for violation in chassis::status::violations(&status) {
        told.push_str(&format!("\n  {}: {}", violation.field, violation.description));
    }
    told.into()
}
