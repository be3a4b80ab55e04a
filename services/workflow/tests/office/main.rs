//! An office at work: facts of the other services in, officers' calls over real gRPC, a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that fails by panicking says enough, helpers too")]

mod forms;
mod house;
mod late;
mod parcels;
mod refusals;
mod supplements;
mod withdrawals;
mod worklist;
