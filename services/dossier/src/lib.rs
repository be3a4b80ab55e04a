#![doc = include_str!("../README.md")]

mod agencies;
pub mod bilingual;
pub mod dossier;
mod events;
pub mod form;
pub mod procedure;
mod rpc;
mod seal;
mod store;
pub mod timeline;

use std::sync::Arc;

use chassis::server::LARGEST_REQUEST;
use chassis::service::{BoxError, Ground, Kind, Service};
use chassis::write::Door;
use proto::motcua::dossier::v1::dossier_service_server::DossierServiceServer;
use proto::motcua::dossier::v1::procedure_service_server::ProcedureServiceServer;
use proto::motcua::dossier::v1::timeline_service_server::TimelineServiceServer;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use self::agencies::Agencies;
use self::procedure::Catalogue;
use self::rpc::{Dossiers, Procedures, Timelines, Watchers};
use self::seal::Seal;
use self::store::DossierStore;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The service's row in the table of services.
pub const SERVICE: Kind = Kind { name: "dossier", migrations: &MIGRATIONS, build };

fn build(ground: Ground) -> Result<Service, BoxError> {
    let catalogue = Arc::new(Catalogue::load()?);
    let key = ground.process.keys.secret("dossier-answers")?;
    let seal = Seal::new(&key);
    let store = DossierStore::new(ground.pool.clone());
    let around = ground.around();
    let agencies = Agencies::new(ground.process.peers.channel(SERVICE.name, "identity")?);
    let watchers = Watchers::default();
    let timelines = Timelines {
        store: store.clone(),
        watchers: watchers.clone(),
        verifier: ground.process.verifier,
    };
    let tending = watchers.tend(store.clone(), ground.bell);
    let clock = around.clock.clone();
    let door = Door::open(SERVICE.name, ground.pool, store.clone(), Arc::new(()), around);
    let procedures = Procedures { catalogue: catalogue.clone() };
    let reactions = events::reactions(&door);
    let dossiers = Dossiers { catalogue, agencies, seal, store, door, clock };
    let routes = Routes::new(
        ProcedureServiceServer::new(procedures).max_decoding_message_size(LARGEST_REQUEST),
    )
    .add_service(DossierServiceServer::new(dossiers).max_decoding_message_size(LARGEST_REQUEST))
    .add_service(TimelineServiceServer::new(timelines).max_decoding_message_size(LARGEST_REQUEST));
    Ok(Service { routes, reactions, tasks: vec![Box::pin(tending)] })
}
