//! Dossier on its own feet, beside a stand-in for identity: over gRPC on a real PostgreSQL and a real folder.

#![expect(clippy::unwrap_used, reason = "a test that fails by panicking says enough, helpers too")]

mod expire;
mod filing;
mod following;
mod identity;
