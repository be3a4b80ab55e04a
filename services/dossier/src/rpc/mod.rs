//! The service's side of its contract: parse, one command or one query, convert.

mod convert;
mod dossiers;
mod filter;
mod procedures;

pub use dossiers::Dossiers;
pub use procedures::Procedures;

use chassis::database::failed;
