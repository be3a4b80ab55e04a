//! The service's side of its contract: parse, one query, convert.

mod convert;
mod invoices;
mod ledger;

pub use invoices::{Invoices, Owners};
pub use ledger::Ledger;

use chassis::refusal::Failure;

/// A query that failed: the database is away, or a row is damaged.
pub(crate) fn failed(error: sqlx::Error) -> Failure {
    match error {
        sqlx::Error::Protocol(why) => Failure::Broken(why),
        other => Failure::Unavailable(other.to_string()),
    }
}
