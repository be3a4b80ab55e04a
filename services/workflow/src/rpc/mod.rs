//! The service's side of its contract: parse, one command or one query, convert.

mod cases;
mod convert;
mod draws;
mod grounds;
mod reasons;
mod tasks;

pub use cases::Cases;
pub use draws::Draws;
pub use grounds::GroundsOfCases;
pub use tasks::Tasks;

use chassis::access::{Caller, Person, Role};
use chassis::refusal::Refusal;

use crate::case::Officer;

/// The officer who calls.
fn officer(caller: &Caller) -> Result<Officer, Refusal> {
    match caller {
        Caller::Known { name, person: Person::Officer { agency, roles } } => Ok(Officer {
            name: name.clone(),
            agency: agency.clone(),
            roles: roles.iter().filter_map(|role| Role::try_from(*role).ok()).collect(),
        }),
        _ => Err(Refusal::denied()),
    }
}
