#![doc = include_str!("../README.md")]

mod events;
mod jobs;
mod message;
mod outside;
mod rpc;
pub mod s10;
pub mod settings;
mod store;
mod template;

use std::sync::Arc;

use chassis::jobs::Worker;
use chassis::server::LARGEST_REQUEST;
use chassis::service::{BoxError, Ground, Kind, Service, Task};
use chassis::write::Door;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use proto::motcua::identity::v1::account_service_client::AccountServiceClient;
use proto::motcua::mailing::v1::message_service_server::MessageServiceServer;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use self::jobs::TellOwner;
use self::outside::Gateway;
use self::rpc::Messages;
use self::store::MessageStore;
use self::template::Templates;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The service's row in the table of services.
pub const SERVICE: Kind = Kind { name: "mailing", migrations: &MIGRATIONS, build };

fn build(ground: Ground) -> Result<Service, BoxError> {
    let gateway = Gateway::new(settings::gateway(&ground.process)?)?;
    let templates = Arc::new(Templates::load()?);
    let around = ground.around();
    let pool = ground.pool.clone();
    let door = Door::open(SERVICE.name, pool.clone(), MessageStore, Arc::new(()), around.clone());
    let reactions = vec![events::of_workflow(&door)];
    let peers = &ground.process.peers;
    let job = TellOwner {
        dossiers: DossierServiceClient::new(peers.channel(SERVICE.name, "dossier")?),
        accounts: AccountServiceClient::new(peers.channel(SERVICE.name, "identity")?),
        gateway: gateway.clone(),
        templates: templates.clone(),
    };
    let worker = Worker::new(SERVICE.name, pool, job, door.clone(), around);
    let telling: Task = Box::pin(async move {
        worker.run().await;
        Ok(())
    });
    let messages = Messages { door, gateway, templates };
    let routes =
        Routes::new(MessageServiceServer::new(messages).max_decoding_message_size(LARGEST_REQUEST));
    Ok(Service { routes, reactions, tasks: vec![telling] })
}
