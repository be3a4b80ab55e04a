#![doc = include_str!("../README.md")]

pub mod case;
pub mod draw;
mod events;
pub mod process;
mod rpc;
pub mod rules;
mod store;
pub mod working_time;

use std::sync::Arc;

use chassis::server::LARGEST_REQUEST;
use chassis::service::{BoxError, Ground, Kind, Service};
use chassis::write::Door;
use proto::motcua::workflow::v1::case_service_server::CaseServiceServer;
use proto::motcua::workflow::v1::task_service_server::TaskServiceServer;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use self::rpc::{Cases, Tasks};
use self::rules::Rules;
use self::store::CaseStore;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The service's row in the table of services.
pub const SERVICE: Kind = Kind { name: "workflow", migrations: &MIGRATIONS, build };

fn build(ground: Ground) -> Result<Service, BoxError> {
    let rules = Arc::new(Rules::load()?);
    let store = CaseStore::new(ground.pool.clone());
    let around = ground.around();
    let door = Door::open(SERVICE.name, ground.pool, store.clone(), rules.clone(), around);
    let reactions = vec![events::of_dossier(&door)];
    let cases = Cases { store: store.clone(), door: door.clone(), rules: rules.clone() };
    let routes =
        Routes::new(CaseServiceServer::new(cases).max_decoding_message_size(LARGEST_REQUEST))
            .add_service(
                TaskServiceServer::new(Tasks { store, door, rules })
                    .max_decoding_message_size(LARGEST_REQUEST),
            );
    Ok(Service { routes, reactions, tasks: Vec::new() })
}
