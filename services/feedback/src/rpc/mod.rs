//! The service's side of its contract: parse, one command or one query, convert.

mod owners;
mod ratings;
mod satisfaction;

pub use owners::Owners;
pub use ratings::Ratings;
pub use satisfaction::Satisfaction;

use chassis::refusal::Failure;

/// A query that failed: the database is away, or a row is damaged.
fn failed(error: sqlx::Error) -> Failure {
    match error {
        sqlx::Error::Protocol(why) => Failure::Broken(why),
        other => Failure::Unavailable(other.to_string()),
    }
}
