//! Dossier over its real interfaces: gRPC, facts of others, PostgreSQL and a folder of files, with
//! stand-ins for identity and workflow beside it.

#![expect(clippy::unwrap_used, reason = "a test that fails by panicking says enough, helpers too")]

mod counter;
mod desk;
mod documents;
mod drafts;
mod expire;
mod files;
mod forms;
mod identity;
mod late;
mod papers;
mod refusals;
mod supplements;
mod timeline;
mod uploads;
mod withdrawals;
mod workflow;
