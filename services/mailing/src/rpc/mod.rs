//! The service's side of its contract: parse, one outside call, command or query, convert.

mod messages;
mod shipments;

pub use messages::Messages;
pub use shipments::Shipments;

use chassis::refusal::Failure;

/// A query that failed: the database is away, or a row is damaged.
pub(crate) fn failed(error: sqlx::Error) -> Failure {
    match error {
        sqlx::Error::Protocol(why) => Failure::Broken(why),
        other => Failure::Unavailable(other.to_string()),
    }
}
