#![doc = include_str!("../README.md")]

pub mod case;
pub mod draw;
mod epochs;
mod events;
pub mod fees;
pub mod grounds;
pub mod lateness;
mod outside;
pub mod process;
mod promises;
mod rpc;
pub mod rules;
pub mod slip;
mod store;
pub mod supplements;
pub mod withdrawals;
pub mod working_time;

use std::sync::Arc;

use chassis::server::LARGEST_REQUEST;
use chassis::service::{BoxError, Ground, Kind, Process, Service, Task, endless};
use chassis::timers::Sweeper;
use chassis::write::Door;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use proto::motcua::workflow::v1::case_service_server::CaseServiceServer;
use proto::motcua::workflow::v1::draw_service_server::DrawServiceServer;
use proto::motcua::workflow::v1::grounds_service_server::GroundsServiceServer;
use proto::motcua::workflow::v1::task_service_server::TaskServiceServer;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use self::case::{ESCALATE, EscalateLateCase, WARN, WarnOfDueTime};
use self::draw::{NumberPools, SecretKey, SubjectKey};
use self::epochs::Epochs;
use self::grounds::Seal;
use self::outside::Forms;
use self::promises::Promises;
use self::rpc::{Cases, Draws, GroundsOfCases, Tasks};
use self::rules::Rules;
use self::store::{CaseStore, EpochStore};

/// Its name.
const NAME: &str = "workflow";

/// The number pools the program comes with.
const POOLS: &str = include_str!("../data/number_pools.yaml");

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The service's row in the table of services.
pub const SERVICE: Kind = Kind { name: NAME, migrations: &MIGRATIONS, build };

fn build(ground: Ground) -> Result<Service, BoxError> {
    let rules = Arc::new(Rules::load()?);
    let store = CaseStore::new(ground.pool.clone());
    let door = Door::open(NAME, ground.pool.clone(), store.clone(), rules.clone(), ground.around());
    let reactions =
        vec![events::of_dossier(&door), events::of_payment(&door), events::of_mailing(&door)];
    let draws = draws(&ground, store.clone(), door.clone())?;
    let Process { keys, peers, clock, metrics, .. } = &ground.process;
    let forms = Forms::told_by(peers.channel(NAME, "dossier")?);
    let seal = Seal::new(&*keys.secret("workflow-grounds")?);
    let grounds = GroundsOfCases { store: store.clone(), seal: seal.clone(), rules: rules.clone() };
    let promises = Promises::new(store.clone(), rules.clone(), clock.clone(), metrics)?;
    let running: Vec<Task> = vec![
        Box::pin(endless(promises.run())),
        Box::pin(endless(Sweeper::new(WARN, &door, WarnOfDueTime).run())),
        Box::pin(endless(Sweeper::new(ESCALATE, &door, EscalateLateCase).run())),
    ];
    let tasks = Tasks { store: store.clone(), door: door.clone(), rules: rules.clone() };
    let cases = Cases { store, door, rules, clock: clock.clone(), seal, forms };
    let routes =
        Routes::new(CaseServiceServer::new(cases).max_decoding_message_size(LARGEST_REQUEST))
            .add_service(TaskServiceServer::new(tasks).max_decoding_message_size(LARGEST_REQUEST))
            .add_service(
                GroundsServiceServer::new(grounds).max_decoding_message_size(LARGEST_REQUEST),
            )
            .add_service(DrawServiceServer::new(draws).max_decoding_message_size(LARGEST_REQUEST));
    Ok(Service { routes, reactions, tasks: running })
}

fn draws(ground: &Ground, store: CaseStore, door: Door<CaseStore>) -> Result<Draws, BoxError> {
    let Process { keys, peers, clock, .. } = &ground.process;
    let pools = NumberPools::from_yaml(POOLS)?;
    let key = SecretKey::from_seed(&*keys.secret("draw")?);
    let lists = EpochStore::new(ground.pool.clone());
    let opening =
        Door::open(NAME, ground.pool.clone(), lists.clone(), Arc::new(()), ground.around());
    let epochs = Arc::new(Epochs::new(pools, key, lists, opening, clock.clone()));
    let subjects = SubjectKey::new(keys.secret("draw-subjects")?);
    let dossiers = DossierServiceClient::new(peers.channel(NAME, "dossier")?);
    Ok(Draws { store, door, epochs, subjects, dossiers })
}
