//! The service's side of its contract: parse, one command or one query, convert.

mod convert;
mod dossiers;
mod filter;
mod procedures;
mod timeline;
mod watchers;

pub use dossiers::Dossiers;
pub use procedures::Procedures;
pub use timeline::Timelines;
pub use watchers::Watchers;

use chassis::refusal::Failure;

/// A query that failed: the database is away, or a row is damaged.
fn failed(error: sqlx::Error) -> Failure {
    match error {
        sqlx::Error::Protocol(why) => Failure::Broken(why),
        other => Failure::Unavailable(other.to_string()),
    }
}
