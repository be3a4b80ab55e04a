#![doc = include_str!("../README.md")]

pub mod agency;
mod assertion;
pub mod client;
mod codes;
mod details;
pub mod email;
mod events;
pub mod holder;
mod jobs;
mod outside;
pub mod personal_id;
pub mod phone;
mod retention;
mod rpc;
mod secrets;
mod store;
pub mod telephone;

use std::sync::Arc;

use chassis::jobs::Worker;
use chassis::seal::Seal;
use chassis::server::LARGEST_REQUEST;
use chassis::service::{BoxError, Ground, Kind, Process, Service, Task, endless};
use chassis::write::Door;
use proto::motcua::identity::v1::account_service_server::AccountServiceServer;
use proto::motcua::identity::v1::agency_service_server::AgencyServiceServer;
use proto::motcua::identity::v1::client_service_server::ClientServiceServer;
use proto::motcua::identity::v1::contact_service_server::ContactServiceServer;
use proto::motcua::identity::v1::counter_service_server::CounterServiceServer;
use proto::motcua::identity::v1::key_service_server::KeyServiceServer;
use proto::motcua::identity::v1::officer_service_server::OfficerServiceServer;
use proto::motcua::identity::v1::session_service_server::SessionServiceServer;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use self::agency::Agencies;
use self::codes::Codes;
use self::jobs::TakeLeave;
use self::outside::Mailing;
use self::rpc::{
    Accounts, AgencyTable, Clients, Contacts, Counter, KeySets, Officers, Room, Sessions,
};
use self::secrets::Secrets;
use self::store::{ClientStore, HolderStore, TelephoneStore};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The service's row in the table of services.
pub const SERVICE: Kind = Kind { name: "identity", migrations: &MIGRATIONS, build };

fn build(ground: Ground) -> Result<Service, BoxError> {
    let Ground { process, pool, .. } = ground.clone();
    let store = HolderStore::new(pool.clone());
    let door = Door::open(SERVICE.name, pool, store.clone(), Arc::new(()), ground.around());
    let seal = Seal::new(&*process.keys.secret("identity-details")?);
    let secrets = Secrets::of(&process.keys)?;
    let clock = process.clock.clone();
    let room = Room { door, store: store.clone(), secrets, seal, clock: clock.clone() };
    let mailing = Mailing::at(process.peers.channel(SERVICE.name, "mailing")?);
    let leaving = TakeLeave { seal: room.seal.clone(), mailing: mailing.clone() };
    let leaving =
        Worker::new(SERVICE.name, ground.pool.clone(), leaving, room.door.clone(), ground.around());
    let letting_go = endless(retention::let_go(store, clock));
    let tasks: Vec<Task> = vec![Box::pin(letting_go), Box::pin(endless(leaving.run()))];
    let routes = routes(&ground, room, mailing)?;
    Ok(Service { routes, reactions: Vec::new(), tasks })
}

fn routes(ground: &Ground, room: Room, mailing: Mailing) -> Result<Routes, BoxError> {
    let issuer = ground.process.issuer.clone();
    let agencies = Arc::new(Agencies::load()?);
    let codes = codes(ground, mailing);
    let sessions = Sessions { room: room.clone(), issuer: issuer.clone(), codes: codes.clone() };
    let contacts = Contacts { room: room.clone(), codes };
    let officers = Officers { room: room.clone(), agencies: agencies.clone() };
    let counter = CounterServiceServer::new(Counter(room.clone()));
    let accounts = AccountServiceServer::new(Accounts(room));
    let most = LARGEST_REQUEST;
    Ok(Routes::new(accounts.max_decoding_message_size(most))
        .add_service(SessionServiceServer::new(sessions).max_decoding_message_size(most))
        .add_service(ContactServiceServer::new(contacts).max_decoding_message_size(most))
        .add_service(counter.max_decoding_message_size(most))
        .add_service(OfficerServiceServer::new(officers).max_decoding_message_size(most))
        .add_service(
            AgencyServiceServer::new(AgencyTable(agencies)).max_decoding_message_size(most),
        )
        .add_service(ClientServiceServer::new(clients(ground)).max_decoding_message_size(most))
        .add_service(KeyServiceServer::new(KeySets(issuer)).max_decoding_message_size(most)))
}

fn codes(ground: &Ground, mailing: Mailing) -> Codes {
    let (pool, around) = (ground.pool.clone(), ground.around());
    let telephones = Door::open(SERVICE.name, pool, TelephoneStore, Arc::new(()), around);
    Codes::new(mailing, telephones)
}

fn clients(ground: &Ground) -> Clients {
    let store = ClientStore::new(ground.pool.clone());
    let (pool, around) = (ground.pool.clone(), ground.around());
    let door = Door::open(SERVICE.name, pool, store.clone(), Arc::new(()), around);
    let Process { issuer, clock, .. } = ground.process.clone();
    Clients { door, store, issuer, clock }
}
