//! The service's side of its contract: parse, one query, convert.

mod convert;
mod invoices;
mod ledger;
mod transfers;

pub use invoices::{Invoices, Owners};
pub use ledger::Ledger;
pub use transfers::Transfers;

use chassis::database::failed;
