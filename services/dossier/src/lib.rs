#![doc = include_str!("../README.md")]

pub mod bilingual;
pub mod dossier;
mod events;
pub mod form;
pub mod procedure;
mod rpc;
mod seal;
pub mod settings;
mod store;

use std::sync::Arc;

use chassis::server::LARGEST_REQUEST;
use chassis::service::{BoxError, Ground, Kind, Service, Task};
use chassis::timers::Sweeper;
use chassis::write::Door;
use proto::motcua::dossier::v1::dossier_service_server::DossierServiceServer;
use proto::motcua::dossier::v1::procedure_service_server::ProcedureServiceServer;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use self::dossier::{LAPSE_DRAFT, LapseDraft};
use self::procedure::Catalogue;
use self::rpc::{Dossiers, Procedures};
use self::seal::Seal;
use self::store::DossierStore;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The service's row in the table of services.
pub const SERVICE: Kind = Kind { name: "dossier", migrations: &MIGRATIONS, build };

fn build(ground: Ground) -> Result<Service, BoxError> {
    let catalogue = Arc::new(Catalogue::load()?);
    let key = ground.process.keys.secret("dossier-answers")?;
    let seal = Seal::new(&key);
    let draft_days = settings::draft_days(&ground.process)?;
    let store = DossierStore::new(ground.pool.clone());
    let around = ground.around();
    let clock = around.clock.clone();
    let door = Door::open(SERVICE.name, ground.pool, store.clone(), Arc::new(()), around);
    let procedures = Procedures { catalogue: catalogue.clone() };
    let reactions = vec![events::of_workflow(&door)];
    let lapsing = Sweeper::new(LAPSE_DRAFT, &door, LapseDraft);
    let lapsing: Task = Box::pin(async move {
        lapsing.run().await;
        Ok(())
    });
    let dossiers = Dossiers { catalogue, seal, store, door, clock, draft_days };
    let routes = Routes::new(
        ProcedureServiceServer::new(procedures).max_decoding_message_size(LARGEST_REQUEST),
    )
    .add_service(DossierServiceServer::new(dossiers).max_decoding_message_size(LARGEST_REQUEST));
    Ok(Service { routes, reactions, tasks: vec![lapsing] })
}
