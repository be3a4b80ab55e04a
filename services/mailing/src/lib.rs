#![doc = include_str!("../README.md")]

mod events;
mod message;
mod outside;
mod rpc;
pub mod s10;
pub mod settings;
mod store;
mod template;

use std::sync::Arc;

use chassis::service::{BoxError, Ground, Kind, Service};
use chassis::write::Door;
use proto::motcua::mailing::v1::message_service_server::MessageServiceServer;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use self::outside::Gateway;
use self::rpc::Messages;
use self::store::MessageStore;
use self::template::Templates;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The service's row in the table of services.
pub const SERVICE: Kind = Kind { name: "mailing", migrations: &MIGRATIONS, build };

fn build(ground: Ground) -> Result<Service, BoxError> {
    let gateway = Gateway::new(settings::gateway(&ground.process)?)?;
    let templates = Templates::load()?;
    let around = ground.around();
    let door = Door::open(SERVICE.name, ground.pool, MessageStore, Arc::new(()), around);
    let messages = Messages { door, gateway, templates };
    let routes = Routes::new(MessageServiceServer::new(messages));
    Ok(Service { routes, reactions: Vec::new() })
}
