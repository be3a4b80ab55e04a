//! Files and documents of dossiers, over gRPC on a real PostgreSQL and a real folder.

#![expect(clippy::unwrap_used, reason = "a test that fails by panicking says enough, helpers too")]

mod desk;
mod documents;
mod forms;
mod papers;
mod uploads;
