#![doc = include_str!("../README.md")]

pub mod bilingual;
pub mod document;
pub mod dossier;
mod events;
pub mod file;
pub mod form;
mod jobs;
mod outside;
pub mod paper;
pub mod procedure;
mod rpc;
mod seal;
pub mod settings;
mod store;
pub mod supplement;
pub mod timeline;
mod upload;

use std::sync::Arc;

use chassis::server::LARGEST_REQUEST;
use chassis::service::{BoxError, Ground, Kind, Service, Task, endless};
use chassis::timers::Sweeper;
use chassis::write::Door;
use proto::motcua::dossier::v1::document_service_server::DocumentServiceServer;
use proto::motcua::dossier::v1::dossier_service_server::DossierServiceServer;
use proto::motcua::dossier::v1::file_service_server::FileServiceServer;
use proto::motcua::dossier::v1::procedure_service_server::ProcedureServiceServer;
use proto::motcua::dossier::v1::supplement_service_server::SupplementServiceServer;
use proto::motcua::dossier::v1::timeline_service_server::TimelineServiceServer;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use self::dossier::{LAPSE_DRAFT, LapseDraft};
use self::jobs::sweep::Sweep;
use self::outside::accounts::Accounts;
use self::outside::agencies::Agencies;
use self::outside::grounds::Grounds;
use self::outside::objects::Objects;
use self::procedure::Catalogue;
use self::rpc::{
    Answers, Documents, Dossiers, Files, Procedures, Slips, Supplements, Timelines, Watchers,
};
use self::seal::Seal;
use self::store::DossierStore;
use self::supplement::{LAPSE_SUPPLEMENT, LapseSupplement};
use self::upload::Uploads;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The service's row in the table of services.
pub const SERVICE: Kind = Kind { name: "dossier", migrations: &MIGRATIONS, build };

fn build(ground: Ground) -> Result<Service, BoxError> {
    let catalogue = Arc::new(Catalogue::load()?);
    let keys = &ground.process.keys;
    let seal = Seal::new(&*keys.secret("dossier-answers")?);
    let files_key = keys.secret("dossier-files")?;
    let objects = Objects::in_folder(&settings::files_directory(&ground.process)?, &files_key)?;
    let largest = settings::largest_file(&ground.process)?;
    let draft_days = settings::draft_days(&ground.process)?;
    let store = DossierStore::new(ground.pool.clone());
    let around = ground.around();
    let peers = &ground.process.peers;
    let accounts = Accounts::known_to(peers.channel(SERVICE.name, "identity")?);
    let agencies = Agencies::new(peers.channel(SERVICE.name, "identity")?);
    let grounds = Grounds::kept_by(peers.channel(SERVICE.name, "workflow")?);
    let watchers = Watchers::default();
    let timelines = Timelines {
        store: store.clone(),
        watchers: watchers.clone(),
        verifier: ground.process.verifier,
    };
    let stopping = ground.stopping.cancelled_owned();
    let tending = watchers.tend(store.clone(), ground.bell, stopping);
    let clock = around.clock.clone();
    let door = Door::open(SERVICE.name, ground.pool, store.clone(), Arc::new(()), around);
    let uploads = Uploads {
        objects: objects.clone(),
        store: store.clone(),
        door: door.clone(),
        clock: clock.clone(),
    };
    let names = chassis::seal::Seal::new(&files_key);
    let files = Files { catalogue: catalogue.clone(), uploads, seal: names, largest };
    let slips = Slips {
        catalogue: catalogue.clone(),
        agencies: agencies.clone(),
        grounds: grounds.clone(),
        seal: seal.clone(),
        store: store.clone(),
    };
    let documents = Documents { slips, store: store.clone(), door: door.clone() };
    let sweep = Sweep { objects, store: store.clone(), door: door.clone(), clock: clock.clone() };
    let procedures = Procedures { catalogue: catalogue.clone() };
    let reactions = events::reactions(&door);
    let tasks: Vec<Task> = vec![
        Box::pin(endless(tending)),
        Box::pin(endless(sweep.run())),
        Box::pin(endless(Sweeper::new(LAPSE_DRAFT, &door, LapseDraft).run())),
        Box::pin(endless(Sweeper::new(LAPSE_SUPPLEMENT, &door, LapseSupplement).run())),
    ];
    let answers = Answers { catalogue: catalogue.clone(), seal, clock };
    let supplements =
        Supplements { answers: answers.clone(), grounds, store: store.clone(), door: door.clone() };
    let dossiers = Dossiers { catalogue, accounts, agencies, answers, store, door, draft_days };
    let routes = routes(procedures, dossiers, files, documents, timelines).add_service(
        SupplementServiceServer::new(supplements).max_decoding_message_size(LARGEST_REQUEST),
    );
    Ok(Service { routes, reactions, tasks })
}

fn routes(
    procedures: Procedures,
    dossiers: Dossiers,
    files: Files,
    documents: Documents,
    timelines: Timelines,
) -> Routes {
    Routes::new(ProcedureServiceServer::new(procedures).max_decoding_message_size(LARGEST_REQUEST))
        .add_service(DossierServiceServer::new(dossiers).max_decoding_message_size(LARGEST_REQUEST))
        .add_service(FileServiceServer::new(files).max_decoding_message_size(LARGEST_REQUEST))
        .add_service(
            DocumentServiceServer::new(documents).max_decoding_message_size(LARGEST_REQUEST),
        )
        .add_service(
            TimelineServiceServer::new(timelines).max_decoding_message_size(LARGEST_REQUEST),
        )
}
