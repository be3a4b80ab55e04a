#![doc = include_str!("../README.md")]

pub mod callback;
mod events;
mod jobs;
mod mail;
mod message;
mod outside;
mod rpc;
pub mod s10;
pub mod settings;
mod shipment;
mod store;
mod template;

use std::sync::Arc;

use chassis::callback::Believed;
use chassis::jobs::{Job, Worker};
use chassis::server::{Gate, LARGEST_REQUEST, http};
use chassis::service::{BoxError, Ground, Kind, Process, Service, Task, endless};
use chassis::write::{Command, Door};
use proto::motcua::mailing::v1::message_service_server::MessageServiceServer;
use proto::motcua::mailing::v1::shipment_service_server::ShipmentServiceServer;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use self::callback::Callback;
use self::jobs::{PostResult, TellOwner};
use self::mail::Mail;
use self::outside::{Accounts, Agencies, Carrier, Dossiers, Gateway, Mailbox};
use self::rpc::{Messages, Shipments};
use self::settings::Settings;
use self::store::MailStore;
use self::template::Templates;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The service's row in the table of services.
pub const SERVICE: Kind = Kind { name: "mailing", migrations: &MIGRATIONS, build };

fn build(ground: Ground) -> Result<Service, BoxError> {
    let settings = Settings::of(&ground.process)?;
    let Settings { gateway, carrier, callback, callback_secrets, mail_server } = settings;
    let gateway = Gateway::new(gateway)?;
    let carrier = Carrier::new(carrier)?;
    let mailbox = mail_server.map(Mailbox::new).transpose()?;
    let templates = Arc::new(Templates::load()?);
    let peers = &ground.process.peers;
    let dossiers = Dossiers::told_by(peers.channel(SERVICE.name, "dossier")?);
    let identity = peers.channel(SERVICE.name, "identity")?;
    let (accounts, agencies) = (Accounts::told_by(identity.clone()), Agencies::told_by(identity));
    let store = MailStore::new(ground.pool.clone());
    let around = ground.around();
    let clock = around.clock.clone();
    let door = Door::open(SERVICE.name, ground.pool.clone(), store.clone(), Arc::new(()), around);
    let telling = TellOwner {
        dossiers: dossiers.clone(),
        accounts,
        agencies,
        gateway: gateway.clone(),
        mailbox,
        templates: templates.clone(),
    };
    let posting = PostResult { dossiers: dossiers.clone(), carrier, clock: clock.clone() };
    let believed = Believed { secrets: callback_secrets, clock };
    let scanned = Callback { believed, store: store.clone(), door: door.clone() };
    let Process { metrics, connections, .. } = &ground.process;
    let gate = Gate::new("carrier callback", callback, *connections, metrics.clone());
    let listening: Task = Box::pin(endless(http::serve(gate, scanned.router())));
    let tasks = vec![work(&ground, &door, telling), work(&ground, &door, posting), listening];
    let reactions =
        vec![events::of_workflow(&door), events::of_payment(&door), events::of_feedback(&door)];
    let messages = Messages { door, gateway, templates };
    let shipments = Shipments { store, dossiers };
    let routes =
        Routes::new(MessageServiceServer::new(messages).max_decoding_message_size(LARGEST_REQUEST))
            .add_service(
                ShipmentServiceServer::new(shipments).max_decoding_message_size(LARGEST_REQUEST),
            );
    Ok(Service { routes, reactions, tasks })
}

/// The task that does one kind of work.
fn work<J>(ground: &Ground, door: &Door<MailStore>, job: J) -> Task
where
    J: Job + 'static,
    J::Done: Command<Root = Mail>,
{
    let worker = Worker::new(SERVICE.name, ground.pool.clone(), job, door.clone(), ground.around());
    Box::pin(endless(worker.run()))
}
