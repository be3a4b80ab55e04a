//! `motcua ctl`: what whoever holds this installation's keys may do. Every act is a call of the contract, under a token that is signed here.

mod letters;
mod mesh;
mod story;
mod suspense;
mod top;
mod waiting;

use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use chassis::access::{Assurance, INSTALLATION, Issuer, Person, Role};
use chassis::clock::Clock;
use chassis::config::Settings;
use chassis::keys::Keys;
use chassis::service::BoxError;
use clap::{Args, Subcommand, ValueEnum};
use jiff::civil;
use motcua::place::Place;
use motcua::reach::Reach;
use motcua::up::AllInOne;
use prost::Message;
use proto::google::rpc::{self, BadRequest};
use proto::google::r#type::Date;
use proto::motcua::identity::v1 as identity;
use proto::motcua::identity::v1::account_service_client::AccountServiceClient;
use proto::motcua::identity::v1::client_service_client::ClientServiceClient;
use proto::motcua::identity::v1::officer_service_client::OfficerServiceClient;
use tonic::transport::Channel;
use tonic::{Request, Status};
use uuid::Uuid;

use self::letters::DeadLetters;
use self::mesh::Services;
use self::story::Named;
use self::suspense::Suspense;

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
    /// Register a program that calls in its own name: it may call what services may
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

/// Whose token.
#[derive(Args)]
pub struct TokenFor {
    /// Who it speaks for
    who: Who,
    /// Unit code of the officer's agency
    #[arg(long, value_name = "CODE", default_value = "26860")]
    agency: String,
    /// The account's UUID, to speak for one that exists or for the same one again; a new one if not given
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

/// Who a token speaks for.
#[derive(Clone, Copy, ValueEnum)]
enum Who {
    /// A citizen, signed in at assurance level substantial
    Citizen,
    /// An officer who receives, processes and signs; identity need not have appointed them
    Officer,
    /// An officer who appoints others of the agency
    Administrator,
}

/// Does what was asked, and returns what to print.
///
/// # Errors
/// Keys that cannot be read, a mesh that does not start, a refusal in its own words.
pub async fn run(settings: &Arc<Settings>, asked: Ctl) -> Result<String, BoxError> {
    match asked {
        Ctl::Token(whose) => whose.token(&issuer(settings)?),
        Ctl::Administrator { agency, operator, cashier } => {
            let person = ask_for_person()?;
            let mesh = Reached::of(settings).await?;
            let also = [(operator, Role::Operator), (cashier, Role::Cashier)];
            let also = also.into_iter().filter_map(|(given, role)| given.then_some(role));
            let told = mesh.appoint(person, &agency, also.collect()).await;
            mesh.leave().await?;
            told
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
            let mesh = Reached::of(settings).await?;
            let told = mesh.register(id, public_key).await;
            mesh.leave().await?;
            told
        }
        Ctl::DisableClient { id } => {
            let mesh = Reached::of(settings).await?;
            let told = mesh.disable(id).await;
            mesh.leave().await?;
            told
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

impl TokenFor {
    fn token(&self, issuer: &Issuer) -> Result<String, BoxError> {
        let id = self.id.unwrap_or_else(Uuid::now_v7);
        let agency = format!("agencies/{}", self.agency);
        let officer = |roles: &[Role]| {
            let roles = roles.iter().copied().map(i32::from).collect();
            let name = format!("{agency}/officers/{id}");
            (name, Person::Officer { agency: agency.clone(), roles })
        };
        let (name, person) = match self.who {
            Who::Citizen => {
                let assurance = Assurance::Substantial.into();
                (format!("accounts/{id}"), Person::Citizen { assurance })
            }
            Who::Officer => officer(&[Role::Receiving, Role::Processing, Role::Signing]),
            Who::Administrator => officer(&[Role::AgencyAdministrator]),
        };
        Ok(issuer.issue(&name, person)?)
    }
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

/// Identity of the running mesh, or of one that was started for it.
struct Reached {
    identity: Channel,
    token: String,
    started: Option<AllInOne>,
}

impl Reached {
    async fn of(settings: &Arc<Settings>) -> Result<Self, BoxError> {
        let reach = Reach::of(settings)?;
        let (running, mut started) = (reach.channel("identity").await?, None);
        let identity = match running {
            Some(identity) => identity,
            None => {
                started = Some(in_its_place(&reach, settings).await?);
                let own = reach.channel("identity").await?;
                own.ok_or("identity was started and does not listen")?
            }
        };
        let token = issuer(settings)?.issue(INSTALLATION, Person::Service)?;
        Ok(Self { identity, token, started })
    }

    async fn leave(self) -> Result<(), BoxError> {
        match self.started {
            Some(started) => started.stop().await,
            None => Ok(()),
        }
    }

    fn signed<T>(&self, message: T) -> Result<Request<T>, BoxError> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", self.token).parse()?;
        request.metadata_mut().insert("authorization", bearer);
        Ok(request)
    }

    async fn appoint(
        &self,
        person: identity::Account,
        agency: &str,
        also: Vec<Role>,
    ) -> Result<String, BoxError> {
        let account = self.account(person).await?;
        let agency = format!("agencies/{agency}");
        let roles: Vec<_> = std::iter::once(Role::AgencyAdministrator).chain(also).collect();
        let officer = self.officer(&account, &agency, &roles).await?;
        Ok(format!(
            "{officer} administers {agency}{}.\n\
             To sign in: StartSignIn, then CompleteSignIn with the code that comes to the telephone and \"agency\": \"{agency}\".",
            roles.iter().filter_map(|role| work(*role)).collect::<String>()
        ))
    }

    /// The account of a person, made if there is none. Anyone may make one for any personal ID, so what is on record is compared first:
    /// the code of a sign-in goes to the telephone there.
    async fn account(&self, person: identity::Account) -> Result<String, BoxError> {
        let mut accounts = AccountServiceClient::new(self.identity.clone());
        let account = Some(person.clone());
        let request = identity::CreateAccountRequest { account, request_id: wish() };
        let made = accounts.create_account(request).await.map_err(refused)?.into_inner();
        let request = self.signed(identity::GetAccountRequest { name: made.name.clone() })?;
        let on_record = accounts.get_account(request).await.map_err(refused)?.into_inner();
        if same_person(&on_record, &person) {
            return Ok(made.name);
        }
        Err("an account with this personal ID is on record with another telephone or name; \
             nobody was appointed"
            .into())
    }

    /// The officer's name. One who is appointed already is given the roles.
    async fn officer(
        &self,
        account: &str,
        agency: &str,
        roles: &[Role],
    ) -> Result<String, BoxError> {
        let mut officers = OfficerServiceClient::new(self.identity.clone());
        let request = self.signed(identity::AppointOfficerRequest {
            parent: agency.into(),
            account: account.into(),
            roles: roles.iter().copied().map(i32::from).collect(),
            request_id: wish(),
        })?;
        match officers.appoint_officer(request).await {
            Ok(officer) => return Ok(officer.into_inner().name),
            Err(status)
                if chassis::status::reason(&status).as_deref() == Some("OFFICER_EXISTS") => {}
            Err(status) => return Err(refused(status)),
        }
        let name = format!("{agency}/officers/{}", account.trim_start_matches("accounts/"));
        for role in roles {
            let (name, role) = (name.clone(), i32::from(*role));
            let request = identity::GrantRoleRequest { name, role, request_id: wish() };
            officers.grant_role(self.signed(request)?).await.map_err(refused)?;
        }
        Ok(name)
    }

    async fn disable(&self, id: String) -> Result<String, BoxError> {
        let mut clients = ClientServiceClient::new(self.identity.clone());
        let request =
            identity::DisableClientRequest { name: format!("clients/{id}"), request_id: wish() };
        let client = clients.disable_client(self.signed(request)?).await.map_err(refused)?;
        let name = client.into_inner().name;
        Ok(format!("{name} is disabled: it gets no token any more. A new key is a new client."))
    }

    async fn register(&self, client_id: String, public_key: String) -> Result<String, BoxError> {
        let mut clients = ClientServiceClient::new(self.identity.clone());
        let request = identity::CreateClientRequest { client_id, public_key, request_id: wish() };
        let client = clients.create_client(self.signed(request)?).await.map_err(refused)?;
        let name = client.into_inner().name;
        Ok(format!("{name} is registered: it signs an assertion and calls IssueClientToken."))
    }
}

/// What a role lets an administrator do besides.
fn work(role: Role) -> Option<&'static str> {
    match role {
        Role::Operator => Some(" and operates the mesh"),
        Role::Cashier => Some(" and looks after money in suspense"),
        _ => None,
    }
}

fn wish() -> String {
    Uuid::now_v7().to_string()
}

/// Telephones are read back in another form than most people write them: the last nine digits are the number.
fn same_person(one: &identity::Account, other: &identity::Account) -> bool {
    let number = |account: &identity::Account| {
        let digits: Vec<char> = account.phone_number.chars().filter(char::is_ascii_digit).collect();
        digits.into_iter().rev().take(9).collect::<String>()
    };
    number(one) == number(other) && one.full_name == other.full_name.trim()
}

fn ask_for_person() -> Result<identity::Account, BoxError> {
    Ok(identity::Account {
        personal_id: ask("Personal ID (12 digits)")?,
        full_name: ask("Full name")?,
        birth_date: Some(birth_date(&ask("Birth date (1990-04-12)")?)?),
        sex: sex(&ask("Sex (male, female)")?)?.into(),
        phone_number: ask("Telephone")?,
        ..identity::Account::default()
    })
}

/// A line of standard input; the question shows where a person is asked.
fn ask(question: &str) -> Result<String, BoxError> {
    if std::io::stdin().is_terminal() {
        let mut terminal = std::io::stderr();
        write!(terminal, "{question}: ")?;
        terminal.flush()?;
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    match line.trim() {
        "" => Err(format!("nothing was told of: {question}").into()),
        told => Ok(told.to_owned()),
    }
}

fn birth_date(text: &str) -> Result<Date, BoxError> {
    let date: civil::Date = text.parse().map_err(|_| "a birth date is written as in 1990-04-12")?;
    Ok(Date { year: date.year().into(), month: date.month().into(), day: date.day().into() })
}

fn sex(text: &str) -> Result<identity::Sex, BoxError> {
    match text {
        "male" => Ok(identity::Sex::Male),
        "female" => Ok(identity::Sex::Female),
        _ => Err("sex is male or female".into()),
    }
}

/// A refusal in its own words, and those of the fields it names.
fn refused(status: Status) -> BoxError {
    let reason = chassis::status::reason(&status);
    let reason = reason.unwrap_or_else(|| format!("{:?}", status.code()));
    let mut told = format!("{reason}: {}", status.message());
    for violation in violations(&status) {
        told.push_str(&format!("\n  {}: {}", violation.field, violation.description));
    }
    told.into()
}

fn violations(status: &Status) -> Vec<rpc::bad_request::FieldViolation> {
    let details = rpc::Status::decode(status.details()).unwrap_or_default().details;
    let bad = details.iter().find(|any| any.type_url.ends_with("/google.rpc.BadRequest"));
    let bad = bad.and_then(|any| BadRequest::decode(any.value.as_slice()).ok());
    bad.unwrap_or_default().field_violations
}
