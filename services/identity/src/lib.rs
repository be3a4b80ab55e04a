#![doc = include_str!("../README.md")]

pub mod agency;
mod codes;
mod details;
mod events;
pub mod holder;
pub mod personal_id;
pub mod phone;
mod rpc;
mod secrets;
mod store;

use std::sync::Arc;

use chassis::seal::Seal;
use chassis::server::LARGEST_REQUEST;
use chassis::service::{BoxError, Ground, Kind, Service};
use chassis::write::Door;
use proto::motcua::identity::v1::account_service_server::AccountServiceServer;
use proto::motcua::identity::v1::agency_service_server::AgencyServiceServer;
use proto::motcua::identity::v1::key_service_server::KeyServiceServer;
use proto::motcua::identity::v1::officer_service_server::OfficerServiceServer;
use proto::motcua::identity::v1::session_service_server::SessionServiceServer;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use self::agency::Agencies;
use self::codes::Codes;
use self::rpc::{Accounts, AgencyTable, KeySets, Officers, Room, Sessions};
use self::secrets::Secrets;
use self::store::HolderStore;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The service's row in the table of services.
pub const SERVICE: Kind = Kind { name: "identity", migrations: &MIGRATIONS, build };

fn build(ground: Ground) -> Result<Service, BoxError> {
    let keys = &ground.process.keys;
    let seal = Seal::new(&*keys.secret("identity-details")?);
    let secrets = Secrets::of(keys)?;
    let issuer = ground.process.issuer.clone();
    let mailing = ground.process.peers.channel(SERVICE.name, "mailing")?;
    let store = HolderStore::new(ground.pool.clone());
    let around = ground.around();
    let clock = around.clock.clone();
    let door = Door::open(SERVICE.name, ground.pool, store.clone(), Arc::new(()), around);
    let room = Room { door, store, secrets, seal, clock };
    let sessions =
        Sessions { room: room.clone(), issuer: issuer.clone(), codes: Codes::by(mailing) };
    let agencies = Arc::new(Agencies::load()?);
    let officers = Officers { room: room.clone(), agencies: agencies.clone() };
    let routes = Routes::new(
        AccountServiceServer::new(Accounts(room)).max_decoding_message_size(LARGEST_REQUEST),
    )
    .add_service(SessionServiceServer::new(sessions).max_decoding_message_size(LARGEST_REQUEST))
    .add_service(OfficerServiceServer::new(officers).max_decoding_message_size(LARGEST_REQUEST))
    .add_service(
        AgencyServiceServer::new(AgencyTable(agencies)).max_decoding_message_size(LARGEST_REQUEST),
    )
    .add_service(KeyServiceServer::new(KeySets(issuer)).max_decoding_message_size(LARGEST_REQUEST));
    Ok(Service { routes, reactions: Vec::new(), tasks: Vec::new() })
}
