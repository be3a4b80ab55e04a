#![doc = include_str!("../README.md")]

pub mod callback;
mod events;
pub mod folio;
pub mod ledger;
pub mod money;
mod rpc;
pub mod settings;
mod store;
pub mod vietqr;

use std::sync::Arc;

use chassis::server::LARGEST_REQUEST;
use chassis::service::{BoxError, Ground, Kind, Service, Task};
use chassis::write::Door;
use proto::motcua::payment::v1::invoice_service_server::InvoiceServiceServer;
use proto::motcua::payment::v1::ledger_service_server::LedgerServiceServer;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use self::callback::Callback;
use self::rpc::{Invoices, Ledger, Owners};
use self::settings::Settings;
use self::store::FolioStore;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The service's row in the table of services.
pub const SERVICE: Kind = Kind { name: "payment", migrations: &MIGRATIONS, build };

fn build(ground: Ground) -> Result<Service, BoxError> {
    let Settings { callback, bank_secrets, payee } = Settings::of(&ground.process.settings)?;
    let owners = Owners::told_by(ground.process.peers.channel(SERVICE.name, "dossier")?);
    let store = FolioStore::new(ground.pool.clone());
    let around = ground.around();
    let clock = around.clock.clone();
    let door = Door::open(SERVICE.name, ground.pool, store.clone(), Arc::new(payee), around);
    let reactions = vec![events::of_workflow(&door)];
    let bank = Callback { secrets: bank_secrets, store: store.clone(), door, clock };
    let listening: Task = Box::pin(async move { Ok(axum::serve(callback, bank.router()).await?) });
    let ledger = Ledger { store: store.clone() };
    let invoices = Invoices { store, owners };
    let routes =
        Routes::new(InvoiceServiceServer::new(invoices).max_decoding_message_size(LARGEST_REQUEST))
            .add_service(
                LedgerServiceServer::new(ledger).max_decoding_message_size(LARGEST_REQUEST),
            );
    Ok(Service { routes, reactions, tasks: vec![listening] })
}
