//! The service's side of its contract: parse, one query, convert.

mod convert;
mod invoices;
mod ledger;

pub use invoices::{Invoices, Owners};
pub use ledger::Ledger;

use chassis::database::failed;
