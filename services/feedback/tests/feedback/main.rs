//! Feedback over its real interfaces: gRPC, dossier's facts, PostgreSQL, with dossier beside it.
#![expect(clippy::unwrap_used, reason = "a test that fails by panicking says enough")]

mod house;
mod ratings;
mod satisfaction;
