//! Payment over its real interfaces: gRPC, the bank's HTTP callback, PostgreSQL, and the sandbox's bank.
#![expect(clippy::unwrap_used, reason = "a test that fails by panicking says enough")]

mod callback;
mod cancelling;
mod invoices;
mod ledger;
mod misfits;
mod office;
mod silent_bank;
mod suspense;
