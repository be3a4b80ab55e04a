#![doc = include_str!("../README.md")]

pub mod callback;
mod events;
pub mod folio;
mod jobs;
pub mod ledger;
pub mod money;
mod outside;
mod rpc;
pub mod settings;
mod store;
mod suspense;
pub mod vietqr;

use std::sync::Arc;

use chassis::callback::Believed;
use chassis::jobs::Worker;
use chassis::server::{Gate, LARGEST_REQUEST, http};
use chassis::service::{BoxError, Ground, Kind, Process, Service, Task, endless};
use chassis::write::Door;
use proto::motcua::payment::v1::invoice_service_server::InvoiceServiceServer;
use proto::motcua::payment::v1::ledger_service_server::LedgerServiceServer;
use proto::motcua::payment::v1::transfer_service_server::TransferServiceServer;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use self::callback::Callback;
use self::folio::Terms;
use self::jobs::AskBank;
use self::rpc::{Invoices, Ledger, Owners, Transfers};
use self::settings::Settings;
use self::store::FolioStore;
use self::suspense::Suspense;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The service's row in the table of services.
pub const SERVICE: Kind = Kind { name: "payment", migrations: &MIGRATIONS, build };

fn build(ground: Ground) -> Result<Service, BoxError> {
    let Settings { callback, bank_secrets, bank, questions, payee } =
        Settings::of(&ground.process)?;
    let owners = Owners::told_by(ground.process.peers.channel(SERVICE.name, "dossier")?);
    let store = FolioStore::new(ground.pool.clone());
    let around = ground.around();
    let clock = around.clock.clone();
    let terms = Arc::new(Terms { payee, questions });
    let pool = ground.pool.clone();
    let door = Door::open(SERVICE.name, pool.clone(), store.clone(), terms, around.clone());
    let reactions = vec![events::of_workflow(&door)];
    let job =
        AskBank { bank, questions, store: store.clone(), door: door.clone(), clock: clock.clone() };
    let worker = Worker::new(SERVICE.name, pool, job, door.clone(), around);
    let asking: Task = Box::pin(endless(worker.run()));
    let believed = Believed { secrets: bank_secrets, clock: clock.clone() };
    let heard = Callback { believed, store: store.clone(), door: door.clone() };
    let measured = Suspense::new(store.clone(), clock.clone(), &ground.process.metrics)?;
    let Process { metrics, connections, .. } = &ground.process;
    let gate = Gate::new("payment callback", callback, *connections, metrics.clone());
    let listening: Task = Box::pin(endless(http::serve(gate, heard.router())));
    let measuring: Task = Box::pin(endless(measured.run()));
    let ledger = Ledger { store: store.clone() };
    let transfers = Transfers { store: store.clone(), door };
    let invoices = Invoices { store, owners };
    let routes =
        Routes::new(InvoiceServiceServer::new(invoices).max_decoding_message_size(LARGEST_REQUEST))
            .add_service(
                TransferServiceServer::new(transfers).max_decoding_message_size(LARGEST_REQUEST),
            )
            .add_service(
                LedgerServiceServer::new(ledger).max_decoding_message_size(LARGEST_REQUEST),
            );
    Ok(Service { routes, reactions, tasks: vec![listening, asking, measuring] })
}
