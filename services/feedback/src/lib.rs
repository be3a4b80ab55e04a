#![doc = include_str!("../README.md")]

mod events;
mod jobs;
mod rating;
mod rpc;
mod satisfaction;
mod seal;
pub mod settings;
mod store;

use std::sync::Arc;

use chassis::server::LARGEST_REQUEST;
use chassis::service::{BoxError, Ground, Kind, Service, Task, endless};
use chassis::write::Door;
use proto::motcua::feedback::v1::rating_service_server::RatingServiceServer;
use proto::motcua::feedback::v1::satisfaction_service_server::SatisfactionServiceServer;
use sqlx::migrate::Migrator;
use tonic::service::Routes;

use self::jobs::RollUp;
use self::rpc::{Owners, Ratings, Satisfaction};
use self::seal::Seal;
use self::store::{Counters, RatingStore};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The service's row in the table of services.
pub const SERVICE: Kind = Kind { name: "feedback", migrations: &MIGRATIONS, build };

fn build(ground: Ground) -> Result<Service, BoxError> {
    let terms = settings::terms(&ground.process.settings)?;
    let seal = Seal::new(&*ground.process.keys.secret("feedback-comments")?);
    let owners = Owners::told_by(ground.process.peers.channel(SERVICE.name, "dossier")?);
    let store = RatingStore::new(ground.pool.clone());
    let counters = Counters::new(ground.pool.clone());
    let roll_up = RollUp { counters: counters.clone(), bell: ground.bell.clone() };
    let around = ground.around();
    let clock = around.clock.clone();
    let door = Door::open(SERVICE.name, ground.pool, store.clone(), Arc::new(terms), around);
    let reactions = vec![events::of_dossier(&door)];
    let ratings = Ratings { store, door, owners, seal, clock };
    let routes =
        Routes::new(RatingServiceServer::new(ratings).max_decoding_message_size(LARGEST_REQUEST))
            .add_service(
                SatisfactionServiceServer::new(Satisfaction { counters })
                    .max_decoding_message_size(LARGEST_REQUEST),
            );
    let rolling_up: Task = Box::pin(endless(roll_up.run()));
    Ok(Service { routes, reactions, tasks: vec![rolling_up] })
}
