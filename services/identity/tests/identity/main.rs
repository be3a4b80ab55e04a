//! Identity over real gRPC and a real PostgreSQL; mailing is a stand-in that remembers what it was asked to send.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test they serve")]

mod accounts;
mod agencies;
mod clients;
mod contacts;
mod counter;
mod flood;
mod mesh;
mod officers;
mod privacy;
mod sessions;
